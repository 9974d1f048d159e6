"""Extra points: what a merged person earns beyond the record that an order names.

Each record earns as if it were standalone. If its person has a higher tier, or is a member at all,
the difference becomes an extra lot, which counts while the records are merged.
"""

from dataclasses import replace
from typing import NamedTuple

from crm.domain.customers.customer import Points
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import CustomerId
from crm.domain.loyalty.earning import reason_of
from crm.domain.loyalty.membership import LoyaltyContext, LoyaltyResult, after_due
from crm.domain.loyalty.points import (
    Lot,
    PointsEntry,
    PointsMove,
    order_lot,
    place_of_extra,
    received,
    resized,
)
from crm.domain.loyalty.programs import points_for
from crm.domain.loyalty.tiers import SOURCE
from crm.domain.merges.changeset import Extra, LedgerMove
from crm.domain.merges.person import Person
from crm.domain.orders.orders import Order, contribution


class PooledResult(NamedTuple):
    """A person after a change of its extra points, and the ledger lines."""

    person: Person
    points: tuple[LedgerMove, ...] = ()


def after_pooled_order(  # noqa: PLR0917 - a person, an order before and after, and its points
    person: Person,
    stored: Order | None,
    kept: Order,
    standalone_points: int,
    extra: Extra | None,
    context: LoyaltyContext,
) -> PooledResult:
    """Add or resize the extra lot of an order: its points beyond the `standalone_points`.

    Like the standalone lot, it earns at the rate at which the order was first counted.
    """
    if not person.is_several:
        return PooledResult(person)
    spent = contribution(kept).total_spent
    if extra is not None and counts_now(person, extra):
        return _resized_extra(person, extra, stored, kept, spent, standalone_points, context)
    if stored is not None or not contribution(kept).order_count:
        return PooledResult(person)
    return _earned_extra(person, kept, spent, standalone_points, context)


def after_pooled_due(person: Person, extra: Extra, context: LoyaltyContext) -> PooledResult:
    """Process a due extra lot; one that no longer counts is only closed."""
    holder, entry = extra
    if not counts_now(person, extra):
        ended = replace(entry, lot=replace(entry.lot, state="closed")) if entry.lot else entry
        return PooledResult(person, (LedgerMove(holder, PointsMove(entry, ended)),))
    alone = person.standalone(holder)
    view = replace(
        alone, membership=replace(alone.membership, points=_extra_points(person, holder))
    )
    pooled = person.survivor.membership.points
    result: LoyaltyResult = after_due(view, entry, context, pooled)
    lines = tuple(LedgerMove(holder, each) for each in result.points)
    return PooledResult(_with_extra(person, holder, result.customer.membership.points), lines)


def counts_now(person: Person, extra: Extra) -> bool:
    """Tell whether an extra lot still counts: its holder has been merged since it was earned."""
    if extra.holder not in person or extra.entry.lot is None:
        return False
    own = person.record(extra.holder).standalone_values
    return own is not None and own.since == extra.entry.shared_since


def _earned_extra(
    person: Person, order: Order, spent: int, standalone_points: int, context: LoyaltyContext
) -> PooledResult:
    membership, holder = person.survivor.membership, person.survivor.id
    own = person.survivor.standalone_values
    if own is None or membership.joined_at is None or order.placed_at < membership.joined_at:
        return PooledResult(person)
    lot = order_lot(
        order, spent, membership.tier, context.program, zone=context.zone, at=context.at
    )
    lot = replace(lot, points=lot.points - standalone_points)
    if lot.points <= 0:
        return PooledResult(person)
    place = place_of_extra(order.source, order.id, order.placed_at)
    entry = PointsEntry(
        id=place.id,
        at=place.at,
        kind="earn",
        points=lot.points,
        by=context.by,
        order=order.key,
        lot=lot,
        shared_since=own.since,
    )
    moved = _with_extra(person, holder, received(own.extra, lot))
    return PooledResult(moved, (LedgerMove(holder, PointsMove(None, entry)),))


def _resized_extra(  # noqa: PLR0917 - as above
    person: Person,
    extra: Extra,
    stored: Order | None,
    order: Order,
    spent: int,
    standalone_points: int,
    context: LoyaltyContext,
) -> PooledResult:
    holder, entry = extra
    lot: Lot | None = entry.lot
    if lot is None or lot.vnd_per_point is None:
        return PooledResult(person)
    to = max(0, points_for(spent, lot.vnd_per_point, lot.rounding) - standalone_points)
    place = place_of_extra(order.source, order.id, order.placed_at)
    if to == lot.points and place == (entry.at, entry.id):
        return PooledResult(person)
    balance_before = _extra_points(person, holder)
    balances, after = resized(balance_before, lot, to)
    moves = [PointsMove(entry, replace(entry, at=place.at, id=place.id, lot=after))]
    by = to - lot.points
    if by:
        line = PointsEntry(
            id=context.id("extra correction"),
            at=context.at,
            kind="earn" if by > 0 else "reverse",
            points=by,
            by=context.by,
            reason=reason_of(stored, order),
            order=order.key,
        )
        moves.append(PointsMove(None, line))
    if expired := balances.expired - balance_before.expired:
        line = PointsEntry(
            id=context.id(f"expire {entry.id}"),
            at=context.at,
            kind="expire",
            points=-expired,
            by=Author(SOURCE, f"program:{context.program.version}"),
            order=entry.order,
        )
        moves.append(PointsMove(None, line))
    lines = tuple(LedgerMove(holder, each) for each in moves)
    return PooledResult(_with_extra(person, holder, balances), lines)


def _extra_points(person: Person, holder: CustomerId) -> Points:
    own = person.record(holder).standalone_values
    return own.extra if own else Points()


def _with_extra(person: Person, holder: CustomerId, extra: Points) -> Person:
    record = person.record(holder)
    if record.standalone_values is None:
        return person
    return person.having(
        replace(record, standalone_values=replace(record.standalone_values, extra=extra))
    )
