"""What loyalty adds to the bill of an order, as DynamoDB Local counts it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from crm.aws.loyalty import DynamoPrograms
from crm.aws.table import Table
from crm.domain.customer import Membership
from crm.domain.orders import Order
from crm.domain.programs import STANDARD
from tests.builders import MERCHANT, a_customer
from tests.contract.conftest import a_kept_book, book_of
from tests.engines.counted import CountedClient
from tests.engines.fixtures import NewTables
from tests.loyalty_builders import GOLD, SILVER, a_program
from tests.order_builders import an_order, placed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

QUIET = a_program(
    enrolment="explicit",
    hold_days=7,
    expiry_months=12,
    rungs=(replace(SILVER, least=1_000_000_000), replace(GOLD, least=2_000_000_000)),
)
_MORE = 4


@pytest.mark.parametrize(
    "order",
    [an_order(6), an_order(5, version=2, refunded=100_000)],
    ids=["an order", "a refund"],
)
def test_a_member_adds_no_read_call_and_at_most_four_write_units_to_an_order(
    dynamodb_local_client: "DynamoDBClient",
    new_tables: NewTables,
    order: Order,
) -> None:
    plain, member = (
        _bill(dynamodb_local_client, new_tables, order, joined) for joined in (None, placed(-400))
    )

    assert member.calls == plain.calls
    assert member.calls["batch_get_item"] == 2
    assert member.write_units - plain.write_units <= _MORE


def _bill(
    client: Any, new_tables: NewTables, order: Order, joined_at: str | None
) -> CountedClient:
    """Return what an order costs a customer who has five, of a member or not."""
    name = new_tables(client).main
    book = a_kept_book(Table(client, name))
    DynamoPrograms(Table(client, name)).activate(MERCHANT, STANDARD, QUIET)
    # An ordinary record stands between one and two kilobytes, whether its person is a member.
    person = a_customer(
        phone="+84912345678",
        note="Thích màu xanh, giao buổi chiều. " * 15,
        membership=Membership(joined_at=joined_at),
    )
    book.customers.add(MERCHANT, person)
    for number in range(1, 6):
        book.take(an_order(number))
    bill: Any = CountedClient(client)
    book_of(Table(bill, name)).take(order)
    counted: CountedClient = bill
    return counted
