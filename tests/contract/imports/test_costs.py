"""The DynamoDB transactions that an import's rows take."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from crm.aws.customers.customers import DynamoCustomers
from crm.aws.dynamodb.table import Table
from tests.engines.counted import CountedClient
from tests.engines.fixtures import NewTables
from tests.import_builders import Backend, opening

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROWS = 100
READS = {"batch_get_item", "get_item", "query"}
HEADER = ("Họ và tên", "SĐT", "Email", "Ghi chú")


@pytest.fixture
def counted(dynamodb_local_client: "DynamoDBClient") -> CountedClient:
    return CountedClient(dynamodb_local_client)


@pytest.fixture
def backend(
    counted: CountedClient, dynamodb_local_client: "DynamoDBClient", new_tables: NewTables
) -> Backend:
    """Return a backend with customers in the engine, and files and jobs in memory."""
    table = Table(cast("DynamoDBClient", counted), new_tables(dynamodb_local_client).main)
    kept = Backend()
    customers = DynamoCustomers(table)
    kept.customers = customers  # type: ignore[assignment]  # the port's other provider
    kept.metrics = replace(kept.metrics, customers=customers)
    return kept


def applied(backend: Backend, counted: CountedClient, note: str) -> dict[str, int]:
    """Import the same customers with a note, and return the writes that apply them."""
    people = [(f"Khách {n}", f"09{n:08}", f"k{n}@moc.example", note) for n in range(ROWS)]
    job = backend.upload()
    ready = backend.planned(job, opening(HEADER, *people))
    counted.forget()
    for chunk in ready:
        backend.apply(job, chunk)
    writes = {name: times for name, times in counted.calls.items() if name not in READS}
    backend.finish(job)
    return writes


@pytest.mark.req("001-30")
def test_rows_are_written_in_batches_and_unchanged_ones_not_at_all(
    backend: Backend, counted: CountedClient
) -> None:
    # A row and three claims each; then a row and an activity each.
    assert applied(backend, counted, "một") == {"transact_write_items": 5}
    assert applied(backend, counted, "một") == {}
    assert applied(backend, counted, "hai") == {"transact_write_items": 3}
