"""The capacity that loyalty adds to an order, as DynamoDB Local counts it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from crm.aws.dynamodb.table import Table
from crm.aws.loyalty.loyalty import DynamoPrograms
from crm.domain.customers.customer import Membership
from crm.domain.loyalty.programs import STANDARD, Program
from crm.domain.orders.orders import Order
from tests.builders import MERCHANT, a_customer
from tests.contract.conftest import a_dynamodb_backend, dynamodb_backend_of
from tests.engines.counted import CountedClient
from tests.engines.fixtures import NewTables
from tests.loyalty_builders import GOLD, SILVER, a_program
from tests.order_builders import an_order, placed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: Programs in which the last of six orders of 250,000 đồng keeps the tier, raises it, and so on.
QUIET = a_program(
    enrolment="explicit",
    hold_days=7,
    expiry_months=12,
    rungs=(replace(SILVER, least=1_000_000_000), replace(GOLD, least=2_000_000_000)),
)
RISING = replace(QUIET, rungs=(replace(SILVER, least=1_400_000), QUIET.rungs[1]))
LABELLING = replace(RISING, rungs=(replace(RISING.rungs[0], group="loyal"), QUIET.rungs[1]))
FALLING = replace(QUIET, rungs=(replace(SILVER, least=1_200_000), QUIET.rungs[1]))
DROPPING = replace(
    FALLING, rungs=(replace(SILVER, least=200_000, group="loyal"), replace(GOLD, least=1_200_000))
)
ROLLING = replace(LABELLING, window_months=12)
KEPT_BY_A_WINDOW = replace(
    QUIET, window_months=2, review_every="rolling", rungs=(replace(SILVER, least=200_000),)
)
ORDER = an_order(6)
REFUND = an_order(5, version=2, refunded=100_000)
NEXT_MONTH = an_order(20)


@pytest.mark.parametrize(
    ("order", "program", "group", "tier", "more"),
    [
        pytest.param(ORDER, QUIET, None, "unranked", 4, id="an order"),
        pytest.param(NEXT_MONTH, KEPT_BY_A_WINDOW, None, "silver", 4, id="a later review"),
        pytest.param(REFUND, QUIET, None, "unranked", 0, id="a refund"),
        pytest.param(ORDER, RISING, None, "silver", 8, id="a tier more"),
        pytest.param(REFUND, FALLING, None, "unranked", 4, id="a tier less"),
        pytest.param(ORDER, LABELLING, None, "silver", 10, id="a tier and a first group"),
        pytest.param(ORDER, LABELLING, "new", "silver", 12, id="a tier and another group"),
        pytest.param(REFUND, DROPPING, None, "silver", 8, id="a tier less and another group"),
        pytest.param(ORDER, ROLLING, "new", "silver", 14, id="a tier, a group and a review"),
    ],
)
def test_membership_adds_a_fixed_cost_to_an_order(
    dynamodb_local_client: "DynamoDBClient",
    new_tables: NewTables,
    *,
    order: Order,
    program: Program,
    group: str | None,
    tier: str,
    more: int,
) -> None:
    case: dict[str, Any] = {"order": order, "program": program, "group": group}
    plain = _bill(dynamodb_local_client, new_tables, **case, joined_at=None)
    member = _bill(dynamodb_local_client, new_tables, **case, joined_at=placed(-400))

    assert member.tier == tier
    assert member.bill.calls == plain.bill.calls
    assert member.bill.calls["batch_get_item"] == 2
    assert member.bill.write_units - plain.bill.write_units == more


class Billed(NamedTuple):
    """The cost of an order, and the tier of its customer afterwards."""

    bill: CountedClient
    tier: str


def _bill(
    client: Any,
    new_tables: NewTables,
    *,
    order: Order,
    program: Program,
    group: str | None,
    joined_at: str | None,
) -> Billed:
    """Return the cost of a sixth order of a customer, a member if `joined_at` is set."""
    name = new_tables(client).main
    backend = a_dynamodb_backend(Table(client, name))
    DynamoPrograms(Table(client, name)).activate(MERCHANT, STANDARD, program)
    # An ordinary record takes one to two kilobytes, for members and non-members alike.
    person = a_customer(
        phone="+84912345678",
        note="Thích màu xanh, giao buổi chiều. " * 15,
        group=group,
        membership=Membership(joined_at=joined_at),
    )
    backend.customers.add(MERCHANT, person)
    for number in range(1, 6):
        backend.take(an_order(number))
    bill: Any = CountedClient(client)
    dynamodb_backend_of(Table(bill, name)).take(order)
    counted: CountedClient = bill
    return Billed(counted, backend.customers.get(MERCHANT, person.id).membership.tier)
