"""Earn from orders and opening balances: enrolment, points, ranking and tier."""

from dataclasses import replace

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import Customer
from crm.domain.kernel.acts import Author
from crm.domain.loyalty.membership import (
    LoyaltyContext,
    LoyaltyResult,
    after_review,
    enrolled,
    expiry_entry,
    lot_points,
)
from crm.domain.loyalty.points import (
    PointsEntry,
    PointsMove,
    lot_now,
    order_lot,
    place_of_lot,
    received,
    resized,
)
from crm.domain.loyalty.programs import Program, points_for
from crm.domain.loyalty.tiers import SOURCE, month_of, retiered, with_month
from crm.domain.orders.orders import Opening, Order, OrderKey, contribution


def after_order(
    customer: Customer,
    stored: Order | None,
    kept: Order,
    lot: PointsEntry | None,
    context: LoyaltyContext,
) -> LoyaltyResult:
    """Apply a new snapshot of an order to a customer's membership, points and tier.

    An order always earns at the rate of the tier at which it was first counted. Its lot is resized
    when its spend changes, and reversed when the order is cancelled.
    """
    was, now = contribution(stored), contribution(kept)
    activities: list[Activity] = []
    joined = _enrolled_by_order(customer, kept, context)
    if customer.membership.joined_at is None and joined.membership.joined_at is not None:
        activities.append(_enrolment_activity(joined, context))
    result = _with_lot(joined, stored, kept, lot, context)
    membership = result.customer.membership
    old_points = lot_points(lot)
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
    """Return the key of an opening balance's lot, in the form of an order key."""
    return OrderKey("opening", opening.id)


def after_opening(
    customer: Customer, opening: Opening, entry: PointsEntry | None, context: LoyaltyContext
) -> LoyaltyResult:
    """Apply an opening balance's spend and points to a customer, or reverse them.

    Imported points enrol the customer. Reversing the opening reverses them.
    """
    month = month_of(opening.last_order_at or opening.at, context.zone)
    spent = -opening.total_spent if opening.reversed_at else opening.total_spent
    membership = with_month(customer.membership, month, spent, 0)
    counted = replace(customer, membership=membership)
    if opening.reversed_at:
        moved = _without_opening(counted, entry, context)
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
    customer: Customer, entry: PointsEntry | None, context: LoyaltyContext
) -> LoyaltyResult:
    if entry is None or entry.lot is None:
        return LoyaltyResult(customer=customer)
    before = customer.membership.points
    balances, lot = resized(before, entry.lot, 0)
    line = PointsEntry(
        id=context.id("opening reversed"),
        at=context.at,
        kind="reverse",
        points=-entry.lot.points,
        by=context.by,
        reason="opening",
    )
    moves = [PointsMove(entry, replace(entry, lot=lot)), PointsMove(None, line)]
    if expired := balances.expired - before.expired:
        moves.append(PointsMove(None, expiry_entry(entry, expired, context)))
    after = replace(customer, membership=replace(customer.membership, points=balances))
    return LoyaltyResult(customer=after, points=tuple(moves))


def worth_after(result: LoyaltyResult, entry: PointsEntry | None) -> int:
    """Return the points of an order's lot after `result`; `entry` is its line before."""
    lots = [move.after for move in result.points if move.after.lot is not None]
    return lot_points(lots[-1] if lots else entry)


def reason_of(stored: Order | None, kept: Order) -> str:
    """Return the reason text of a tier or lot change: the order and its new state."""
    if kept.status == "cancelled":
        return f"cancelled {kept.number or kept.id}"
    if stored and kept.refunded > stored.refunded:
        return f"refunded {kept.number or kept.id}"
    return f"order {kept.number or kept.id}"


def _enrolled_by_order(customer: Customer, order: Order, context: LoyaltyContext) -> Customer:
    if not contribution(order).order_count or not _enrols_buyer(order, context.program):
        return customer
    return enrolled(customer, order.placed_at)


def _enrols_buyer(order: Order, program: Program) -> bool:
    return (
        program.enrolment == "automatic"
        and program.since is not None
        and order.placed_at >= program.since
    )


def _enrolment_activity(customer: Customer, context: LoyaltyContext) -> Activity:
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
    entry: PointsEntry | None,
    context: LoyaltyContext,
) -> LoyaltyResult:
    spent = contribution(kept).total_spent
    if entry is None or entry.lot is None:
        return _with_new_lot(customer, kept, spent, context)
    place = place_of_lot(kept.source, kept.id, kept.placed_at)
    rate = entry.lot.vnd_per_point or context.program.rate(customer.membership.tier)
    to = points_for(spent, rate, entry.lot.rounding)
    if to == entry.lot.points and stored and stored.placed_at == kept.placed_at:
        return LoyaltyResult(customer=customer)
    balances, lot = resized(customer.membership.points, entry.lot, to)
    moves = [PointsMove(entry, replace(entry, at=place.at, id=place.id, lot=lot))]
    by = to - entry.lot.points
    if by:
        moves.append(PointsMove(None, _correction(stored, kept, by, context)))
    expired = balances.expired - customer.membership.points.expired
    if expired:
        moves.append(PointsMove(None, expiry_entry(entry, expired, context)))
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
