"""Change a member: due lots, reviews, adjustments, redemptions and rebuilds."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import Customer, Expiring, FieldChange, Month, Points
from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import derived_ulid
from crm.domain.kernel.times import moment
from crm.domain.loyalty.points import (
    Lot,
    PointsEntry,
    PointsMove,
    closed,
    given_back,
    lot_now,
    overdue,
    received,
    released,
    taken_off,
    used,
    warned,
)
from crm.domain.loyalty.programs import Program
from crm.domain.loyalty.rewards import Redemption
from crm.domain.loyalty.tiers import SOURCE, month_of, retiered, with_month
from crm.domain.orders.orders import History, contribution


@dataclass(frozen=True, slots=True, kw_only=True)
class LoyaltyContext:
    """The program, zone, time and author of an event that moves points; `seed` identifies it."""

    program: Program
    zone: str
    at: str
    by: Author
    seed: str

    def id(self, purpose: str) -> str:
        """Return the id of a line that this event writes for a purpose, stable across retries."""
        return derived_ulid(moment(self.at), self.by.source, self.seed, purpose)

    def activity(
        self, customer_id: str, changes: tuple[FieldChange, ...], reason: str
    ) -> Activity:
        """Return the history line of a tier change, with its reason."""
        return Activity(
            id=self.id(f"tier {customer_id}"),
            at=self.at,
            kind="tier",
            by=Author(SOURCE, f"program:{self.program.version}"),
            text=reason,
            changes=changes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoyaltyResult:
    """A customer after a loyalty event, with new lines of the ledger and of the history."""

    customer: Customer
    points: tuple[PointsMove, ...] = ()
    activities: tuple[Activity, ...] = ()


def after_due(
    customer: Customer, entry: PointsEntry, context: LoyaltyContext, pooled: Points | None = None
) -> LoyaltyResult:
    """Process a due lot: release, warn and expire it, each at most once.

    A lot is warned of before it expires, unless it has expired by now. `pooled` are the balances
    of the person if the customer is one of several records.
    """
    points, stored_lot = customer.membership.points, entry.lot
    if stored_lot is None or not _is_due(stored_lot, context.at):
        return LoyaltyResult(customer=customer)
    lot = stored_lot
    if lot.state == "pending":
        points, lot = released(points, lot)
        pooled = released(pooled, stored_lot)[0] if pooled else None
    lines: list[PointsMove] = []
    expiring, expires_at = customer.membership.expiring, lot.expires_at
    if expires_at is not None and expires_at <= context.at:
        before = points.expired
        points, lot = closed(points, lot, pooled)
        if points.expired > before:
            lines.append(PointsMove(None, expiry_entry(entry, points.expired - before, context)))
    elif expires_at is not None and _is_due(lot, context.at):
        points, lot = warned(points, lot, pooled)
        if lot.expiring:
            expiring = Expiring(lot.expiring, expires_at).after(expiring)
    membership = replace(customer.membership, points=points, expiring=expiring)
    after = replace(customer, membership=membership)
    move = PointsMove(entry, replace(entry, lot=lot))
    return LoyaltyResult(customer=after, points=(move, *lines))


def after_review(customer: Customer, context: LoyaltyContext, reason: str) -> LoyaltyResult:
    """Move a customer to the tier that the record earns now."""
    ranked = retiered(customer, context.program, context.zone, context.at)
    if not ranked.changes:
        return LoyaltyResult(customer=ranked.customer)
    line = context.activity(customer.id, ranked.changes, reason)
    return LoyaltyResult(customer=ranked.customer, activities=(line,))


def after_rebuild(
    customer: Customer, history: History, lots: Iterable[PointsEntry], context: LoyaltyContext
) -> LoyaltyResult:
    """Recompute a customer's months and tier from orders, openings and lots.

    Points are a ledger: their balances stay. Ranking points are the current points of the lots of
    orders, in the months of the orders; lots earned only by a merged person do not rank.
    """
    spent: Counter[str] = Counter()
    ranked: Counter[str] = Counter()
    for each in lots:
        if each.shared_since is None:
            ranked[month_of(each.at, context.zone)] += lot_points(each)
    for order in history.orders:
        month = month_of(order.placed_at, context.zone)
        spent[month] += contribution(order).total_spent
    for opening in history.openings:
        if opening.reversed_at is None:
            month = month_of(opening.last_order_at or opening.at, context.zone)
            spent[month] += opening.total_spent
    membership = customer.membership
    for month in {*membership.months, *spent, *ranked}:
        stored = membership.months.get(month, Month())
        more = ranked[month] - stored.ranking_points
        membership = with_month(membership, month, spent[month] - stored.spent, more)
    membership = replace(membership, ranking_points=ranked.total())
    return after_review(replace(customer, membership=membership), context, "rebuild")


def after_adjustment(
    customer: Customer,
    points: int,
    reason: str,
    context: LoyaltyContext,
    pooled: Points | None = None,
) -> LoyaltyResult:
    """Add or remove points by hand, or raise `Conflict` to remove more than are available.

    Added points count as earned, removed ones as reversed; neither rank. `pooled` are the balances
    of the person if the customer is one of several records.
    """
    membership = customer.membership
    if points < 0:
        _require_points(-points, pooled or membership.points)
    lot = lot_now(points, context.program, context.zone, context.at) if points > 0 else None
    balances = received(membership.points, lot) if lot else taken_off(membership.points, -points)
    entry = PointsEntry(
        id=context.seed,
        at=context.at,
        kind="adjust",
        points=points,
        by=context.by,
        reason=reason,
        lot=lot,
    )
    after = replace(customer, membership=replace(membership, points=balances))
    return LoyaltyResult(customer=after, points=(PointsMove(None, entry),))


def after_redemption(
    customer: Customer,
    redemption: Redemption,
    context: LoyaltyContext,
    pooled: Points | None = None,
) -> LoyaltyResult:
    """Spend points on a reward, or raise `Conflict` for too few.

    If the customer is one of several records, the points of all of them, `pooled`, suffice.
    """
    membership = customer.membership
    _require_points(redemption.points, pooled or membership.points)
    entry = PointsEntry(
        id=context.id("use"),
        at=context.at,
        kind="use",
        points=-redemption.points,
        by=context.by,
        reason=redemption.reward_name,
        redemption_id=redemption.id,
    )
    points = used(membership.points, redemption.points)
    after = replace(customer, membership=replace(membership, points=points))
    return LoyaltyResult(customer=after, points=(PointsMove(None, entry),))


def after_cancellation(
    customer: Customer, redemption: Redemption, context: LoyaltyContext
) -> LoyaltyResult:
    """Give the points of a cancelled redemption back, as a new lot."""
    membership = customer.membership
    lot = lot_now(redemption.points, context.program, context.zone, context.at)
    entry = PointsEntry(
        id=context.id("give back"),
        at=context.at,
        kind="give_back",
        points=redemption.points,
        by=context.by,
        reason=redemption.reward_name,
        redemption_id=redemption.id,
        lot=lot,
    )
    points = given_back(membership.points, lot)
    after = replace(customer, membership=replace(membership, points=points))
    return LoyaltyResult(customer=after, points=(PointsMove(None, entry),))


def after_unmerge(customer: Customer, context: LoyaltyContext) -> LoyaltyResult:
    """Expire the points of a standalone record that were overdue while it was merged."""
    points = customer.membership.points
    late = overdue(points)
    if not late:
        return LoyaltyResult(customer=customer)
    balances = replace(points, available=points.available - late, expired=points.expired + late)
    line = PointsEntry(
        id=context.id(f"parted {customer.id}"),
        at=context.at,
        kind="expire",
        points=-late,
        by=Author(SOURCE, f"program:{context.program.version}"),
    )
    after = replace(customer, membership=replace(customer.membership, points=balances))
    return LoyaltyResult(customer=after, points=(PointsMove(None, line),))


def _require_points(count: int, points: Points) -> None:
    if points.available < count:
        raise Conflict("points_insufficient", available=points.available)


def _is_due(lot: Lot, at: str) -> bool:
    return lot.due_at is not None and lot.due_at <= at


def enrolled(customer: Customer, at: str) -> Customer:
    """Enrol a customer at a moment; an earlier enrolment stays, a later one moves back to it."""
    stored = customer.membership.joined_at
    joined_at = min(stored, at) if stored else at
    return replace(customer, membership=replace(customer.membership, joined_at=joined_at))


def expiry_entry(entry: PointsEntry, points: int, context: LoyaltyContext) -> PointsEntry:
    """Return the ledger line of points of a lot that expired; negative `points` undo an expiry."""
    return PointsEntry(
        id=context.id(f"expire {entry.id}"),
        at=context.at,
        kind="expire",
        points=-points,
        by=Author(SOURCE, f"program:{context.program.version}"),
        order=entry.order,
    )


def lot_points(entry: PointsEntry | None) -> int:
    """Return the points of a line's lot, or 0 without one."""
    return entry.lot.points if entry and entry.lot else 0
