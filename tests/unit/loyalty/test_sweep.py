"""The daily sweep processes each due item once, whenever and however often it runs."""

from dataclasses import replace
from typing import Any

import pytest

from crm.domain.customers.customer import Customer, Expiring, Month, Points
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import DEFAULT_ZONE
from crm.domain.kernel.times import moment as read_moment
from crm.domain.loyalty.points import PointsEntry, PointsMove, order_lot, place_of_lot, received
from crm.domain.loyalty.programs import Program
from crm.domain.loyalty.tiers import retiered
from crm.domain.merges.changeset import Changeset, CustomerMove, LedgerMove
from crm.usecases.loyalty.membership import adjust_points
from crm.usecases.loyalty.sweep import sweep_shard
from crm.usecases.orders.due_work import ProcessedItems
from tests.builders import LAN, MERCHANT, an_act, customer_id
from tests.fakes.changesets import InMemoryChangesets
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.loyalty import InMemoryLoyalty
from tests.fakes.merchants import InMemoryMerchants
from tests.loyalty_builders import a_member, a_program
from tests.order_builders import HOA, an_order, placed


class Shop:
    """A merchant with members, the lots that they earn, and its sweep."""

    def __init__(self, program: Program, members: int = 1) -> None:
        self.customers = InMemoryCustomers(*(a_member(number + 1) for number in range(members)))
        self.changesets = InMemoryChangesets(self.customers, InMemoryMerchants(HOA))
        self.loyalty: InMemoryLoyalty = self.changesets.loyalty
        self.program = program
        self.loyalty.programs.activate(MERCHANT, self.loyalty.programs.active(MERCHANT), program)

    def earns(
        self, total: int, *, number: int = 1, whose: CustomerId | None = None, **fields: Any
    ) -> None:
        """Give a member the lot of the n-th order, placed n days after noon."""
        member = self.customers.get(MERCHANT, whose or customer_id())
        order = an_order(number, total=total, **fields)
        lot = order_lot(
            order, total, "unranked", self.program, zone=DEFAULT_ZONE, at=order.placed_at
        )
        place = place_of_lot(order.source, order.id, order.placed_at)
        line = PointsEntry(
            id=place.id, at=place.at, kind="earn", points=lot.points, by=LAN, lot=lot
        )
        self._write(member, received(member.membership.points, lot), line)

    def _write(self, member: Customer, points: Points, line: PointsEntry) -> None:
        after = replace(
            member,
            membership=replace(member.membership, points=points),
            revision=member.revision + 1,
        )
        self.changesets.write(
            MERCHANT,
            Changeset(
                customers=(CustomerMove(member, after),),
                points=(LedgerMove(member.id, PointsMove(None, line)),),
            ),
        )

    def sweep(self, days: float, *, at_most: int = 1_000_000) -> ProcessedItems:
        """Sweep as of some days after noon; stop after `at_most` items."""
        left = iter(range(at_most))
        return sweep_shard(
            "00",
            now=read_moment(placed(days)),
            goes_on=lambda: next(left, None) is not None,
            due=self.loyalty,
            points=self.loyalty,
            changesets=self.changesets,
        )

    def spends(self, points: int) -> None:
        """Remove some points of a member."""
        adjust_points(
            MERCHANT,
            customer_id(),
            -points,
            "Đổi quà ở quầy",
            entry_id="spent",
            act=an_act(now=read_moment(placed(20))),
            changesets=self.changesets,
        )

    def expiring(self) -> Expiring | None:
        return self.customers.get(MERCHANT, customer_id()).membership.expiring

    def points(self, number: int = 1) -> Points:
        return self.customers.get(MERCHANT, customer_id(number)).membership.points


HOLD = a_program(hold_days=7)
EXPIRY = a_program(hold_days=0, expiry_months=3)


@pytest.mark.req("002-22", "D12")
def test_points_take_effect_at_midnight_after_the_hold_in_the_merchants_zone() -> None:
    shop = Shop(HOLD)
    shop.earns(1_000_000, number=0)
    assert (shop.points().pending, shop.points().available) == (100, 0)

    # Noon plus 6.49 days is 23:45 of the sixth day in Hà Nội; midnight is a quarter later.
    assert shop.sweep(6.49) == (0, True)
    assert shop.sweep(6.51) == (1, True)

    assert (shop.points().pending, shop.points().available) == (0, 100)


def test_a_member_is_warned_before_points_expire_at_the_end_of_the_day() -> None:
    shop = Shop(EXPIRY)
    shop.earns(1_000_000, number=0)

    shop.sweep(61)
    assert shop.customers.get(MERCHANT, customer_id()).membership.expiring is None
    shop.sweep(63)
    expiring = shop.customers.get(MERCHANT, customer_id()).membership.expiring
    assert expiring is not None
    assert (expiring.points, expiring.expires_at) == (100, "2027-02-22T17:00:00.000Z")
    assert shop.points().available == 100

    shop.sweep(93)

    assert (shop.points().available, shop.points().expired) == (0, 100)
    kinds = [line.kind for line in shop.loyalty.page(MERCHANT, customer_id(), limit=9).items]
    assert kinds == ["expire", "earn"]


def test_points_of_two_orders_of_one_day_are_in_one_warning_that_equals_what_expires() -> None:
    shop = Shop(EXPIRY)
    shop.earns(1_000_000, number=0)
    shop.earns(1_000_000, number=1, placed_at=placed(0.1))
    shop.spends(50)

    shop.sweep(63)

    assert shop.expiring() == Expiring(150, "2027-02-22T17:00:00.000Z")
    shop.sweep(93)
    assert (shop.points().available, shop.points().expired) == (0, 150)


def test_spent_points_are_deducted_from_one_warning_only() -> None:
    shop = Shop(EXPIRY)
    shop.earns(1_000_000, number=0)
    shop.earns(1_000_000, number=10)
    shop.spends(50)

    shop.sweep(63)
    assert shop.expiring() == Expiring(50, "2027-02-22T17:00:00.000Z")
    shop.sweep(73)

    assert shop.expiring() == Expiring(100, "2027-03-02T17:00:00.000Z")
    shop.sweep(93)
    assert shop.points().expired == 50
    shop.sweep(103)
    assert (shop.points().available, shop.points().expired) == (0, 150)


def test_a_late_sweep_catches_up_on_missed_days_once() -> None:
    shop = Shop(a_program(hold_days=7, expiry_months=1))
    shop.earns(1_000_000, number=0)

    first = shop.sweep(300)
    again = shop.sweep(300)

    assert (first.done, again.done) == (1, 0)
    assert (shop.points().pending, shop.points().available, shop.points().expired) == (0, 0, 100)


@pytest.mark.req("B-08")
def test_a_killed_sweep_of_ten_thousand_lots_resumes_and_repeats_nothing() -> None:
    shop = Shop(HOLD, members=100)
    for place in range(10_000):
        shop.earns(1_000_000, number=place + 1, whose=customer_id(place % 100 + 1))

    killed = shop.sweep(20_000, at_most=5_000)
    waiting = sum(shop.points(number + 1).pending for number in range(100))
    resumed = shop.sweep(20_000)

    assert killed == (5_000, False)
    assert waiting == 500_000
    assert resumed == (5_000, True)
    everyone = [shop.points(number + 1) for number in range(100)]
    assert {(each.pending, each.available, each.earned) for each in everyone} == {
        (0, 10_000, 10_000)
    }


@pytest.mark.req("B-07", "D7")
def test_a_failing_member_does_not_stop_the_sweep_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop(HOLD, members=2)
    shop.earns(1_000_000, number=0)
    shop.earns(1_000_000, number=1, whose=customer_id(2))
    write = shop.changesets.write

    def refusing(merchant_id: MerchantId, changeset: Changeset) -> None:
        if changeset.customers[0].after.id == customer_id():
            raise ValueError("defect")
        write(merchant_id, changeset)

    with monkeypatch.context() as broken:
        broken.setattr(shop.changesets, "write", refusing)
        with pytest.raises(ValueError, match="defect"):
            shop.sweep(9)
    assert (shop.points().available, shop.points(2).available) == (0, 100)

    assert shop.sweep(9) == (1, True)
    assert shop.points().available == 100


def test_a_sweep_that_only_failed_before_its_time_was_up_raises(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop(HOLD, members=2)
    shop.earns(1_000_000, number=0)
    shop.earns(1_000_000, number=1, whose=customer_id(2))

    def refusing(*_: object) -> None:
        raise ValueError("defect")

    monkeypatch.setattr(shop.changesets, "write", refusing)

    with pytest.raises(ValueError, match="defect"):
        shop.sweep(9, at_most=1)


def test_a_tier_falls_on_its_review_day() -> None:
    program = a_program(window_months=3, review_every="rolling", review_rule="drop")
    shop = Shop(program)
    member = shop.customers.get(MERCHANT, customer_id())
    months = {"2026-11": Month(spent=1_000_000)}
    counted = replace(member, membership=replace(member.membership, months=months))
    silver = retiered(counted, program, DEFAULT_ZONE, placed(0)).customer
    shop.changesets.write(
        MERCHANT,
        Changeset(
            customers=(CustomerMove(member, replace(silver, revision=member.revision + 1)),)
        ),
    )
    assert silver.membership.tier == "silver"
    assert silver.membership.review_at == "2027-01-31T17:00:00.000Z"

    assert shop.sweep(70) == (0, True)
    assert shop.sweep(70.5) == (1, True)

    fallen = shop.customers.get(MERCHANT, customer_id()).membership
    assert (fallen.tier, fallen.review_at) == ("unranked", None)
    assert shop.sweep(70.5) == (0, True)
