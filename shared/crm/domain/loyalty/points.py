"""The points ledger: lots are earned, take effect and expire; other entries deduct points.

entry                  pending  available  used  expired  reversed  live
---------------------  -------  ---------  ----  -------  --------  ----
earn, on hold          +n
earn, at once                   +n                                  +n
release                −n       +n                                  +n
use                             −n         +n
give back                       +n         −n                       +n
adjust up, opening              +n                                  +n
adjust down                     −n                        +n
reverse, on hold       −n                                 +n
reverse, live                   −n                        +n        −n
reverse, expired                −(n − e)         −e       +n
expire                          −x               +x                 −n

Points that expire first are used first: an expiring lot takes the available points beyond those
of younger lots (x). Warnings use the same rule, as if every lot warned of before had expired.
Reversing an expired lot first reduces its expired points (e), then available ones.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, NamedTuple

from crm.domain.customers.customer import Points
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import CustomerId, MerchantId, derived_ulid
from crm.domain.kernel.times import day_of, moment, stamp
from crm.domain.loyalty.programs import Program, Rounding, effective_at, expires_at, points_for
from crm.domain.loyalty.rewards import Redemption
from crm.domain.orders.orders import Order, OrderKey

EntryKind = Literal["earn", "use", "give_back", "expire", "reverse", "adjust", "opening"]
LotState = Literal["pending", "live", "closed"]

#: The most points that one adjustment puts in or takes out, and the longest reason for it.
MOST_ADJUSTED = 1_000_000
LONGEST_REASON = 200
#: How long before points expire their customer is warned.
WARNING = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Points earned together: pending (on hold), live, or closed once their expiry has passed."""

    points: int
    state: LotState
    effective_at: str
    expires_at: str | None = None
    warned: bool = False
    expiring: int = 0
    expired: int = 0
    vnd_per_point: int | None = None
    rounding: Rounding = "down"

    @property
    def due_at(self) -> str | None:
        """When the sweep must next release, warn of or expire the lot; None if never."""
        if self.state == "pending":
            return self.effective_at
        if self.state == "closed" or self.expires_at is None:
            return None
        if self.warned:
            return self.expires_at
        return stamp(moment(self.expires_at) - WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsEntry:
    """One line of the ledger: `points` added or deducted, and the `lot` that it created, if any.

    `shared_since` marks points that a merged person earned beyond what the record named by the
    order earns standalone. They count while the records stay merged since that moment.
    """

    id: str
    at: str
    kind: EntryKind
    points: int
    by: Author
    reason: str | None = None
    order: OrderKey | None = None
    redemption_id: str | None = None
    lot: Lot | None = None
    shared_since: str | None = None


class PointsMove(NamedTuple):
    """A line of the ledger before and after; new, if there was none before."""

    before: PointsEntry | None
    after: PointsEntry


class PointsPosition(NamedTuple):
    """The sort position of a line in its customer's ledger."""

    at: str
    id: str


class PointsPage(NamedTuple):
    """Some lines of a ledger, newest first, and whether there are older ones."""

    items: tuple[PointsEntry, ...]
    has_older: bool


class RedemptionPage(NamedTuple):
    """Some redemptions of a customer, newest first, and whether there are older ones."""

    items: tuple[Redemption, ...]
    has_older: bool


class Due(NamedTuple):
    """A due item of the sweep: a lot, or a tier review if `lot` is None."""

    merchant_id: MerchantId
    customer_id: CustomerId
    lot: PointsPosition | None


def place_of_lot(source: str, order_id: str, placed_at: str) -> PointsPosition:
    """Return the ledger position of an order's lot, at the time of the order."""
    made = derived_ulid(moment(placed_at), "points", source, order_id)
    return PointsPosition(placed_at, made)


def place_of_extra(source: str, order_id: str, placed_at: str) -> PointsPosition:
    """Return the ledger position of a merged person's extra lot of an order."""
    made = derived_ulid(moment(placed_at), "shared points", source, order_id)
    return PointsPosition(placed_at, made)


def order_lot(order: Order, spent: int, tier: str, program: Program, *, zone: str, at: str) -> Lot:
    """Return the lot that an order earns at a tier's rate; its hold starts with the order."""
    rate = program.rate(tier)
    return _lot_from(
        points_for(spent, rate, program.rounding),
        effective_at(day_of(order.placed_at, zone), program.hold_days, zone)
        if program.hold_days
        else order.placed_at,
        program,
        zone,
        at,
        vnd_per_point=rate,
    )


def lot_now(points: int, program: Program, zone: str, at: str) -> Lot:
    """Return a lot that takes effect at once."""
    return _lot_from(points, at, program, zone, at)


def received(points: Points, lot: Lot) -> Points:
    """Return the balances after a new lot."""
    if lot.state == "pending":
        return replace(points, pending=points.pending + lot.points)
    return replace(points, available=points.available + lot.points, live=points.live + lot.points)


def released(points: Points, lot: Lot) -> tuple[Points, Lot]:
    """Return balances and lot after the hold ends."""
    return (
        replace(
            points,
            pending=points.pending - lot.points,
            available=points.available + lot.points,
            live=points.live + lot.points,
        ),
        replace(lot, state="live"),
    )


def warned(points: Points, lot: Lot, pooled: Points | None = None) -> tuple[Points, Lot]:
    """Return balances and lot after a warning of how much of it will expire."""
    before = replace(points, live=points.live - points.told)
    pooled_before = replace(pooled, live=pooled.live - pooled.told) if pooled else None
    expiring = min(_left(before, lot, pooled_before), lot.points)
    return (
        replace(points, told=points.told + lot.points),
        replace(lot, warned=True, expiring=expiring),
    )


def closed(points: Points, lot: Lot, pooled: Points | None = None) -> tuple[Points, Lot]:
    """Return balances and lot after its expiry; `Lot.expired` are the points that were left.

    For a merged record, no more expires than is left `pooled`, as other records may have spent
    points of this lot.
    """
    left = _left(points, lot, pooled)
    return (
        replace(
            points,
            live=points.live - lot.points,
            told=points.told - lot.points if lot.warned else points.told,
            available=points.available - left,
            expired=points.expired + left,
        ),
        replace(lot, state="closed", expired=left),
    )


def resized(points: Points, lot: Lot, to: int) -> tuple[Points, Lot]:
    """Return balances and lot after its order earns `to` points instead."""
    by = to - lot.points
    taken = max(0, -by)
    after = replace(lot, points=to)
    balances = replace(points, reversed=points.reversed + taken)
    if lot.state == "pending":
        return replace(balances, pending=balances.pending + by), after
    if lot.state == "live":
        return (
            replace(
                balances,
                available=balances.available + by,
                live=balances.live + by,
                told=balances.told + by if lot.warned else balances.told,
            ),
            after,
        )
    from_expired = min(taken, lot.expired)
    balances = replace(
        balances,
        expired=balances.expired - from_expired,
        available=balances.available + by + from_expired,
    )
    gone = min(max(0, by), max(0, balances.available - balances.live))
    return (
        replace(
            balances,
            available=balances.available - gone,
            expired=balances.expired + gone,
        ),
        replace(after, expired=lot.expired - from_expired + gone),
    )


def used(points: Points, cost: int) -> Points:
    """Return the balances after points are spent on a reward."""
    return replace(points, available=points.available - cost, used=points.used + cost)


def given_back(points: Points, lot: Lot) -> Points:
    """Return the balances after a cancelled redemption: a new lot, and fewer points used."""
    return received(replace(points, used=points.used - lot.points), lot)


def taken_off(points: Points, count: int) -> Points:
    """Return the balances after points are removed by hand."""
    return replace(points, available=points.available - count, reversed=points.reversed + count)


def overdue(points: Points) -> int:
    """Return the points that a standalone record would have let expire, but merging kept."""
    return max(0, points.available - points.live)


def _left(points: Points, lot: Lot, pooled: Points | None) -> int:
    """Return the available points beyond those of other live lots."""
    own = max(0, points.available - points.live + lot.points)
    if pooled is None:
        return own
    return min(own, max(0, pooled.available - pooled.live + lot.points))


def _lot_from(
    points: int,
    effective: str,
    program: Program,
    zone: str,
    at: str,
    *,
    vnd_per_point: int | None = None,
) -> Lot:
    return Lot(
        points=points,
        state="live" if effective <= at else "pending",
        effective_at=effective,
        expires_at=expires_at(day_of(effective, zone), program.expiry_months, zone),
        vnd_per_point=vnd_per_point,
        rounding=program.rounding,
    )
