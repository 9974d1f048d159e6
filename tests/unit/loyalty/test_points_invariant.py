"""The ledger adds up and the tier is right after any sequence of changes of a member."""

from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

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

from crm.domain.customers.customer import UNRANKED, Customer
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.times import DEFAULT_ZONE, day_of
from crm.domain.loyalty.earning import after_order
from crm.domain.loyalty.membership import (
    LoyaltyContext,
    LoyaltyResult,
    after_adjustment,
    after_cancellation,
    after_due,
    after_rebuild,
    after_redemption,
    after_review,
)
from crm.domain.loyalty.points import PointsEntry, PointsPosition, place_of_lot
from crm.domain.loyalty.programs import Program, points_for
from crm.domain.loyalty.rewards import Redemption
from crm.domain.orders.orders import (
    History,
    Order,
    contribution,
    end_to_read,
    order_change,
    with_order_change,
)
from tests.builders import a_customer, customer_id
from tests.loyalty_builders import GOLD, SILVER, a_loyalty_context, a_program
from tests.order_builders import an_order, placed

_AMOUNTS = st.integers(0, 600).map(lambda each: each * 10_000)
_PROGRAMS = st.builds(
    a_program,
    window_months=st.sampled_from([None, 1, 3, 12]),
    review_every=st.sampled_from(["year", "rolling"]),
    review_rule=st.sampled_from(["keep", "drop"]),
    hold_days=st.sampled_from([0, 7, 30]),
    expiry_months=st.sampled_from([None, 2, 6]),
    rounding=st.sampled_from(["down", "half_up"]),
    rank_by=st.sampled_from(["spent", "ranking_points"]),
)


class Ledger(RuleBasedStateMachine):
    """One member with orders and ledger lines, checked against plain recomputation."""

    def __init__(self) -> None:
        super().__init__()
        self.customer: Customer = a_customer()
        self.program: Program = a_program()
        self.orders: dict[str, Order] = {}
        self.lines: dict[PointsPosition, PointsEntry] = {}
        self.redemptions: list[Redemption] = []
        self.days = 0.0
        self.numbers = count(1)

    @initialize(program=_PROGRAMS)
    def begin(self, program: Program) -> None:
        by_points = program.rank_by == "ranking_points"
        rungs = (
            (replace(SILVER, least=100), replace(GOLD, least=500)) if by_points else program.rungs
        )
        self.program = replace(program, rungs=rungs)

    def context(self) -> LoyaltyContext:
        return a_loyalty_context(self.program, days=self.days, seed=str(next(self.numbers)))

    def take(self, result: LoyaltyResult) -> None:
        for before, after in result.points:
            if before is not None:
                assert self.lines.pop(PointsPosition(before.at, before.id)) == before
            place = PointsPosition(after.at, after.id)
            assert place not in self.lines
            self.lines[place] = after
        self.customer = result.customer

    def change_order(self, order: Order) -> None:
        stored = self.orders.get(order.id)
        lot = None
        if stored is not None:
            lot = self.lines.get(place_of_lot(stored.source, stored.id, stored.placed_at))
        others = [
            each.placed_at
            for each in self.orders.values()
            if each.id != order.id and contribution(each).order_count
        ]
        change, before = order_change(stored, order), self.customer.metrics
        end = end_to_read(before, change, DEFAULT_ZONE)
        metrics = with_order_change(before, change, DEFAULT_ZONE, end, sorted(others))
        counted = replace(self.customer, metrics=metrics)
        self.take(after_order(counted, change, lot, self.context()))
        self.orders[order.id] = order

    @rule(total=_AMOUNTS, ago=st.integers(0, 120))
    def buy(self, total: int, ago: int) -> None:
        number = len(self.orders) + 1
        self.change_order(
            an_order(number, total=total, paid=total, placed_at=placed(self.days - ago))
        )

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), share=st.integers(0, 10))
    def refund(self, data: st.DataObject, share: int) -> None:
        order = self.pick(data)
        self.change_order(
            replace(order, version=order.version + 1, refunded=order.total * share // 10)
        )

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), status=st.sampled_from(["cancelled", "completed"]))
    def cancel_or_complete(self, data: st.DataObject, status: Any) -> None:
        order = self.pick(data)
        self.change_order(replace(order, version=order.version + 1, status=status))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), ago=st.integers(0, 120))
    def place_at_another_time(self, data: st.DataObject, ago: int) -> None:
        order = self.pick(data)
        self.change_order(
            replace(order, version=order.version + 1, placed_at=placed(self.days - ago))
        )

    @rule(cost=st.integers(1, 300))
    def redeem(self, cost: int) -> None:
        redemption = Redemption(
            id=str(next(self.numbers)),
            customer_id=customer_id(),
            reward_id="r",
            reward_name="Ly sứ",
            points=cost,
            at=placed(self.days),
            by="lan",
        )
        if self.customer.membership.points.available < cost:
            with pytest.raises(Conflict):
                after_redemption(self.customer, redemption, self.context())
            return
        self.take(after_redemption(self.customer, redemption, self.context()))
        self.redemptions.append(redemption)

    @precondition(lambda self: self.redemptions)
    @rule()
    def cancel_a_redemption(self) -> None:
        self.take(after_cancellation(self.customer, self.redemptions.pop(), self.context()))

    @rule(points=st.integers(-100, 100).filter(bool))
    def adjust(self, points: int) -> None:
        try:
            self.take(after_adjustment(self.customer, points, "sửa", self.context()))
        except Conflict:
            assert self.customer.membership.points.available + points < 0

    @rule(days=st.integers(1, 90))
    def sweep(self, days: int) -> None:
        self.days += days
        for line in [each for each in self.lines.values() if each.lot]:
            self.take(after_due(self.customer, line, self.context()))
        assert not [line for line in self.lines.values() if _is_due(line, placed(self.days))]
        review_at = self.customer.membership.review_at
        if review_at is not None and review_at <= placed(self.days):
            self.take(after_review(self.customer, self.context(), "review"))

    def pick(self, data: st.DataObject) -> Order:
        return self.orders[data.draw(st.sampled_from(sorted(self.orders)))]

    @invariant()
    def the_ledger_adds_up(self) -> None:
        points = self.customer.membership.points
        lines = list(self.lines.values())
        earning_kinds = {"earn", "opening"}
        earned = sum(line.points for line in lines if line.kind in earning_kinds)
        earned += sum(line.points for line in lines if line.kind == "adjust" and line.points > 0)
        assert earned == points.earned
        assert points.earned == (
            points.pending + points.available + points.used + points.expired + points.reversed
        )
        given = sum(line.points for line in lines)
        assert points.pending + points.available == given
        assert points.used == -sum(
            line.points for line in lines if line.kind in {"use", "give_back"}
        )
        assert points.expired == -sum(line.points for line in lines if line.kind == "expire")
        assert points.reversed == -sum(
            line.points
            for line in lines
            if line.kind == "reverse" or (line.kind == "adjust" and line.points < 0)
        )
        assert min(points.pending, points.used, points.expired, points.reversed) >= 0

    @invariant()
    def the_balances_are_those_of_the_lots(self) -> None:
        points = self.customer.membership.points
        lots = [line.lot for line in self.lines.values() if line.lot]
        assert points.pending == sum(lot.points for lot in lots if lot.state == "pending")
        assert points.live == sum(lot.points for lot in lots if lot.state == "live")
        warned = (lot.points for lot in lots if lot.state == "live" and lot.warned)
        assert points.told == sum(warned)
        assert points.available <= points.live
        assert all(0 <= lot.expired <= lot.points for lot in lots if lot.state == "closed")

    @invariant()
    def a_rebuild_gives_the_same_months_and_ranking_points(self) -> None:
        history = History(tuple(self.orders.values()), ())
        lots = [line for line in self.lines.values() if line.order and line.lot]
        rebuilt = after_rebuild(self.customer, history, lots, self.context()).customer.membership
        membership = self.customer.membership
        assert rebuilt.months == membership.months
        assert rebuilt.ranking_points == membership.ranking_points

    @invariant()
    def the_tier_equals_a_plain_recompute(self) -> None:
        if self.customer.membership.joined_at is None:
            assert self.customer.membership.tier == UNRANKED
            return
        assert self.customer.membership.tier == self.recomputed()

    def recomputed(self) -> str:
        """Return the tier by its definition, from the orders of each month."""
        today = day_of(placed(self.days), DEFAULT_ZONE)
        worths = {
            order.id: (day_of(order.placed_at, DEFAULT_ZONE), self.worth(order))
            for order in self.orders.values()
        }
        window = self.program.window_months
        if window is None:
            best = sum(worth for _, worth in worths.values())
        else:
            best = max(
                sum(
                    worth
                    for day, worth in worths.values()
                    if end - window < day.year * 12 + day.month <= end
                )
                for end in self.ends(today)
            )
        reached = [rung.code for rung in self.program.rungs if rung.least <= best]
        return reached[-1] if reached else UNRANKED

    def ends(self, today: date) -> range:
        last = today.year * 12 + today.month
        if self.program.review_rule == "keep":
            return range(last - 600, last + 1)
        if self.program.review_every == "year":
            return range(today.year * 12, last + 1)
        return range(last, last + 1)

    def worth(self, order: Order) -> int:
        spent = contribution(order).total_spent
        if self.program.rank_by == "spent":
            return spent
        line = self.lines.get(place_of_lot(order.source, order.id, order.placed_at))
        if line is None or line.lot is None:
            return 0
        rate = line.lot.vnd_per_point
        assert rate is not None
        assert line.lot.points == points_for(spent, rate, self.program.rounding)
        return line.lot.points


def _is_due(line: PointsEntry, at: str) -> bool:
    return bool(line.lot and line.lot.due_at and line.lot.due_at <= at)


def run(examples: int) -> None:
    """Run the state machine."""
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


@pytest.mark.req("B-08", "D12", "D7")
def test_any_sequence_of_changes_keeps_the_ledger_balanced_and_the_tier_right() -> None:
    run(60)


@pytest.mark.slow
@pytest.mark.req("B-08", "D12", "D7")
def test_a_long_sequence_of_changes_keeps_the_ledger_balanced_and_the_tier_right() -> None:
    run(1_000)
