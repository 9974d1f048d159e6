"""What an order is to a member: joining, points, ranking, tier; all in the order's transaction."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import Author, Customer, Expiring, FieldChange, Month, Points
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
    order_lot,
    overdue,
    place_of_lot,
    received,
    released,
    resized,
    taken_off,
    used,
    warned,
)
from crm.domain.loyalty.programs import Program, points_for
from crm.domain.loyalty.rewards import Redemption
from crm.domain.loyalty.tiers import SOURCE, month_of, retiered, with_month
from crm.domain.orders.orders import History, Opening, Order, OrderKey, contribution


@dataclass(frozen=True, slots=True, kw_only=True)
class LoyaltyContext:
    """Under which program, when and by which event points move; `seed` names the event."""

    program: Program
    zone: str
    at: str
    by: Author
    seed: str

    def id(self, purpose: str) -> str:
        """Return the id of a line that this event makes for a purpose, always the same."""
        return derived_ulid(moment(self.at), self.by.source, self.seed, purpose)

    def activity(
        self, customer_id: str, changes: tuple[FieldChange, ...], reason: str
    ) -> Activity:
        """Return the line of a history that tells of a tier that moved, and why."""
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
    """A customer after something that loyalty looks at: lines of the ledger and of the history."""

    customer: Customer
    points: tuple[PointsMove, ...] = ()
    activities: tuple[Activity, ...] = ()


def after_order(
    customer: Customer,
    stored: Order | None,
    kept: Order,
    lot: PointsEntry | None,
    context: LoyaltyContext,
) -> LoyaltyResult:
    """Return a customer whose figures moved from one snapshot of an order to the next.

    An order earns at the rate of the tier at which it was first counted, for ever; its lot is
    resized when its spend moves, and taken back when it is cancelled.
    """
    was, now = contribution(stored), contribution(kept)
    activities: list[Activity] = []
    joined = _joined(customer, kept, context)
    if customer.membership.joined_at is None and joined.membership.joined_at is not None:
        activities.append(_enrolment(joined, context))
    result = _with_lot(joined, stored, kept, lot, context)
    membership = result.customer.membership
    old_points = _worth_of(lot)
    new_points = old_points
    for move in result.points:
        if move.after.lot is not None:
            new_points = move.after.lot.points
    if stored:
        month = month_of(stored.placed_at, context.zone)
        membership = with_month(membership, month, -was.total_spent, -old_points)
    month = month_of(kept.placed_at, context.zone)
    membership = with_month(membership, month, now.total_spent, new_points)
    membership = replace(
        membership, ranking_points=membership.ranking_points + new_points - old_points
    )
    moved = replace(result.customer, membership=membership)
    ranked = retiered(moved, context.program, context.zone, context.at)
    if ranked.changes:
        activities.append(context.activity(customer.id, ranked.changes, reason_of(stored, kept)))
    return LoyaltyResult(
        customer=ranked.customer, points=result.points, activities=tuple(activities)
    )


def opening_key(opening: Opening) -> OrderKey:
    """Return what names the lot of an opening balance, as an order's key names its lot."""
    return OrderKey("opening", opening.id)


def after_opening(
    customer: Customer, opening: Opening, known: PointsEntry | None, context: LoyaltyContext
) -> LoyaltyResult:
    """Return a customer with the spend and the points of an opening balance, or without them.

    Points that are brought along make a member; taken back, they are reversed.
    """
    month = month_of(opening.last_order_at or opening.at, context.zone)
    spent = -opening.total_spent if opening.reversed_at else opening.total_spent
    membership = with_month(customer.membership, month, spent, 0)
    counted = replace(customer, membership=membership)
    if opening.reversed_at:
        moved = _without_opening(counted, known, context)
    else:
        moved = _with_opening(counted, opening, context)
    ranked = after_review(moved.customer, context, "opening")
    return replace(ranked, points=moved.points)


def _with_opening(customer: Customer, opening: Opening, context: LoyaltyContext) -> LoyaltyResult:
    if opening.points <= 0:
        return LoyaltyResult(customer=customer)
    joined = enrolled(customer, opening.at)
    lot = lot_now(opening.points, context.program, context.zone, context.at)
    place = place_of_lot(*opening_key(opening), opening.at)
    entry = PointsEntry(
        id=place.id, at=place.at, kind="opening", points=lot.points, by=opening.by, lot=lot
    )
    points = received(joined.membership.points, lot)
    after = replace(joined, membership=replace(joined.membership, points=points))
    return LoyaltyResult(customer=after, points=(PointsMove(None, entry),))


def _without_opening(
    customer: Customer, known: PointsEntry | None, context: LoyaltyContext
) -> LoyaltyResult:
    if known is None or known.lot is None:
        return LoyaltyResult(customer=customer)
    before = customer.membership.points
    balances, lot = resized(before, known.lot, 0)
    line = PointsEntry(
        id=context.id("opening reversed"),
        at=context.at,
        kind="reverse",
        points=-known.lot.points,
        by=context.by,
        reason="opening",
    )
    moves = [PointsMove(known, replace(known, lot=lot)), PointsMove(None, line)]
    if expired := balances.expired - before.expired:
        moves.append(PointsMove(None, _expiry(known, expired, context)))
    after = replace(customer, membership=replace(customer.membership, points=balances))
    return LoyaltyResult(customer=after, points=tuple(moves))


def after_due(
    customer: Customer, entry: PointsEntry, context: LoyaltyContext, pooled: Points | None = None
) -> LoyaltyResult:
    """Return a customer whose lot came due, all that it was due for by now done once.

    A lot is told of before it expires, unless that moment passed too. `pooled` are the balances
    of the person, where the customer is one of several records.
    """
    points, known = customer.membership.points, entry.lot
    if known is None or not _is_due(known, context.at):
        return LoyaltyResult(customer=customer)
    lot = known
    if lot.state == "pending":
        points, lot = released(points, lot)
        pooled = released(pooled, known)[0] if pooled else None
    lines: list[PointsMove] = []
    expiring, expires_at = customer.membership.expiring, lot.expires_at
    if expires_at is not None and expires_at <= context.at:
        before = points.expired
        points, lot = closed(points, lot, pooled)
        if points.expired > before:
            lines.append(PointsMove(None, _expiry(entry, points.expired - before, context)))
    elif expires_at is not None and _is_due(lot, context.at):
        points, lot = warned(points, lot, pooled)
        if lot.expiring:
            expiring = Expiring(lot.expiring, expires_at).after(expiring)
    membership = replace(customer.membership, points=points, expiring=expiring)
    after = replace(customer, membership=membership)
    move = PointsMove(entry, replace(entry, lot=lot))
    return LoyaltyResult(customer=after, points=(move, *lines))


def after_review(customer: Customer, context: LoyaltyContext, reason: str) -> LoyaltyResult:
    """Return a customer at the tier that the record comes to now."""
    ranked = retiered(customer, context.program, context.zone, context.at)
    if not ranked.changes:
        return LoyaltyResult(customer=ranked.customer)
    line = context.activity(customer.id, ranked.changes, reason)
    return LoyaltyResult(customer=ranked.customer, activities=(line,))


def after_rebuild(
    customer: Customer, history: History, lots: Iterable[PointsEntry], context: LoyaltyContext
) -> LoyaltyResult:
    """Return a customer with the months and the tier that orders and their lots come to.

    Points are a ledger: their balances stay as they are. What ranks is what orders earned, as
    their lots stand now, in the months of the orders; what was earned only together does not.
    """
    spent: Counter[str] = Counter()
    ranked: Counter[str] = Counter()
    for each in lots:
        if each.shared_since is None:
            ranked[month_of(each.at, context.zone)] += _worth_of(each)
    for order in history.orders:
        month = month_of(order.placed_at, context.zone)
        spent[month] += contribution(order).total_spent
    for opening in history.openings:
        if opening.reversed_at is None:
            month = month_of(opening.last_order_at or opening.at, context.zone)
            spent[month] += opening.total_spent
    membership = customer.membership
    for month in {*membership.months, *spent, *ranked}:
        known = membership.months.get(month, Month())
        more = ranked[month] - known.ranking_points
        membership = with_month(membership, month, spent[month] - known.spent, more)
    membership = replace(membership, ranking_points=ranked.total())
    return after_review(replace(customer, membership=membership), context, "rebuild")


def after_adjustment(
    customer: Customer,
    points: int,
    reason: str,
    context: LoyaltyContext,
    pooled: Points | None = None,
) -> LoyaltyResult:
    """Return a customer with points put in or taken out by hand; what is not there stays out.

    Points put in are earned, points taken out are reversed. They never rank. `pooled` are the
    balances of the person, where the customer is one of several records.
    """
    membership = customer.membership
    available = (pooled or membership.points).available
    if points < 0 and available + points < 0:
        raise Conflict("points_insufficient", available=available)
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
    """Return a customer who spent points on a reward, or raise `Conflict` for too few.

    Where the customer is one of several records, the points of all of them, `pooled`, suffice.
    """
    membership = customer.membership
    available = (pooled or membership.points).available
    if available < redemption.points:
        raise Conflict("points_insufficient", available=available)
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
    """Return a customer who got the points of a redemption back, as good as new."""
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
    """Return a record by itself again: what only sharing kept from expiring expires."""
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


def _is_due(lot: Lot, at: str) -> bool:
    return lot.due_at is not None and lot.due_at <= at


def enrolled(customer: Customer, at: str) -> Customer:
    """Return a customer as a member from a moment on; who joined later than that, joined then."""
    known = customer.membership.joined_at
    joined_at = min(known, at) if known else at
    return replace(customer, membership=replace(customer.membership, joined_at=joined_at))


def _joined(customer: Customer, order: Order, context: LoyaltyContext) -> Customer:
    if not contribution(order).order_count or not _enrols(order, context.program):
        return customer
    return enrolled(customer, order.placed_at)


def _enrols(order: Order, program: Program) -> bool:
    return (
        program.enrolment == "automatic"
        and program.since is not None
        and order.placed_at >= program.since
    )


def _enrolment(customer: Customer, context: LoyaltyContext) -> Activity:
    return Activity(
        id=context.id("enrolled"),
        at=context.at,
        kind="enrolled",
        by=Author(SOURCE, f"program:{context.program.version}"),
        text=customer.membership.joined_at,
    )


def _with_lot(
    customer: Customer,
    stored: Order | None,
    kept: Order,
    known: PointsEntry | None,
    context: LoyaltyContext,
) -> LoyaltyResult:
    spent = contribution(kept).total_spent
    if known is None or known.lot is None:
        return _with_new_lot(customer, kept, spent, context)
    place = place_of_lot(kept.source, kept.id, kept.placed_at)
    rate = known.lot.vnd_per_point or context.program.rate(customer.membership.tier)
    to = points_for(spent, rate, known.lot.rounding)
    if to == known.lot.points and stored and stored.placed_at == kept.placed_at:
        return LoyaltyResult(customer=customer)
    balances, lot = resized(customer.membership.points, known.lot, to)
    moves = [PointsMove(known, replace(known, at=place.at, id=place.id, lot=lot))]
    by = to - known.lot.points
    if by:
        moves.append(PointsMove(None, _correction(stored, kept, by, context)))
    expired = balances.expired - customer.membership.points.expired
    if expired:
        moves.append(PointsMove(None, _expiry(known, expired, context)))
    membership = replace(customer.membership, points=balances)
    return LoyaltyResult(customer=replace(customer, membership=membership), points=tuple(moves))


def _with_new_lot(
    customer: Customer, order: Order, spent: int, context: LoyaltyContext
) -> LoyaltyResult:
    joined_at = customer.membership.joined_at
    if joined_at is None or order.placed_at < joined_at:
        return LoyaltyResult(customer=customer)
    membership = customer.membership
    lot = order_lot(
        order, spent, membership.tier, context.program, zone=context.zone, at=context.at
    )
    if lot.points == 0:
        return LoyaltyResult(customer=customer)
    place = place_of_lot(order.source, order.id, order.placed_at)
    entry = PointsEntry(
        id=place.id,
        at=place.at,
        kind="earn",
        points=lot.points,
        by=context.by,
        order=order.key,
        lot=lot,
    )
    after = replace(membership, points=received(membership.points, lot))
    return LoyaltyResult(
        customer=replace(customer, membership=after), points=(PointsMove(None, entry),)
    )


def _correction(
    stored: Order | None, order: Order, by: int, context: LoyaltyContext
) -> PointsEntry:
    return PointsEntry(
        id=context.id("correction"),
        at=context.at,
        kind="earn" if by > 0 else "reverse",
        points=by,
        by=context.by,
        reason=reason_of(stored, order),
        order=order.key,
    )


def _expiry(entry: PointsEntry, points: int, context: LoyaltyContext) -> PointsEntry:
    """Return the line that tells how many points of a lot expired, or are expired no more."""
    return PointsEntry(
        id=context.id(f"expire {entry.id}"),
        at=context.at,
        kind="expire",
        points=-points,
        by=Author(SOURCE, f"program:{context.program.version}"),
        order=entry.order,
    )


def worth_after(result: LoyaltyResult, known: PointsEntry | None) -> int:
    """Return the points of an order's lot after what became of it."""
    lots = [move.after for move in result.points if move.after.lot is not None]
    return _worth_of(lots[-1] if lots else known)


def _worth_of(entry: PointsEntry | None) -> int:
    return entry.lot.points if entry and entry.lot else 0


def reason_of(stored: Order | None, kept: Order) -> str:
    """Return why a tier or a lot moved: what became of the order."""
    if kept.status == "cancelled":
        return f"cancelled {kept.number or kept.id}"
    if stored and kept.refunded > stored.refunded:
        return f"refunded {kept.number or kept.id}"
    return f"order {kept.number or kept.id}"
