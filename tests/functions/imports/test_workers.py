"""The functions of the import's state machine, on the sample events of `events/imports`."""

import json
import os
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from crm.domain.kernel.ids import ImportId, MerchantId
from crm.domain.merchants.merchant import Merchant
from crm.runtime.adapters.imports import files, imports
from crm.runtime.adapters.merchants import merchants
from functions.accept_drop.handler import lambda_handler as accept_drop
from functions.apply_import.handler import lambda_handler as apply_import
from functions.finish_import.handler import lambda_handler as finish_import
from functions.plan_import.handler import lambda_handler as plan_import
from functions.queue_import.handler import lambda_handler as queue_import
from functions.read_import.handler import lambda_handler as read_import
from functions.report_import.handler import lambda_handler as report_import
from functions.revert_import.handler import lambda_handler as revert_import
from functions.settle_import.handler import lambda_handler as settle_import
from gates.expand import template
from tests.builders import MERCHANT
from tests.functions.requests import CONTEXT
from tests.import_builders import a_job
from tests.workbooks import a_workbook

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EVENTS = Path(__file__).parents[3] / "events/imports"
FILE = a_workbook(("Họ và tên", "SĐT"), ("Lan", "0912345678"), ("Ánh", "0987654321"))


def event(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture
def job_id(moto_client: "DynamoDBClient") -> ImportId:  # noqa: ARG001 - moto is there
    """Return the id of the import of the sample events, with its file uploaded."""
    boto3.client("s3").create_bucket(
        Bucket=os.environ["FILES_BUCKET"],
        CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"},
    )
    boto3.client("ses").verify_email_identity(EmailAddress=os.environ["SENDER_ADDRESS"])
    import_id = ImportId(event("read")["import_id"])
    imports().add(MERCHANT, a_job(id=import_id))
    files().write(MERCHANT, "uploads", f"{import_id}/upload", FILE)
    return import_id


def test_each_worker_does_its_part_on_its_sample_event(job_id: ImportId) -> None:
    assert read_import(event("read"), CONTEXT) == {"outcome": "read", "chunks": [0]}
    assert queue_import(event("queue"), CONTEXT) == {
        "next": "plan",
        "attempt": 2,
        "wait_seconds": 2,
        "chunks": [],
    }
    plan_import(event("plan_chunk"), CONTEXT)
    assert settle_import(event("settle"), CONTEXT) == {
        "applies": True,
        "chunks": [{"chunk": 0, "first_code": 1}],
    }
    apply_import(event("apply_chunk"), CONTEXT)
    report_import(event("report"), CONTEXT)
    finish_import(event("finish"), CONTEXT)

    job = imports().get(MERCHANT, job_id)
    assert job.progress.result is not None
    assert (job.status, job.mail, job.progress.result.rows) == ("finished", "sent", {"created": 2})


@pytest.mark.req("B-01")
def test_a_chunk_is_reverted_on_its_sample_event(job_id: ImportId) -> None:
    read_import(event("read"), CONTEXT)
    queue_import(event("queue"), CONTEXT)
    plan_import(event("plan_chunk"), CONTEXT)
    settle_import(event("settle"), CONTEXT)
    apply_import(event("apply_chunk"), CONTEXT)
    finish_import(event("finish"), CONTEXT)
    job = imports().get(MERCHANT, job_id)
    imports().replace(MERCHANT, job, job.reverting())

    for _ in range(2):
        revert_import(event("revert_chunk"), CONTEXT)

    undone = imports().recorded(MERCHANT, job_id, "reverted")
    assert {chunk: counts.rows for chunk, counts in undone.items()} == {0: {"reverted": 2}}


@pytest.mark.parametrize("name", ["stop", "execution_aborted"])
def test_an_import_ends_by_its_state_machine_or_by_the_event_of_its_broken_execution(
    job_id: ImportId, name: str
) -> None:
    read_import(event("read"), CONTEXT)

    finish_import(event(name), CONTEXT)

    job = imports().get(MERCHANT, job_id)
    assert job.failure is not None
    assert (job.status, job.failure.code) == ("failed", "import_stopped")


def test_the_event_of_a_repeated_execution_stops_nothing(
    job_id: ImportId,
) -> None:
    read_import(event("read"), CONTEXT)
    stopped = event("execution_aborted")
    stopped["detail"]["executionArn"] += "-again"

    finish_import(stopped, CONTEXT)

    assert imports().get(MERCHANT, job_id).status == "reading"


def test_a_dropped_file_becomes_an_upload_and_mails_the_merchant(
    job_id: ImportId, capsys: pytest.CaptureFixture[str]
) -> None:
    del job_id
    merchants().add(
        MERCHANT,
        Merchant(id=MERCHANT, name="Mộc", email="chu@moc.example", created_at="2026-11-22"),
    )

    accept_drop(_dropped("drop/m-1/2026/khach.csv"), CONTEXT)

    (job, _) = imports().newest(MERCHANT, limit=9, before=None).items
    assert (job.status, job.file.name, job.email) == (
        "awaiting_upload",
        "khach.csv",
        "chu@moc.example",
    )
    assert files().read(MERCHANT, "uploads", f"{job.id}/upload") == FILE
    assert _counted(capsys) == [0]


@pytest.mark.req("002-01")
def test_a_file_of_an_unknown_merchant_is_counted_and_its_name_is_not_logged(
    job_id: ImportId, capsys: pytest.CaptureFixture[str], log: StringIO
) -> None:
    del job_id
    accept_drop(_dropped("drop/nobody/Nguyễn Thị Ánh.csv"), CONTEXT)

    assert imports().newest(MerchantId("nobody"), limit=9, before=None).items == ()
    printed = capsys.readouterr().out
    dropped, invocation = map(json.loads, log.getvalue().splitlines())
    assert (dropped["message"], invocation["message"]) == ("dropped", "event")
    assert "Ánh" not in f"{printed} {dropped} {invocation}"
    counted = json.loads(printed.splitlines()[-1])
    assert (counted["DropsQuarantined"], counted["service"]) == ([1], "khach-quen")
    (metric,) = counted["_aws"]["CloudWatchMetrics"]
    alarm = template()["Resources"]["DropsQuarantinedAlarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("KhachQuen", "DropsQuarantined")
    assert metric["Namespace"] == alarm["Namespace"]
    assert metric["Dimensions"] == [[each["Name"] for each in alarm["Dimensions"]]]


def _dropped(key: str) -> dict[str, Any]:
    """Put a file into the drop folder, and return its event."""
    incoming = event("object_dropped")
    bucket = os.environ["FILES_BUCKET"]
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=FILE)
    head = boto3.client("s3").head_object(Bucket=bucket, Key=key)
    incoming["detail"]["object"] = {"key": key, "size": len(FILE), "etag": head["ETag"].strip('"')}
    return incoming


def _counted(capsys: pytest.CaptureFixture[str]) -> list[int]:
    counted: list[int] = json.loads(capsys.readouterr().out.splitlines()[-1])["DropsQuarantined"]
    return counted


def test_the_event_of_a_file_that_was_moved_already_starts_nothing(
    job_id: ImportId,
) -> None:
    del job_id
    boto3.client("s3").put_bucket_versioning(
        Bucket=os.environ["FILES_BUCKET"], VersioningConfiguration={"Status": "Enabled"}
    )
    accept_drop(event("object_dropped"), CONTEXT)

    assert imports().newest(MERCHANT, limit=9, before=None).items[1:] == ()


def test_the_event_of_a_file_names_the_import_of_the_samples() -> None:
    ids = event("settle")
    key = f"uploads/{ids['merchant_id']}/{ids['import_id']}/upload"

    assert event("object_created")["detail"]["object"]["key"] == key
    assert json.loads(event("execution_aborted")["detail"]["input"]) == event("object_created")
