"""The capacity that merges use and add to an order, as DynamoDB Local counts it."""

from typing import TYPE_CHECKING, Any

import pytest

from crm.aws.dynamodb.table import Table
from crm.domain.orders.orders import Order, OrderLine, OrderQuery
from crm.usecases.customers.customers import get_customer
from crm.usecases.orders.person_history import pooled_orders
from tests.builders import MERCHANT, a_customer, customer_id
from tests.contract.conftest import a_dynamodb_backend, dynamodb_backend_of
from tests.engines.counted import CountedClient
from tests.engines.fixtures import NewTables
from tests.merge_builders import merge, phone, undo
from tests.order_builders import Backend, an_incoming_customer, an_order

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

A, B = customer_id(1), customer_id(2)


def an_ordinary(number: int) -> Any:
    """Return a customer with a row of ordinary size."""
    return a_customer(
        number,
        phone=phone(number),
        email=f"nguyen.thi.anh{number}@example.vn",
        birthday="1990-05-17",
        gender="female",
        tags=("hà nội", "sỉ", "khách quen"),
        group="vip",
        note="Thích màu xanh, giao buổi chiều",
    )


def take_order(backend: Backend, number: int, of: int, **fields: Any) -> None:
    """Record an order of four lines that names the phone of a customer."""
    lines = tuple(OrderLine(f"SKU-{n}", "Trà sen Tây Hồ 100 g", 2, 125_000) for n in range(4))
    order: Order = an_order(number, lines=lines, channel="pos", **fields)
    backend.take(order, an_incoming_customer(f"{order.id}-{order.version}", phone=phone(of)))


@pytest.fixture
def priced(
    dynamodb_local_client: "DynamoDBClient", new_tables: NewTables
) -> tuple[Backend, CountedClient]:
    """Give a backend with three merged records, and a client that counts its cost from then on."""
    name = new_tables(dynamodb_local_client).main
    backend = a_dynamodb_backend(Table(dynamodb_local_client, name))
    for number in (1, 2, 3, 4):
        backend.customers.add(MERCHANT, an_ordinary(number))
    for number in range(1, 10):
        take_order(backend, number, of=number % 3 + 1)
    merge(backend, A, B)
    merge(backend, A, customer_id(3), minutes=61)
    bill: Any = CountedClient(dynamodb_local_client)
    counted = dynamodb_backend_of(Table(bill, name))
    return counted, bill


@pytest.mark.req("B-05", "B-06")
@pytest.mark.parametrize("of", [1, 2], ids=["of the survivor", "of a merged record"])
@pytest.mark.parametrize(
    ("debt", "ceiling"), [(0, 24), (50_000, 28)], ids=["without debt", "with debt"]
)
def test_an_order_of_a_merged_record_costs_one_more_read_call_and_stays_within_its_ceiling(
    priced: tuple[Backend, CountedClient], of: int, debt: int, ceiling: int
) -> None:
    backend, bill = priced

    take_order(backend, 20, of=of, paid=250_000 - debt)

    assert bill.calls == {"batch_get_item": 3, "transact_write_items": 1}
    assert bill.write_units <= ceiling


@pytest.mark.req("B-05")
def test_a_merge_and_its_undo_are_one_transaction_each(
    priced: tuple[Backend, CountedClient],
) -> None:
    backend, bill = priced

    made = merge(backend, A, customer_id(4), minutes=62)

    assert bill.calls["transact_write_items"] == 1
    assert sum(bill.calls.values()) <= 6
    assert bill.write_units <= 80
    bill.forget()
    undo(backend, made.id)
    assert bill.calls["transact_write_items"] == 1
    assert sum(bill.calls.values()) <= 10
    assert bill.write_units <= 80


@pytest.mark.req("B-05")
def test_reading_a_merged_record_takes_two_reads_and_its_orders_one_query_per_record(
    priced: tuple[Backend, CountedClient],
) -> None:
    backend, bill = priced

    shown = get_customer(MERCHANT, B, customers=backend.customers)

    assert bill.calls == {"get_item": 2}
    bill.forget()
    ids = [shown.id, *shown.merged_from]
    page = pooled_orders(MERCHANT, ids, OrderQuery(limit=50), orders=backend.orders)
    assert (len(page.items), bill.calls) == (9, {"query": 3})
