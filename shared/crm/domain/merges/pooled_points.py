"""What a person with several records earns beyond the record that an order names.

By itself each record earns as if it were alone. Where its person stands higher, or is a member at
all, the difference is a lot beside: it counts for as long as the records are one person's.
"""

from dataclasses import replace
from typing import NamedTuple

from crm.domain.customers.customer import Author, Points
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


class Shared(NamedTuple):
    """A person after something that moved what its records earn together, and the lines."""

    person: Person
    points: tuple[LedgerMove, ...] = ()


def after_pooled_order(  # noqa: PLR0917 - a person, an order before and after, and what it earned
    person: Person,
    stored: Order | None,
    kept: Order,
    alone: int,
    known: Extra | None,
    context: LoyaltyContext,
) -> Shared:
    """Return a person with what an order earns beyond the points of the record's own lot, `alone`.

    Like that lot, it is earned at the rate at which the order is first counted.
    """
    if not person.is_several:
        return Shared(person)
    spent = contribution(kept).total_spent
    if known is not None and is_shared(person, known):
        return _resized(person, known, stored, kept, spent, alone, context)
    if stored is not None or not contribution(kept).order_count:
        return Shared(person)
    return _earned(person, kept, spent, alone, context)


def after_pooled_due(person: Person, known: Extra, context: LoyaltyContext) -> Shared:
    """Return a person whose extra lot came due; one that counts no more is only closed."""
    holder, entry = known
    if not is_shared(person, known):
        over = replace(entry, lot=replace(entry.lot, state="closed")) if entry.lot else entry
        return Shared(person, (LedgerMove(holder, PointsMove(entry, over)),))
    alone = person.standalone(holder)
    view = replace(alone, membership=replace(alone.membership, points=_book(person, holder)))
    pooled = person.survivor.membership.points
    result: LoyaltyResult = after_due(view, entry, context, pooled)
    lines = tuple(LedgerMove(holder, each) for each in result.points)
    return Shared(_with(person, holder, result.customer.membership.points), lines)


def is_shared(person: Person, known: Extra) -> bool:
    """Tell whether an extra lot still counts: its holder shares since the moment it says."""
    if known.holder not in person or known.entry.lot is None:
        return False
    own = person.record(known.holder).own
    return own is not None and own.since == known.entry.shared_since


def _earned(
    person: Person, order: Order, spent: int, alone: int, context: LoyaltyContext
) -> Shared:
    membership, holder = person.survivor.membership, person.survivor.id
    own = person.survivor.own
    if own is None or membership.joined_at is None or order.placed_at < membership.joined_at:
        return Shared(person)
    lot = order_lot(
        order, spent, membership.tier, context.program, zone=context.zone, at=context.at
    )
    lot = replace(lot, points=lot.points - alone)
    if lot.points <= 0:
        return Shared(person)
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
    moved = _with(person, holder, received(own.extra, lot))
    return Shared(moved, (LedgerMove(holder, PointsMove(None, entry)),))


def _resized(  # noqa: PLR0917 - as above
    person: Person,
    known: Extra,
    stored: Order | None,
    order: Order,
    spent: int,
    alone: int,
    context: LoyaltyContext,
) -> Shared:
    holder, entry = known
    lot: Lot | None = entry.lot
    if lot is None or lot.vnd_per_point is None:
        return Shared(person)
    to = max(0, points_for(spent, lot.vnd_per_point, lot.rounding) - alone)
    place = place_of_extra(order.source, order.id, order.placed_at)
    if to == lot.points and place == (entry.at, entry.id):
        return Shared(person)
    book = _book(person, holder)
    balances, after = resized(book, lot, to)
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
    if expired := balances.expired - book.expired:
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
    return Shared(_with(person, holder, balances), lines)


def _book(person: Person, holder: CustomerId) -> Points:
    own = person.record(holder).own
    return own.extra if own else Points()


def _with(person: Person, holder: CustomerId, extra: Points) -> Person:
    record = person.record(holder)
    if record.own is None:
        return person
    return person.having(replace(record, own=replace(record.own, extra=extra)))
