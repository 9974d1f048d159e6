"""Orders in DynamoDB Local: exactly-once under faults and threads, and the cost of each."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.aws.dynamodb import duplicate_keys
from crm.aws.dynamodb.attributes import plain_row
from crm.aws.dynamodb.table import Table
from crm.domain.orders.orders import Order, OrderLine, metrics_of_history
from tests.builders import MERCHANT, a_customer
from tests.contract.conftest import a_dynamodb_backend, dynamodb_backend_of
from tests.engines.counted import CountedClient
from tests.engines.faults import Faulty, KilledError
from tests.engines.fixtures import NewTables
from tests.order_builders import HOA, Backend, an_incoming_customer, an_order
from tests.unit.orders.test_metrics import (
    assert_metrics_match_history,
    deliveries,
    latest,
    order_snapshots,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PHONE = "+84912345678"


@pytest.fixture
def empty_table(dynamodb_local_client: "DynamoDBClient", new_tables: NewTables) -> tuple[Any, str]:
    """Provide a client and the name of an empty table."""
    return dynamodb_local_client, new_tables(dynamodb_local_client).main


@pytest.mark.req("B-06")
@settings(max_examples=100)
@given(snapshots=order_snapshots(), seed=st.integers(0, 2**32))
def test_repeated_events_in_any_order_give_the_metrics_of_the_history(
    dynamodb_local_client: "DynamoDBClient",
    new_tables: NewTables,
    snapshots: list[Order],
    seed: int,
) -> None:
    backend = a_dynamodb_backend(
        Table(dynamodb_local_client, new_tables(dynamodb_local_client).main)
    )

    assert_metrics_match_history(backend, snapshots, seed)


@pytest.mark.req("B-06", "B-17")
def test_eight_threads_on_one_customer_count_every_order_once(
    empty_table: tuple[Any, str],
) -> None:
    backend = a_dynamodb_backend(Table(*empty_table))
    snapshots = [
        an_order(number, version=version, paid=0, status="open" if version < 3 else "cancelled")
        for number in range(20)
        for version in range(1, 2 + number % 3)
    ]
    events = deliveries(snapshots, random.Random(8))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(backend.take_patiently, events))

    customer_id = backend.take(snapshots[0])
    assert (
        backend.metrics(customer_id)
        == metrics_of_history(latest(snapshots), HOA.zone)
        == backend.fold(customer_id)
    )


@pytest.mark.req("B-06")
@pytest.mark.parametrize("fault", ["conflict", "throttled"])
def test_a_conflicting_or_throttled_transaction_is_retried(
    empty_table: tuple[Any, str], fault: str
) -> None:
    client, name = empty_table
    faulty: Any = Faulty(client, fault, fault, None, fault)
    backend = a_dynamodb_backend(Table(faulty, name))

    customer_id = backend.take(an_order(1))
    backend.take(an_order(2))

    assert backend.metrics(customer_id).order_count == 2
    assert backend.metrics(customer_id) == backend.fold(customer_id)


@pytest.mark.req("B-06")
@pytest.mark.parametrize("fault", ["lost", "killed before", "killed after"])
def test_an_order_counts_once_after_a_lost_response_or_a_killed_worker(
    empty_table: tuple[Any, str], fault: str
) -> None:
    client, name = empty_table
    faulty: Any = Faulty(client)
    backend = a_dynamodb_backend(Table(faulty, name))

    for order in (an_order(1), an_order(2)):
        faulty.faults = [fault]
        with pytest.raises((ReadTimeoutError, KilledError)):
            backend.take(order)
        backend.take(order)

    customer_id = backend.take(an_order(1))
    assert backend.metrics(customer_id).order_count == 2
    assert backend.metrics(customer_id).total_spent == 500_000
    assert backend.metrics(customer_id) == backend.fold(customer_id)


def test_threads_that_name_one_new_person_create_one_customer(
    empty_table: tuple[Any, str],
) -> None:
    backend = a_dynamodb_backend(Table(*empty_table))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(backend.take_patiently, [an_order(number) for number in range(16)]))

    customer_id = backend.take(an_order(0))
    assert backend.metrics(customer_id).order_count == 16


@pytest.mark.req("B-12")
def test_a_pair_is_stored_once_with_the_identity_that_named_it(
    empty_table: tuple[Any, str],
) -> None:
    table = Table(*empty_table)
    backend = a_dynamodb_backend(table)
    backend.customers.add(MERCHANT, one := a_customer(1, phone=PHONE))
    backend.customers.add(MERCHANT, other := a_customer(2, email="anh@example.vn"))
    for number in range(2):
        incoming = an_incoming_customer(f"e-{number}", phone="0912345678", email="anh@example.vn")
        backend.take(an_order(number), incoming)

    lower, higher = sorted((one.id, other.id))
    row = table.get(duplicate_keys.of_pair(MERCHANT, lower, higher))

    assert row is not None
    named = plain_row(row)["named"]
    assert (named["kind"], named["source"]) == ("email", "haravan")


# ------------------------------------------------------------------ costs


def _counted_backend(
    empty_table: tuple[Any, str], *before: Order
) -> tuple[Backend, CountedClient]:
    """Return a backend with one customer and some orders, and the client that counts its calls."""
    client, name = empty_table
    backend = a_dynamodb_backend(Table(client, name))
    backend.customers.add(MERCHANT, _a_customer())
    for order in before:
        backend.take(order)
    counted: Any = CountedClient(client)
    return dynamodb_backend_of(Table(counted, name)), counted


def _a_customer() -> Any:
    return a_customer(
        phone=PHONE,
        email="nguyen.thi.anh@example.vn",
        birthday="1990-05-17",
        gender="female",
        tags=("hà nội", "sỉ", "khách quen"),
        group="vip",
        card_code="TV0001",
        external_ids={"haravan": "1009"},
        note="Thích màu xanh, giao buổi chiều",
    )


def _full_order(number: int, **fields: Any) -> Order:
    lines = tuple(OrderLine(f"SKU-{n}", "Trà sen Tây Hồ 100 g", 2, 125_000) for n in range(4))
    return an_order(number, lines=lines, channel="pos", **fields)


@pytest.mark.req("B-06")
@pytest.mark.parametrize(
    ("debt", "ceiling"), [(0, 24), (50_000, 28)], ids=["without debt", "with debt"]
)
def test_an_order_costs_two_reads_and_one_transaction_within_its_ceiling(
    empty_table: tuple[Any, str], debt: int, ceiling: int
) -> None:
    backend, counted = _counted_backend(empty_table, *map(_full_order, range(5)))

    backend.take(_full_order(9, paid=250_000 - debt))

    assert counted.calls == {"batch_get_item": 2, "transact_write_items": 1}
    assert counted.write_units <= ceiling


def test_a_repeated_order_costs_one_read(empty_table: tuple[Any, str]) -> None:
    backend, counted = _counted_backend(empty_table, _full_order(1))

    backend.take(_full_order(1))

    assert (counted.calls, counted.write_units) == ({"batch_get_item": 1}, 0)


def test_cancelling_the_newest_order_costs_one_more_query(empty_table: tuple[Any, str]) -> None:
    backend, counted = _counted_backend(empty_table, *map(_full_order, range(30)))

    backend.take(_full_order(29, version=2, status="cancelled"))

    assert counted.calls == {"batch_get_item": 2, "query": 1, "transact_write_items": 1}
    assert counted.write_units <= 24


def test_a_new_customer_costs_one_more_counter_update(empty_table: tuple[Any, str]) -> None:
    client, name = empty_table
    a_dynamodb_backend(Table(client, name))
    counted: Any = CountedClient(client)
    backend = dynamodb_backend_of(Table(counted, name))

    backend.take(_full_order(1))

    # The number of list shards is read now and then, and cached.
    del counted.calls["get_item"]
    assert counted.calls == {"batch_get_item": 1, "update_item": 1, "transact_write_items": 1}
