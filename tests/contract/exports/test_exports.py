"""Contract of the ports of exports."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from crm.aws.customers.customers import DynamoCustomers
from crm.aws.customers.rows import row_of
from crm.aws.dynamodb.table import Table
from crm.aws.exports.jobs import DynamoExports
from crm.aws.lists.full_walk import DynamoCustomerWalk
from crm.aws.merchants.history import DynamoMerchantHistory
from crm.aws.s3.files import S3Files
from crm.domain.exports.job import ReadPart
from crm.domain.exports.transitions import Status
from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.jobs import Failure
from crm.ports.customers import Customers
from crm.ports.exports import Exports
from crm.ports.files import ExportFiles
from crm.ports.lists import CustomerWalk
from tests.builders import (
    MERCHANT,
    OTHER_MERCHANT,
    a_customer,
    an_activity,
    customer_id,
    fields_left_out,
    moment,
)
from tests.engines.fixtures import NewTables
from tests.export_builders import an_export, export_id
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.exports import InMemoryExports, InMemoryWalk
from tests.fakes.imports import InMemoryFiles
from tests.state_tables import allowed_moves, pages_of_two, stored_moves

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FEW, SOME = 40, 300


@pytest.fixture
def exports(engine: Table | None) -> Exports:
    return InMemoryExports() if engine is None else DynamoExports(engine)


@pytest.fixture
def walk(engine: Table | None, memory: InMemoryCustomers) -> CustomerWalk:
    return InMemoryWalk(memory) if engine is None else DynamoCustomerWalk(engine)


# ── jobs and parts ─────────────────────────────────────────────────────────────────────────────


def test_a_stored_export_is_read_back_unchanged(exports: Exports) -> None:
    conditions = {"group": "vip", "tag": ["sỉ"], "min_total_spent": 5}
    job = an_export(scope="filter", filter=conditions, email=None)
    exports.add(MERCHANT, job)
    exports.add(MERCHANT, replace(job, columns=("code",)))

    assert exports.get(MERCHANT, export_id()) == job


def test_an_export_is_invisible_to_other_merchants(exports: Exports) -> None:
    exports.add(MERCHANT, an_export())

    with pytest.raises(NotFound):
        exports.get(OTHER_MERCHANT, export_id())
    assert exports.newest(OTHER_MERCHANT, limit=10, before=None).items == ()


def test_every_field_of_an_export_is_stored(exports: Exports) -> None:
    at = "2026-11-22T05:00:00.000Z"
    job = an_export(
        status="failed",
        filter={"tags": ["vip"]},
        selected=3,
        masked=True,
        zone="Asia/Tokyo",
        execution="arn:first",
        since=at,
        until=at,
        read=2,
        rows=2,
        file="e/x.csv",
        bytes=10,
        sha256="ab",
        rows_sha256="cd",
        failure=Failure("export_stopped", {"limit": 1}),
        mail="sent",
        finished_at=at,
        revision=5,
    )
    assert fields_left_out(job) == []

    exports.add(MERCHANT, job)

    assert exports.get(MERCHANT, export_id()) == job


def test_an_export_is_written_only_as_its_documented_states_allow(exports: Exports) -> None:
    statuses = get_args(Status)

    written = stored_moves(
        exports, statuses, lambda number, status: an_export(number, status=status)
    )

    assert written == allowed_moves("Exports", statuses)


def test_replacing_a_changed_export_raises_stale(exports: Exports) -> None:
    exports.add(MERCHANT, an_export())
    cancelled = an_export().cancelled("2026-11-22T05:00:00.000Z")
    exports.replace(MERCHANT, an_export(), cancelled)

    with pytest.raises(Stale):
        exports.replace(MERCHANT, an_export(), an_export().reading("x", "UTC", "2026"))
    assert exports.get(MERCHANT, export_id()).status == "cancelled"


def test_exports_are_listed_newest_first_page_by_page(exports: Exports) -> None:
    assert pages_of_two(exports, an_export) == [
        ([export_id(3), export_id(2)], True),
        ([export_id(1)], False),
    ]


@pytest.mark.req("B-15")
def test_only_the_first_part_of_a_number_is_stored(exports: Exports) -> None:
    first = ReadPart("0a", 1, "e/parts/one", 7, CustomerId("c"))
    second = ReadPart("0a", 1, "e/parts/two", 8, None)

    assert exports.recorded(MERCHANT, export_id(), "0a", 1) is None
    assert exports.record(MERCHANT, export_id(), first, now=moment()) == first
    assert exports.record(MERCHANT, export_id(), second, now=moment()) == first
    assert exports.recorded(MERCHANT, export_id(), "0a", 1) == first
    assert exports.parts(OTHER_MERCHANT, export_id()) == []


def test_parts_are_ordered_by_bucket_and_then_by_number(exports: Exports) -> None:
    places = [("0b", 0), ("0a", 11), ("0a", 2), ("00", 0)]
    for bucket, number in places:
        part = ReadPart(bucket, number, "", 0, None)
        exports.record(MERCHANT, export_id(), part, now=moment())

    assert [part[:2] for part in exports.parts(MERCHANT, export_id())] == sorted(places)


def test_the_progress_of_an_export_is_the_sum_of_its_parts(exports: Exports) -> None:
    exports.add(MERCHANT, an_export())
    exports.replace(MERCHANT, an_export(), an_export().reading("x", "UTC", "2026"))
    for number in range(3):
        part = ReadPart("0a", number, "n", 5, None)
        exports.record(MERCHANT, export_id(), part, now=moment())

    assert exports.get(MERCHANT, export_id()).read == 15


# ── the walk ───────────────────────────────────────────────────────────────────────────────────


def walked(walk: CustomerWalk, **chosen: Any) -> list[CustomerId]:
    """Return the ids that a walk yields, in its order."""
    ids = []
    for bucket in walk.buckets(MERCHANT):
        after = None
        while True:
            page = (
                walk.chosen(MERCHANT, bucket, after, **chosen)
                if chosen
                else walk.page(MERCHANT, bucket, after)
            )
            ids += [customer.id for customer in page.customers]
            after = page.last
            if after is None:
                break
    return ids


@pytest.mark.req("B-15")
def test_a_walk_yields_every_customer_of_the_merchant_once(
    customers: Customers, walk: CustomerWalk
) -> None:
    customers.add_all(MERCHANT, [a_customer(number) for number in range(1, FEW + 1)])
    customers.add(OTHER_MERCHANT, a_customer(99, merchant_id=OTHER_MERCHANT))

    ids = walked(walk)

    assert sorted(ids) == sorted(customer_id(number) for number in range(1, FEW + 1))


def test_a_walk_of_selected_customers_yields_only_them_in_the_same_order(
    customers: Customers, walk: CustomerWalk
) -> None:
    customers.add_all(MERCHANT, [a_customer(number) for number in range(1, FEW + 1)])
    chosen = [customer_id(number) for number in range(1, FEW, 3)]

    ids = walked(walk, ids=[*chosen, CustomerId("nobody")])

    assert ids == [each for each in walked(walk) if each in set(chosen)]


@pytest.mark.req("B-15")
def test_the_cost_of_a_walk_is_proportional_to_the_size_of_the_customers(
    dynamodb_local_client: "DynamoDBClient", new_tables: NewTables
) -> None:
    spent: list[float] = []

    class Counting:
        """A client that records the consumed capacity of each query."""

        def __getattr__(self, name: str) -> Any:
            return getattr(dynamodb_local_client, name)

        def query(self, **request: Any) -> Any:
            answer = dynamodb_local_client.query(**request, ReturnConsumedCapacity="TOTAL")
            spent.append(answer["ConsumedCapacity"]["CapacityUnits"])
            return answer

    table: Any = Counting()
    backend = Table(table, new_tables(dynamodb_local_client).main)
    people = [a_customer(number, note="x" * 1_500) for number in range(1, SOME + 1)]
    DynamoCustomers(backend).add_all(MERCHANT, people)

    assert len(walked(DynamoCustomerWalk(backend))) == SOME

    weight = sum(map(_bytes, map(row_of, people)))
    assert sum(spent) <= 1.1 * weight / 4096


def _bytes(item: Any) -> int:
    """Return the size of an item by the rules of DynamoDB."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Any) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return (len(content.lstrip("-")) + 1) // 2 + 1
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _size(each) for name, each in content.items())
    if kind == "L":
        return 3 + sum(1 + _size(each) for each in content)
    return 1


# ── files ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(params=["in memory", "moto"])
def files(request: pytest.FixtureRequest) -> Iterator[ExportFiles]:
    if request.param == "in memory":
        yield InMemoryFiles()
        return
    with mock_aws():
        client = boto3.client("s3", config=Config(signature_version="s3v4"))
        client.create_bucket(
            Bucket="exports", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"}
        )
        yield S3Files(client, "exports")


def test_a_local_file_is_uploaded(files: ExportFiles, tmp_path: Path) -> None:
    source = tmp_path / "file"
    source.write_bytes(b"rows" * 3_000_000)  # more than one part of an upload

    files.write_from(MERCHANT, "exports", "e/x.csv", source)

    assert files.read(MERCHANT, "exports", "e/x.csv") == source.read_bytes()


def test_removing_files_ignores_missing_ones(files: ExportFiles) -> None:
    files.write(MERCHANT, "exports", "e/x", b"1")
    files.write(OTHER_MERCHANT, "exports", "e/x", b"2")

    files.remove(MERCHANT, "exports", {"e/x", "e/never"})

    assert files.read(OTHER_MERCHANT, "exports", "e/x") == b"2"
    with pytest.raises(Exception, match=r"NoSuchKey|e/x"):
        files.read(MERCHANT, "exports", "e/x")


@pytest.mark.req("B-15")
def test_a_link_is_signed_for_one_file_and_expires() -> None:
    client = boto3.client("s3", config=Config(signature_version="s3v4"))
    files = S3Files(client, "exports")

    url = urlsplit(files.link(MERCHANT, "exports", "e/x.csv", save_as="k.csv", seconds=900))

    query = parse_qs(url.query)
    assert url.path == f"/exports/{MERCHANT}/e/x.csv"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["900"]
    assert query["response-content-disposition"] == ['attachment; filename="k.csv"']


# ── the merchant's history ─────────────────────────────────────────────────────────────────────


def test_adding_a_line_to_the_history_twice_stores_it_once(
    moto_client: "DynamoDBClient", new_tables: NewTables
) -> None:
    table = Table(moto_client, new_tables(moto_client).main)
    history = DynamoMerchantHistory(table)
    for _ in range(2):
        history.add(MERCHANT, an_activity(kind="exported"))

    values = {":pk": {"S": f"M#{MERCHANT}#ACT"}}
    (line,) = table.query_all(KeyConditionExpression="pk = :pk", ExpressionAttributeValues=values)
    assert (line["kind"], line["actor"]) == ({"S": "exported"}, {"S": "user-lan"})
