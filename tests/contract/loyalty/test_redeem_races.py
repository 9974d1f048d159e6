"""Concurrent redemptions spend no point and give no reward twice."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from crm.aws.dynamodb.table import Table
from crm.aws.loyalty.loyalty import DynamoPoints, DynamoRewards
from crm.domain.customers.customer import Membership, Points
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import stamp
from crm.domain.loyalty.rewards import Redemption, Reward
from crm.usecases.loyalty.rewards import cancel_redemption, redeem
from tests.builders import MERCHANT, Ids, a_customer, an_act, customer_id, moment
from tests.contract.conftest import a_dynamodb_backend
from tests.engines.fixtures import NewTables
from tests.order_builders import Backend
from tests.racing import at_once

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TILLS = 8


class Shop:
    """A merchant whose cup costs 50 points, and members who have some."""

    def __init__(self, table: Table, stock: int | None) -> None:
        self.backend: Backend = a_dynamodb_backend(table)
        self.rewards = DynamoRewards(table)
        self.points = DynamoPoints(table)
        at = stamp(moment())
        cup = Reward(id="cup", name="Ly sứ", points=50, stock=stock, created_at=at, updated_at=at)
        self.rewards.add(MERCHANT, cup)

    def member(self, number: int, points: int) -> CustomerId:
        """Store a member with available points."""
        membership = Membership(
            joined_at=stamp(moment()), points=Points(available=points, live=points)
        )
        self.backend.customers.add(MERCHANT, a_customer(number, membership=membership))
        return customer_id(number)

    def redeem(self, whose: CustomerId, till: int) -> Callable[[], Redemption]:
        """Return a function that redeems the cup at a till."""
        act = an_act(now=moment(till), ids=Ids(f"till {till}"))
        return lambda: redeem(
            MERCHANT,
            whose,
            act.new_id(),
            "cup",
            act=act,
            changesets=self.backend.changesets,
            rewards=self.rewards,
        )

    def redemptions(self, whose: CustomerId) -> list[Redemption]:
        """Return the stored redemptions of a member."""
        return list(self.points.redemptions(MERCHANT, whose, limit=100).items)

    def balances(self, whose: CustomerId) -> Points:
        """Return the balances of a member."""
        return self.backend.customers.get(MERCHANT, whose).membership.points


@pytest.fixture
def new_shop(
    dynamodb_local_client: "DynamoDBClient", new_tables: NewTables
) -> Callable[[int | None], Shop]:
    """Give a function that opens a shop with a stock of cups."""
    return lambda stock: Shop(
        Table(dynamodb_local_client, new_tables(dynamodb_local_client).main), stock
    )


def _split_outcomes(outcomes: list[Any]) -> tuple[list[Redemption], set[str]]:
    given = [each for each in outcomes if isinstance(each, Redemption)]
    refused = [each for each in outcomes if isinstance(each, Conflict)]
    assert len(given) + len(refused) == len(outcomes), outcomes
    return given, {each.code for each in refused}


@pytest.mark.req("B-08", "B-17")
def test_a_balance_is_spent_once_by_concurrent_tills(
    new_shop: Callable[[int | None], Shop],
) -> None:
    shop = new_shop(None)
    anh = shop.member(1, points=120)

    outcomes = at_once(*(shop.redeem(anh, till) for till in range(TILLS)))

    given, codes = _split_outcomes(outcomes)
    assert (len(given), codes) == (2, {"points_insufficient"})
    assert shop.balances(anh) == Points(available=20, used=100, live=120)
    assert {each.id for each in shop.redemptions(anh)} == {each.id for each in given}


@pytest.mark.req("B-08", "B-17")
def test_concurrent_tills_redeem_no_more_rewards_than_are_in_stock(
    new_shop: Callable[[int | None], Shop],
) -> None:
    shop = new_shop(3)
    members = [shop.member(number, points=60) for number in range(TILLS)]

    outcomes = at_once(*(shop.redeem(each, till) for till, each in enumerate(members)))

    given, codes = _split_outcomes(outcomes)
    assert (len(given), codes) == (3, {"reward_out_of_stock"})
    assert shop.rewards.get(MERCHANT, "cup").stock == 0
    spent = [each for each in members if shop.balances(each).used]
    assert sorted(spent) == sorted(each.customer_id for each in given)
    assert [each for each in members if shop.redemptions(each)] == spent


@pytest.mark.req("B-08", "B-17")
def test_a_redemption_cancelled_concurrently_returns_its_points_once(
    new_shop: Callable[[int | None], Shop],
) -> None:
    shop = new_shop(1)
    anh = shop.member(1, points=50)
    redemption = shop.redeem(anh, 0)()

    def cancel(till: int) -> Callable[[], Redemption]:
        return lambda: cancel_redemption(
            MERCHANT,
            redemption.id,
            act=an_act(now=moment(till)),
            changesets=shop.backend.changesets,
            rewards=shop.rewards,
            points=shop.points,
        )

    outcomes = at_once(*(cancel(till) for till in range(TILLS)))

    assert {each.status for each in outcomes} == {"cancelled"}
    balances = shop.balances(anh)
    assert (balances.available, balances.used) == (50, 0)
    assert shop.rewards.get(MERCHANT, "cup").stock == 1
