"""Earn from orders and opening balances: enrolment, points, ranking and tier."""

from dataclasses import replace
from typing import NamedTuple

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import Customer, Points
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
    Lot,
    PointsEntry,
    PointsMove,
    PointsPosition,
    lot_now,
    order_lot,
    place_of_lot,
    received,
    resized,
)
from crm.domain.loyalty.programs import Program, points_for
from crm.domain.loyalty.tiers import SOURCE, month_of, retiered, with_month
from crm.domain.orders.orders import Opening, Order, OrderChange, OrderKey


class ResizedLot(NamedTuple):
    """The balances after a lot was resized, and the lines of the ledger that say so."""

    points: Points
    moves: tuple[PointsMove, ...]


def after_order(
    customer: Customer, change: OrderChange, lot: PointsEntry | None, context: LoyaltyContext
) -> LoyaltyResult:
    """Apply a new snapshot of an order to a customer's membership, points and tier.

    An order always earns at the rate of the tier at which it was first counted. Its lot is resized
    when its spend changes, and reversed when the order is cancelled.
    """
    before, after = change.before, change.after
    activities: list[Activity] = []
    joined = _enrolled_by_order(customer, change, context)
    if customer.membership.joined_at is None and joined.membership.joined_at is not None:
        activities.append(_enrolment_activity(joined, context))
    result = _with_lot(joined, change, lot, context)
    membership = result.customer.membership
    old_points = lot_points(lot)
    new_points = old_points
    for move in result.points:
        if move.after.lot is not None:
            new_points = move.after.lot.points
    if before:
        month = month_of(before.placed_at, context.zone)
        membership = with_month(membership, month, -change.was.total_spent, -old_points)
    month = month_of(after.placed_at, context.zone)
    membership = with_month(membership, month, change.now.total_spent, new_points)
    membership = replace(
        membership, ranking_points=membership.ranking_points + new_points - old_points
    )
    moved = replace(result.customer, membership=membership)
    ranked = retiered(moved, context.program, context.zone, context.at)
    if ranked.changes:
        activities.append(context.activity(customer.id, ranked.changes, change.reason))
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
    line = PointsEntry(
        id=context.id("opening reversed"),
        at=context.at,
        kind="reverse",
        points=-entry.lot.points,
        by=context.by,
        reason="opening",
    )
    place = PointsPosition(entry.at, entry.id)
    resize = resize_lot(customer.membership.points, entry, place, line, context)
    after = replace(customer, membership=replace(customer.membership, points=resize.points))
    return LoyaltyResult(customer=after, points=resize.moves)


def worth_after(result: LoyaltyResult, entry: PointsEntry | None) -> int:
    """Return the points of an order's lot after `result`; `entry` is its line before."""
    lots = [move.after for move in result.points if move.after.lot is not None]
    return lot_points(lots[-1] if lots else entry)


def _enrolled_by_order(
    customer: Customer, change: OrderChange, context: LoyaltyContext
) -> Customer:
    if not change.now.order_count or not _enrols_buyer(change.after, context.program):
        return customer
    return enrolled(customer, change.after.placed_at)


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
    customer: Customer, change: OrderChange, entry: PointsEntry | None, context: LoyaltyContext
) -> LoyaltyResult:
    if entry is None or entry.lot is None:
        return _with_new_lot(customer, change, context)
    order = change.after
    place = place_of_lot(order.source, order.id, order.placed_at)
    rate = entry.lot.vnd_per_point or context.program.rate(customer.membership.tier)
    by = points_for(change.now.total_spent, rate, entry.lot.rounding) - entry.lot.points
    if not by and place == (entry.at, entry.id):
        return LoyaltyResult(customer=customer)
    line = correction(change, by, "correction", context)
    resize = resize_lot(customer.membership.points, entry, place, line, context)
    membership = replace(customer.membership, points=resize.points)
    return LoyaltyResult(customer=replace(customer, membership=membership), points=resize.moves)


def _with_new_lot(
    customer: Customer, change: OrderChange, context: LoyaltyContext
) -> LoyaltyResult:
    membership, order = customer.membership, change.after
    if membership.joined_at is None or order.placed_at < membership.joined_at:
        return LoyaltyResult(customer=customer)
    lot = lot_earned(change, membership.tier, context)
    if lot.points == 0:
        return LoyaltyResult(customer=customer)
    entry = earned(order, lot, place_of_lot(order.source, order.id, order.placed_at), context)
    after = replace(membership, points=received(membership.points, lot))
    return LoyaltyResult(
        customer=replace(customer, membership=after), points=(PointsMove(None, entry),)
    )


def lot_earned(change: OrderChange, tier: str, context: LoyaltyContext) -> Lot:
    """Return the lot that an order earns at a tier's rate."""
    spent, program = change.now.total_spent, context.program
    return order_lot(change.after, spent, tier, program, zone=context.zone, at=context.at)


def earned(order: Order, lot: Lot, place: PointsPosition, context: LoyaltyContext) -> PointsEntry:
    """Return the ledger line of a lot that an order earned."""
    return PointsEntry(
        id=place.id,
        at=place.at,
        kind="earn",
        points=lot.points,
        by=context.by,
        order=order.key,
        lot=lot,
    )


def correction(change: OrderChange, by: int, purpose: str, context: LoyaltyContext) -> PointsEntry:
    """Return the ledger line of an order that earns more or fewer points than before."""
    return PointsEntry(
        id=context.id(purpose),
        at=context.at,
        kind="earn" if by > 0 else "reverse",
        points=by,
        by=context.by,
        reason=change.reason,
        order=change.after.key,
    )


def resize_lot(
    points: Points,
    entry: PointsEntry,
    place: PointsPosition,
    line: PointsEntry,
    context: LoyaltyContext,
) -> ResizedLot:
    """Move the lot of a ledger line to a place, and add the points of another `line` to it.

    A `line` of no points is not written. Points of a lot that has expired expire with it.
    """
    if entry.lot is None:
        return ResizedLot(points, ())
    balances, lot = resized(points, entry.lot, entry.lot.points + line.points)
    moves = [PointsMove(entry, replace(entry, at=place.at, id=place.id, lot=lot))]
    if line.points:
        moves.append(PointsMove(None, line))
    if expired := balances.expired - points.expired:
        moves.append(PointsMove(None, expiry_entry(entry, expired, context)))
    return ResizedLot(balances, tuple(moves))
