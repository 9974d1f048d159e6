"""The ledger of points: lots that come, take effect and expire, and what is taken from them.

movement               pending  available  used  expired  reversed  live
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
reverse, come due               −(n − e)         −e       +n
come to expiry                  −x               +x                 −n

A lot that comes to its expiry takes with it whatever is available beyond what younger lots
brought (x): what expires first is used first. What will expire is told by the same rule, as if
every lot that was told of before had come to its expiry. A reversed lot that had expired gives up
its expired points (e) before it takes others.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, NamedTuple

from crm.domain.customers.customer import Author, Points
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
#: How long before they expire a customer is told of points.
WARNING = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Points that came together: on hold, live, or closed because they came to their expiry."""

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
        """When the sweep has to look at it next: to release, to warn, to expire."""
        if self.state == "pending":
            return self.effective_at
        if self.state == "closed" or self.expires_at is None:
            return None
        if self.warned:
            return self.expires_at
        return stamp(moment(self.expires_at) - WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsEntry:
    """One line of the ledger; `points` is what it added or took, `lot` what is left to happen.

    `shared_since` marks what a person with several records earned beyond what the record that an
    order named would have by itself: it counts for as long as they share since that moment.
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
    """The place of a line among those of its customer."""

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
    """Something that the sweep has to look at: a lot, or, without a place, a tier's review."""

    merchant_id: MerchantId
    customer_id: CustomerId
    lot: PointsPosition | None


def place_of_lot(source: str, order_id: str, placed_at: str) -> PointsPosition:
    """Return where the lot of an order stands: at the moment of the order."""
    made = derived_ulid(moment(placed_at), "points", source, order_id)
    return PointsPosition(placed_at, made)


def place_of_extra(source: str, order_id: str, placed_at: str) -> PointsPosition:
    """Return where stands what a person earned beyond the lot of an order."""
    made = derived_ulid(moment(placed_at), "shared points", source, order_id)
    return PointsPosition(placed_at, made)


def order_lot(order: Order, spent: int, tier: str, program: Program, *, zone: str, at: str) -> Lot:
    """Return the lot that an order earns at the rate of a tier; its hold starts at the order."""
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
    """Return the balances with a new lot."""
    if lot.state == "pending":
        return replace(points, pending=points.pending + lot.points)
    return replace(points, available=points.available + lot.points, live=points.live + lot.points)


def released(points: Points, lot: Lot) -> tuple[Points, Lot]:
    """Return balances and lot once its hold is over."""
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
    """Return balances and lot once it was told how much of it would expire as things stand."""
    before = replace(points, live=points.live - points.told)
    shared = replace(pooled, live=pooled.live - pooled.told) if pooled else None
    return (
        replace(points, told=points.told + lot.points),
        replace(lot, warned=True, expiring=min(_left(before, lot, shared), lot.points)),
    )


def closed(points: Points, lot: Lot, pooled: Points | None = None) -> tuple[Points, Lot]:
    """Return balances and lot once it came to its expiry; `Lot.expired` is what was left.

    Of a record that shares its person, no more expires than is left `pooled`: what another
    record spent of it is gone already.
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
    """Return balances and lot once the order behind it earns more or less than before."""
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
    """Return the balances once points were spent on a reward."""
    return replace(points, available=points.available - cost, used=points.used + cost)


def given_back(points: Points, lot: Lot) -> Points:
    """Return the balances once a redemption was cancelled: a new lot, and less used."""
    return received(replace(points, used=points.used - lot.points), lot)


def taken_off(points: Points, count: int) -> Points:
    """Return the balances once somebody took points away."""
    return replace(points, available=points.available - count, reversed=points.reversed + count)


def overdue(points: Points) -> int:
    """Return the points that should have expired, but were left because they were shared."""
    return max(0, points.available - points.live)


def _left(points: Points, lot: Lot, pooled: Points | None) -> int:
    """Return what is available beyond what other lots brought."""
    alone = max(0, points.available - points.live + lot.points)
    if pooled is None:
        return alone
    return min(alone, max(0, pooled.available - pooled.live + lot.points))


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
