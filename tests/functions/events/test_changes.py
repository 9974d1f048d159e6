"""The two consumers of the table's stream, with records as DynamoDB sends them."""

import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest

from crm.aws.customers.rows import row_of
from crm.aws.dynamodb import duplicate_keys
from crm.domain.customers.customer import Customer
from crm.domain.duplicates.scoring import PairQuery
from crm.domain.imports.progress import Counts
from crm.domain.kernel.times import stamp
from crm.domain.loyalty.recomputes import Recompute
from crm.domain.merges.changeset import Changeset, pair_of
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.duplicates import pairs
from crm.runtime.adapters.exports import exports
from crm.runtime.adapters.facets import facets
from crm.runtime.adapters.imports import imports
from crm.runtime.adapters.loyalty import recomputes
from functions.index_changes.handler import lambda_handler as index_changes
from functions.publish_changes.handler import lambda_handler as publish_changes
from tests.builders import MERCHANT, a_customer, moment
from tests.export_builders import an_export
from tests.fakes.exports import RecordedRuns
from tests.fakes.imports import RecordedRuns as RecordedImportRuns
from tests.fakes.recomputes import InMemoryRecomputes
from tests.functions.requests import CONTEXT
from tests.import_builders import a_job

_SAMPLE = Path(__file__).parents[3] / "events" / "stream" / "customer_created.json"


def _record(sequence: int, before: Customer | None, after: Customer) -> dict[str, Any]:
    new = row_of(after)
    record = {"Keys": {"pk": new["pk"], "sk": new["sk"]}, "NewImage": new}
    if before is not None:
        record["OldImage"] = row_of(before)
    return {"dynamodb": {**record, "SequenceNumber": str(10**29 + sequence)}}


def test_index_changes_counts_a_redelivered_record_once() -> None:
    plain = a_customer(group="new")
    vip = a_customer(group="vip", tags=("sỉ",), version=2)
    event = {"Records": [_record(1, None, plain), _record(2, plain, vip)]}

    index_changes(event, CONTEXT)
    index_changes(event, CONTEXT)

    assert facets().counts(MERCHANT, "group") == {"vip": 1}
    assert facets().counts(MERCHANT, "tag") == {"sỉ": 1}


def test_index_changes_skips_rows_that_are_not_customers() -> None:
    other = {"Keys": {"pk": {"S": "M#m-1#TAG#sỉ"}, "sk": {"S": "C#01J"}}, "SequenceNumber": "1"}

    index_changes({"Records": [{"dynamodb": other}]}, CONTEXT)

    assert facets().counts(MERCHANT, "tag") == {}


@pytest.mark.req("B-12", "001-31")
def test_index_changes_pairs_similar_customers_once() -> None:
    pair_customers = [a_customer(n, birthday="1990-05-17", phone="+84912345678") for n in (1, 2)]
    for each in pair_customers:
        customers().add(MERCHANT, each, allow_duplicate=True)
    event = {"Records": [_record(n, None, each) for n, each in enumerate(pair_customers)]}

    index_changes(event, CONTEXT)
    index_changes(event, CONTEXT)

    (pair,) = pairs().of(MERCHANT, pair_customers[0].id)
    assert pair.reasons == ("phone", "birthday", "name")


@pytest.mark.req("B-12")
def test_index_changes_lists_a_pair_named_by_an_event() -> None:
    pair_customers = [a_customer(1, phone="+84912345678"), a_customer(2, email="anh@example.vn")]
    for each in pair_customers:
        customers().add(MERCHANT, each)
    named = pair_of(
        pair_customers[0].id, pair_customers[1].id, "email", "haravan", stamp(moment())
    )
    changesets().write(MERCHANT, Changeset(pairs=(named,)))
    key = duplicate_keys.of_pair(MERCHANT, named.lower, named.higher)
    record = {"Keys": key, "NewImage": {**key, "named": {"M": {}}}, "SequenceNumber": "1"}

    index_changes({"Records": [{"dynamodb": record}]}, CONTEXT)

    (pair,) = pairs().page(MERCHANT, PairQuery()).pairs
    assert pair.reasons == ("conflict", "name")


@pytest.fixture
def published_events(moto_client: object) -> Any:
    """Read the events on the bus, through a queue that receives all of them."""
    del moto_client
    events, queues = boto3.client("events"), boto3.client("sqs")
    events.create_event_bus(Name="crm-events-local")
    url = queues.create_queue(QueueName="published")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pattern = json.dumps({"source": ["khach-quen"]})
    events.put_rule(Name="all", EventBusName="crm-events-local", EventPattern=pattern)
    events.put_targets(
        Rule="all",
        EventBusName="crm-events-local",
        Targets=[{"Id": "published", "Arn": arn["Attributes"]["QueueArn"]}],
    )

    def read() -> list[dict[str, Any]]:
        answer = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    return read


@pytest.mark.req("B-18")
def test_publish_changes_publishes_each_write(
    published_events: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.publish_changes.handler.bus._bus", "crm-events-local")
    anh = a_customer(phone="+84912345678")
    gone = anh.moved_to("archived", stamp(moment(1)))

    answer = publish_changes({"Records": [_record(1, None, anh), _record(2, anh, gone)]}, CONTEXT)

    assert answer == {"batchItemFailures": []}
    published = published_events()
    assert [each["detail-type"] for each in published] == ["CustomerCreated", "CustomerArchived"]
    assert published[0]["detail"]["customer"]["phone"] == "+84912345678"


def _job_record(sequence: int, before: dict[str, Any] | None, kind: str) -> dict[str, Any]:
    """Return the stream record of a job's row as currently stored."""
    pk = {"S": f"M#{MERCHANT}#JOB#{kind}"}
    (row,) = boto3.client("dynamodb").query(
        TableName=os.environ["TABLE_NAME"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": pk},
    )["Items"]
    record = {"Keys": {"pk": row["pk"], "sk": row["sk"]}, "NewImage": row}
    if before is not None:
        record["OldImage"] = before
    return {"dynamodb": {**record, "SequenceNumber": str(10**29 + sequence)}}


@pytest.mark.req("B-18")
def test_publish_changes_publishes_a_finished_import_without_personal_data(
    published_events: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.publish_changes.handler.bus._bus", "crm-events-local")
    job = a_job(file_name="Nguyễn Thị Ánh.xlsx", status="applying")
    imports().add(MERCHANT, job)
    queued = _job_record(1, None, "import")
    done = job.has_read(2, 1).finished(Counts({"created": 2}), stamp(moment(9)))
    imports().replace(MERCHANT, job, done)
    ended = _job_record(2, queued["dynamodb"]["NewImage"], "import")
    mailed = _job_record(3, ended["dynamodb"]["NewImage"], "import")

    publish_changes({"Records": [queued, ended, mailed]}, CONTEXT)

    (published,) = published_events()
    assert published["detail-type"] == "ImportFinished"
    assert (published["detail"]["revision"], published["detail"]["import"]["rows"]) == (2, 2)
    assert published["detail"]["import"]["result"]["created"] == 2
    assert "Ánh" not in json.dumps(published, ensure_ascii=False)


def test_publish_changes_starts_an_export_and_retries_a_failed_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exports().add(MERCHANT, an_export())
    new = _job_record(1, None, "export")

    answer = publish_changes({"Records": [new]}, CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": str(10**29 + 1)}]}
    runs = RecordedRuns()
    monkeypatch.setattr("functions.publish_changes.handler.exports", runs)
    assert publish_changes({"Records": [new]}, CONTEXT) == {"batchItemFailures": []}
    assert runs.started == [an_export().id]


def test_publish_changes_starts_a_recompute_and_retries_a_failed_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = Recompute(id="01JJOB", version=2, previous=1, dry_run=False, at=stamp(moment()))
    recomputes().add(MERCHANT, job)
    new = _job_record(1, None, "recompute")
    recomputes().end(MERCHANT, job.id, "00")
    later = _job_record(2, new["dynamodb"]["NewImage"], "recompute")

    answer = publish_changes({"Records": [new, later]}, CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": str(10**29 + 1)}]}
    runs = InMemoryRecomputes()
    monkeypatch.setattr("functions.publish_changes.handler.recomputes", runs)
    assert publish_changes({"Records": [new, later]}, CONTEXT) == {"batchItemFailures": []}
    assert runs.started == [(MERCHANT, job.id)]


def test_publish_changes_starts_the_run_of_a_committed_import_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = a_job(dry_run=True, status="awaiting_commit")
    imports().add(MERCHANT, job)
    queued = _job_record(1, None, "import")
    imports().replace(MERCHANT, job, job.committed(stamp(moment(9))))
    decided = _job_record(2, queued["dynamodb"]["NewImage"], "import")
    later = _job_record(3, decided["dynamodb"]["NewImage"], "import")

    answer = publish_changes({"Records": [queued, decided]}, CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": str(10**29 + 2)}]}
    runs = RecordedImportRuns()
    monkeypatch.setattr("functions.publish_changes.handler.imports", runs)
    assert publish_changes({"Records": [queued, decided]}, CONTEXT) == {"batchItemFailures": []}
    assert runs.started == [job.id]
    assert publish_changes({"Records": [later]}, CONTEXT) == {"batchItemFailures": []}
    assert runs.started == [job.id]


def test_publish_changes_retries_from_the_first_refused_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "functions.publish_changes.handler.bus.publish", lambda events: [len(events) - 1]
    )
    anh = a_customer()
    records = [_record(n, None, anh) for n in (1, 2, 3)]

    answer = publish_changes({"Records": records}, CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": str(10**29 + 3)}]}


def test_the_sample_record_is_read() -> None:
    index_changes(json.loads(_SAMPLE.read_text()), CONTEXT)

    assert facets().counts(MERCHANT, "group") == {"vip": 1}
