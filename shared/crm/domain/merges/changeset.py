"""A changeset: everything that one event changes, written in one transaction.

To add something to an order's transaction (points, a survivor's sums), add a field or a
`CustomerMove` here, and an action where changesets are written.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import Customer, Identity, IdentityKind
from crm.domain.kernel.ids import CustomerId
from crm.domain.loyalty.points import PointsEntry, PointsMove
from crm.domain.loyalty.programs import STANDARD, Program
from crm.domain.loyalty.rewards import Redemption
from crm.domain.merchants.merchant import Merchant
from crm.domain.merges.merge import Merge
from crm.domain.orders.checkouts import Checkout, CheckoutKey
from crm.domain.orders.interactions import Interaction
from crm.domain.orders.orders import KeptOrder, Opening, OrderKey


class CustomerMove(NamedTuple):
    """A customer before and after; `before` is None for a new one."""

    before: Customer | None
    after: Customer


class OrderMove(NamedTuple):
    """A stored order before and after."""

    before: KeptOrder | None
    after: KeptOrder


class CheckoutMove(NamedTuple):
    """A checkout before and after."""

    before: Checkout | None
    after: Checkout


class Pair(NamedTuple):
    """Two customers that one event named as one person, and by which identity."""

    lower: CustomerId
    higher: CustomerId
    kind: IdentityKind
    source: str
    at: str


class Entry(NamedTuple):
    """A line for a customer's history.

    If it is marked `once` and already stored, the whole changeset is not written.
    """

    customer_id: CustomerId
    activity: Activity
    once: bool = False
    interaction: Interaction | None = None


class LedgerMove(NamedTuple):
    """An entry of a customer's points ledger before and after."""

    customer_id: CustomerId
    move: PointsMove


class RedemptionMove(NamedTuple):
    """A redemption before and after."""

    before: Redemption | None
    after: Redemption


class StockMove(NamedTuple):
    """A reward taken from stock for a number of points, or returned if `given_back`."""

    reward_id: str
    points: int
    given_back: bool = False


class MergeMove(NamedTuple):
    """A merge before and after; `before` is None for a new one."""

    before: Merge | None
    after: Merge


class ClaimMove(NamedTuple):
    """A change of a customer's claim on an identity: give it up, or queue behind its holder."""

    customer_id: CustomerId
    identity: Identity
    how: Literal["leave", "stand behind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changeset:
    """Everything that one event changes."""

    customers: tuple[CustomerMove, ...] = ()
    order: OrderMove | None = None
    checkout: CheckoutMove | None = None
    opening: tuple[CustomerId, Opening] | None = None
    points: tuple[LedgerMove, ...] = ()
    redemption: RedemptionMove | None = None
    stock: StockMove | None = None
    entries: tuple[Entry, ...] = ()
    pairs: tuple[Pair, ...] = ()
    merge: MergeMove | None = None
    claims: tuple[ClaimMove, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What an event names and one read looks up."""

    identities: tuple[Identity, ...] = ()
    order: OrderKey | None = None
    checkout: CheckoutKey | None = None


class Owner(NamedTuple):
    """An order's customer, position and version; without a customer, `kept` is the order."""

    customer_id: CustomerId | None
    placed_at: str
    version: int
    kept: KeptOrder | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupResult:
    """The stored rows that a `Lookup` finds; `holders` maps identities to their customers."""

    merchant: Merchant | None
    holders: Mapping[Identity, CustomerId]
    owner: Owner | None = None
    checkout: Checkout | None = None
    program: Program = STANDARD


class Extra(NamedTuple):
    """A lot earned by a person with several records, and the record that holds it."""

    holder: CustomerId
    entry: PointsEntry


class PersonSnapshot(NamedTuple):
    """The customers that an event changes, with all records of each person, and the order.

    `lot` is the points entry of the order, `extra` what it earned beyond that.
    """

    customers: Mapping[CustomerId, Customer]
    order: KeptOrder | None
    lot: PointsEntry | None = None
    extra: Extra | None = None


def revised(moves: Iterable[CustomerMove], at: str) -> tuple[CustomerMove, ...]:
    """Drop moves without a change, and give the rest the next revision and `updated_at`."""
    return tuple(
        CustomerMove(
            before,
            replace(after, revision=before.revision + 1, updated_at=max(at, before.updated_at))
            if before
            else after,
        )
        for before, after in moves
        if before != after
    )


def pair_of(one: CustomerId, other: CustomerId, kind: IdentityKind, source: str, at: str) -> Pair:
    """Pair two customers, the lower id first."""
    lower, higher = sorted((one, other))
    return Pair(lower, higher, kind, source, at)
