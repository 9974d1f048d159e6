"""Extra points: what a merged person earns beyond the record that an order names.

Each record earns as if it were standalone. If its person has a higher tier, or is a member at all,
the difference becomes an extra lot, which counts while the records are merged.
"""

from dataclasses import replace
from typing import NamedTuple

from crm.domain.customers.customer import Points
from crm.domain.kernel.ids import CustomerId
from crm.domain.loyalty.earning import correction, earned, lot_earned, resize_lot
from crm.domain.loyalty.membership import LoyaltyContext, LoyaltyResult, after_due
from crm.domain.loyalty.points import (
    Lot,
    PointsMove,
    place_of_extra,
    received,
)
from crm.domain.loyalty.programs import points_for
from crm.domain.merges.changeset import Extra, LedgerMove
from crm.domain.merges.person import Person
from crm.domain.orders.orders import OrderChange


class PooledResult(NamedTuple):
    """A person after a change of its extra points, and the ledger lines."""

    person: Person
    points: tuple[LedgerMove, ...] = ()


def after_pooled_order(
    person: Person,
    change: OrderChange,
    standalone_points: int,
    extra: Extra | None,
    context: LoyaltyContext,
) -> PooledResult:
    """Add or resize the extra lot of an order: its points beyond the `standalone_points`.

    Like the standalone lot, it earns at the rate at which the order was first counted.
    """
    if not person.is_several:
        return PooledResult(person)
    if extra is not None and counts_now(person, extra):
        return _resized_extra(person, extra, change, standalone_points, context)
    if change.before is not None or not change.now.order_count:
        return PooledResult(person)
    return _earned_extra(person, change, standalone_points, context)


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
    person: Person, change: OrderChange, standalone_points: int, context: LoyaltyContext
) -> PooledResult:
    membership, holder = person.survivor.membership, person.survivor.id
    own, order = person.survivor.standalone_values, change.after
    if own is None or membership.joined_at is None or order.placed_at < membership.joined_at:
        return PooledResult(person)
    lot = lot_earned(change, membership.tier, context)
    lot = replace(lot, points=lot.points - standalone_points)
    if lot.points <= 0:
        return PooledResult(person)
    place = place_of_extra(order.source, order.id, order.placed_at)
    entry = replace(earned(order, lot, place, context), shared_since=own.since)
    moved = _with_extra(person, holder, received(own.extra, lot))
    return PooledResult(moved, (LedgerMove(holder, PointsMove(None, entry)),))


def _resized_extra(
    person: Person,
    extra: Extra,
    change: OrderChange,
    standalone_points: int,
    context: LoyaltyContext,
) -> PooledResult:
    (holder, entry), order = extra, change.after
    lot: Lot | None = entry.lot
    if lot is None or lot.vnd_per_point is None:
        return PooledResult(person)
    worth = points_for(change.now.total_spent, lot.vnd_per_point, lot.rounding)
    by = max(0, worth - standalone_points) - lot.points
    place = place_of_extra(order.source, order.id, order.placed_at)
    if not by and place == (entry.at, entry.id):
        return PooledResult(person)
    line = correction(change, by, "extra correction", context)
    resize = resize_lot(_extra_points(person, holder), entry, place, line, context)
    lines = tuple(LedgerMove(holder, each) for each in resize.moves)
    return PooledResult(_with_extra(person, holder, resize.points), lines)


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
