"""Orders in DynamoDB Local: exactly once under faults and threads, and what each costs."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row
from crm.aws.dynamodb.table import Table
from crm.domain.orders.orders import Order, OrderLine, folded
from tests.builders import MERCHANT, a_customer
from tests.contract.conftest import a_dynamodb_backend, dynamodb_backend_of
from tests.engines.counted import CountedClient
from tests.engines.faults import Faulty, KilledError
from tests.engines.fixtures import NewTables
from tests.order_builders import HOA, Backend, an_incoming_customer, an_order
from tests.unit.orders.test_metrics import assert_numbers_are_the_fold, latest, stories, told

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PHONE = "+84912345678"


@pytest.fixture
def kept(dynamodb_local_client: "DynamoDBClient", new_tables: NewTables) -> tuple[Any, str]:
    """Give a client and an empty table."""
    return dynamodb_local_client, new_tables(dynamodb_local_client).main


@pytest.mark.req("B-06")
@settings(max_examples=100)
@given(snapshots=stories(), seed=st.integers(0, 2**32))
def test_any_order_of_any_repeated_events_gives_the_numbers_of_a_plain_fold(
    dynamodb_local_client: "DynamoDBClient",
    new_tables: NewTables,
    snapshots: list[Order],
    seed: int,
) -> None:
    backend = a_dynamodb_backend(
        Table(dynamodb_local_client, new_tables(dynamodb_local_client).main)
    )

    assert_numbers_are_the_fold(backend, snapshots, seed)


@pytest.mark.req("B-06", "B-17")
def test_eight_threads_on_one_customer_lose_nothing_and_double_nothing(
    kept: tuple[Any, str],
) -> None:
    backend = a_dynamodb_backend(Table(*kept))
    snapshots = [
        an_order(number, version=version, paid=0, status="open" if version < 3 else "cancelled")
        for number in range(20)
        for version in range(1, 2 + number % 3)
    ]
    events = told(snapshots, random.Random(8))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(backend.take_patiently, events))

    whose = backend.take(snapshots[0])
    assert backend.metrics(whose) == folded(latest(snapshots), HOA.zone) == backend.fold(whose)


@pytest.mark.req("B-06")
@pytest.mark.parametrize("fault", ["conflict", "throttled"])
def test_a_transaction_that_collides_or_is_throttled_is_tried_again(
    kept: tuple[Any, str], fault: str
) -> None:
    client, name = kept
    faulty: Any = Faulty(client, fault, fault, None, fault)
    backend = a_dynamodb_backend(Table(faulty, name))

    whose = backend.take(an_order(1))
    backend.take(an_order(2))

    assert backend.metrics(whose).order_count == 2
    assert backend.metrics(whose) == backend.fold(whose)


@pytest.mark.req("B-06")
@pytest.mark.parametrize("fault", ["lost", "killed before", "killed after"])
def test_a_lost_answer_or_a_killed_worker_leaves_exactly_one_application(
    kept: tuple[Any, str], fault: str
) -> None:
    client, name = kept
    faulty: Any = Faulty(client)
    backend = a_dynamodb_backend(Table(faulty, name))

    for order in (an_order(1), an_order(2)):
        faulty.faults = [fault]
        with pytest.raises((ReadTimeoutError, KilledError)):
            backend.take(order)
        backend.take(order)

    whose = backend.take(an_order(1))
    assert backend.metrics(whose).order_count == 2
    assert backend.metrics(whose).total_spent == 500_000
    assert backend.metrics(whose) == backend.fold(whose)


def test_threads_that_meet_one_stranger_create_one_customer(kept: tuple[Any, str]) -> None:
    backend = a_dynamodb_backend(Table(*kept))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(backend.take_patiently, [an_order(number) for number in range(16)]))

    whose = backend.take(an_order(0))
    assert backend.metrics(whose).order_count == 16


@pytest.mark.req("B-12")
def test_a_pair_is_noted_once_with_the_identity_that_made_it(kept: tuple[Any, str]) -> None:
    table = Table(*kept)
    backend = a_dynamodb_backend(table)
    backend.customers.add(MERCHANT, one := a_customer(1, phone=PHONE))
    backend.customers.add(MERCHANT, other := a_customer(2, email="anh@example.vn"))
    for number in range(2):
        incoming = an_incoming_customer(f"e-{number}", phone="0912345678", email="anh@example.vn")
        backend.take(an_order(number), incoming)

    lower, higher = sorted((one.id, other.id))
    row = table.get(keys.of_pair(MERCHANT, lower, higher))

    assert row is not None
    named = plain_row(row)["named"]
    assert (named["kind"], named["source"]) == ("email", "haravan")


# ------------------------------------------------------------------ what it costs


def _priced(kept: tuple[Any, str], *before: Order) -> tuple[Backend, CountedClient]:
    """Return a book with an ordinary customer who has some orders, and its bill from now on."""
    client, name = kept
    backend = a_dynamodb_backend(Table(client, name))
    backend.customers.add(MERCHANT, _ordinary())
    for order in before:
        backend.take(order)
    bill: Any = CountedClient(client)
    return dynamodb_backend_of(Table(bill, name)), bill


def _ordinary() -> Any:
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


def _whole(number: int, **fields: Any) -> Order:
    lines = tuple(OrderLine(f"SKU-{n}", "Trà sen Tây Hồ 100 g", 2, 125_000) for n in range(4))
    return an_order(number, lines=lines, channel="pos", **fields)


@pytest.mark.req("B-06")
@pytest.mark.parametrize(
    ("debt", "ceiling"), [(0, 24), (50_000, 28)], ids=["without debt", "with debt"]
)
def test_an_order_costs_two_reads_and_one_transaction_within_its_ceiling(
    kept: tuple[Any, str], debt: int, ceiling: int
) -> None:
    backend, bill = _priced(kept, *map(_whole, range(5)))

    backend.take(_whole(9, paid=250_000 - debt))

    assert bill.calls == {"batch_get_item": 2, "transact_write_items": 1}
    assert bill.write_units <= ceiling


def test_an_order_that_is_told_again_costs_one_read(kept: tuple[Any, str]) -> None:
    backend, bill = _priced(kept, _whole(1))

    backend.take(_whole(1))

    assert (bill.calls, bill.write_units) == ({"batch_get_item": 1}, 0)


def test_a_cancel_of_the_newest_order_costs_one_query_more(kept: tuple[Any, str]) -> None:
    backend, bill = _priced(kept, *map(_whole, range(30)))

    backend.take(_whole(29, version=2, status="cancelled"))

    assert bill.calls == {"batch_get_item": 2, "query": 1, "transact_write_items": 1}
    assert bill.write_units <= 24


def test_a_new_customer_costs_one_counter_more(kept: tuple[Any, str]) -> None:
    client, name = kept
    a_dynamodb_backend(Table(client, name))
    bill: Any = CountedClient(client)
    backend = dynamodb_backend_of(Table(bill, name))

    backend.take(_whole(1))

    # The number of the list's shards is read once in a while, and remembered.
    del bill.calls["get_item"]
    assert bill.calls == {"batch_get_item": 1, "update_item": 1, "transact_write_items": 1}
