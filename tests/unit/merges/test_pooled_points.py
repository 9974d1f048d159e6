"""Ledgers of two records, merged and unmerged at any time: each adds up, and so does the sum."""

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crm.domain.customers.customer import Customer, Points
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import DEFAULT_ZONE, day_of
from crm.domain.loyalty.earning import after_order
from crm.domain.loyalty.membership import (
    LoyaltyContext,
    LoyaltyResult,
    after_adjustment,
    after_cancellation,
    after_due,
    after_redemption,
    after_review,
)
from crm.domain.loyalty.points import PointsEntry, PointsPosition, place_of_lot
from crm.domain.loyalty.programs import Program
from crm.domain.loyalty.rewards import Redemption
from crm.domain.loyalty.tiers import tier_on
from crm.domain.merges.apply_merge import apply_merge, reverse_merge
from crm.domain.merges.changeset import CustomerMove
from crm.domain.merges.merge import Merge
from crm.domain.merges.person import Person, pooled_points, standalone
from crm.domain.orders.orders import (
    Order,
    contribution,
    end_to_read,
    order_change,
    with_order_change,
)
from tests.builders import LAN, a_customer, customer_id
from tests.loyalty_builders import a_loyalty_context, a_program
from tests.order_builders import an_order, placed

ONE, OTHER = customer_id(1), customer_id(2)
_WHO = st.sampled_from([ONE, OTHER])
_PROGRAMS = st.builds(
    a_program,
    window_months=st.sampled_from([None, 3]),
    review_every=st.sampled_from(["year", "rolling"]),
    hold_days=st.sampled_from([0, 7]),
    expiry_months=st.sampled_from([None, 2]),
)


class PooledLedgers(RuleBasedStateMachine):
    """Two records, merged or not, and the lines of both ledgers."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[CustomerId, Customer] = {
            each: a_customer(number) for number, each in enumerate((ONE, OTHER), start=1)
        }
        self.program: Program = a_program()
        self.orders: dict[str, tuple[CustomerId, Order]] = {}
        self.lines: dict[CustomerId, dict[PointsPosition, PointsEntry]] = {ONE: {}, OTHER: {}}
        self.redemptions: list[Redemption] = []
        self.merge_now: Merge | None = None
        self.days = 0.0
        self.numbers = count(1)

    @initialize(program=_PROGRAMS)
    def begin(self, program: Program) -> None:
        self.program = program

    def context(self) -> LoyaltyContext:
        return a_loyalty_context(self.program, days=self.days, seed=str(next(self.numbers)))

    def person(self, whose: CustomerId) -> Person:
        if self.merge_now is None:
            return Person(survivor=self.records[whose])
        return Person(survivor=self.records[ONE], losers={OTHER: self.records[OTHER]})

    def pooled(self) -> Points | None:
        return self.records[ONE].membership.points if self.merge_now else None

    def take(self, result: LoyaltyResult) -> None:
        whose = result.customer.id
        after = self.person(whose).changed(result, self.context(), "test").person
        self.write(whose, result)
        self.records |= {each.id: each for each in after.records}

    def write(self, whose: CustomerId, result: LoyaltyResult) -> None:
        lines = self.lines[whose]
        for before, after in result.points:
            if before is not None:
                assert lines.pop(PointsPosition(before.at, before.id)) == before
            place = PointsPosition(after.at, after.id)
            assert place not in lines
            lines[place] = after

    def change_order(self, whose: CustomerId, order: Order) -> None:
        alone = self.person(whose).standalone(whose)
        stored = self.orders[order.id][1] if order.id in self.orders else None
        lot = None
        if stored is not None:
            place = place_of_lot(stored.source, stored.id, stored.placed_at)
            lot = self.lines[whose].get(place)
        others = sorted(
            each.placed_at
            for owner, each in self.orders.values()
            if owner == whose and each.id != order.id and contribution(each).order_count
        )
        change = order_change(stored, order)
        end = end_to_read(alone.metrics, change, DEFAULT_ZONE)
        metrics = with_order_change(alone.metrics, change, DEFAULT_ZONE, end, others)
        counted = replace(alone, metrics=metrics)
        self.take(after_order(counted, change, lot, self.context()))
        self.orders[order.id] = (whose, order)

    @rule(whose=_WHO, total=st.integers(0, 600), ago=st.integers(0, 60))
    def buy(self, whose: CustomerId, total: int, ago: int) -> None:
        number = len(self.orders) + 1
        amount = total * 10_000
        at = placed(self.days - ago)
        self.change_order(whose, an_order(number, total=amount, paid=amount, placed_at=at))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), share=st.integers(0, 10))
    def refund(self, data: st.DataObject, share: int) -> None:
        whose, order = self.orders[data.draw(st.sampled_from(sorted(self.orders)))]
        refunded = order.total * share // 10
        self.change_order(whose, replace(order, version=order.version + 1, refunded=refunded))

    @rule(cost=st.integers(1, 300))
    def redeem(self, cost: int) -> None:
        redemption = Redemption(
            id=str(next(self.numbers)),
            customer_id=ONE,
            reward_id="r",
            reward_name="Ly sứ",
            points=cost,
            at=placed(self.days),
            by="lan",
        )
        alone = self.person(ONE).standalone(ONE)
        shown = self.records[ONE].membership.points.available
        if shown < cost:
            with pytest.raises(Conflict):
                after_redemption(alone, redemption, self.context(), self.pooled())
            return
        self.take(after_redemption(alone, redemption, self.context(), self.pooled()))
        self.redemptions.append(redemption)
        assert self.records[ONE].membership.points.available == shown - cost

    @precondition(lambda self: self.redemptions)
    @rule()
    def cancel_a_redemption(self) -> None:
        alone = self.person(ONE).standalone(ONE)
        self.take(after_cancellation(alone, self.redemptions.pop(), self.context()))

    @rule(points=st.integers(-100, 100).filter(bool))
    def adjust(self, points: int) -> None:
        alone = self.person(ONE).standalone(ONE)
        shown = self.records[ONE].membership.points.available
        if shown + points < 0 and points < 0:
            with pytest.raises(Conflict):
                after_adjustment(alone, points, "sửa", self.context(), self.pooled())
            return
        self.take(after_adjustment(alone, points, "sửa", self.context(), self.pooled()))

    @rule(days=st.integers(1, 90))
    def sweep(self, days: int) -> None:
        self.days += days
        for whose, lines in self.lines.items():
            for line in [each for each in lines.values() if each.lot]:
                alone = self.person(whose).standalone(whose)
                self.take(after_due(alone, line, self.context(), self.pooled()))
            alone = self.person(whose).standalone(whose)
            self.take(after_review(alone, self.context(), "review"))

    @precondition(lambda self: self.merge_now is None)
    @rule()
    def merge(self) -> None:
        context = self.context()
        one, other = self.records[ONE], self.records[OTHER]
        merge = Merge(
            id="01M",
            survivor_id=ONE,
            loser_id=OTHER,
            at=context.at,
            by=LAN,
            survivor=one,
            loser=other,
        )
        result = apply_merge(Person(survivor=one), Person(survivor=other), merge, context)
        self.keep(result.customers)
        self.merge_now = merge

    @precondition(lambda self: self.merge_now is not None)
    @rule()
    def undo(self) -> None:
        merge = self.merge_now
        assert merge is not None
        result = reverse_merge(self.person(ONE), merge, [merge], self.context())
        self.keep(result.customers)
        for whose, move in result.points:
            self.write(whose, LoyaltyResult(customer=self.records[whose], points=(move,)))
        self.merge_now = None

    def keep(self, moves: tuple[CustomerMove, ...]) -> None:
        self.records |= {move.after.id: move.after for move in moves}

    @invariant()
    def each_ledger_adds_up(self) -> None:
        for whose, kept in self.lines.items():
            points = standalone(self.records[whose]).membership.points
            lines = list(kept.values())
            earned = sum(line.points for line in lines if line.kind == "earn")
            earned += sum(
                line.points for line in lines if line.kind == "adjust" and line.points > 0
            )
            assert earned == points.earned
            assert points.pending + points.available == sum(line.points for line in lines)
            assert points.used == -sum(
                line.points for line in lines if line.kind in {"use", "give_back"}
            )
            assert points.expired == -sum(line.points for line in lines if line.kind == "expire")
            lots = [line.lot for line in lines if line.lot]
            assert points.pending == sum(lot.points for lot in lots if lot.state == "pending")
            assert points.live == sum(lot.points for lot in lots if lot.state == "live")
            assert min(points.pending, points.used, points.expired, points.reversed) >= 0
            if self.merge_now is None:
                assert points.available <= points.live

    @invariant()
    def the_person_has_the_sum_and_its_tier(self) -> None:
        shown = self.records[ONE]
        if self.merge_now is not None:
            alone = [standalone(each).membership.points for each in self.records.values()]
            assert shown.membership.points == pooled_points(alone)
        today = day_of(placed(self.days), DEFAULT_ZONE)
        assert shown.membership.tier == tier_on(shown, self.program, today)


@pytest.mark.req("B-05", "B-08", "D17")
def test_ledgers_add_up_and_earn_the_pooled_tier_through_merges_and_undos() -> None:
    run_state_machine_as_test(
        PooledLedgers,
        settings=settings(
            max_examples=100,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
