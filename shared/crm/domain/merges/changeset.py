"""What one event changes, all of it or nothing: the rows that one transaction moves.

Whatever joins an order's transaction (points, a survivor's sums) is one more field or one more
`CustomerMove` here, and one more action where movements are written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
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
    """A customer before and after; new, if there was none before."""

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
    """A line for a customer's history; one told before, with `once`, undoes its whole movement."""

    customer_id: CustomerId
    activity: Activity
    once: bool = False
    interaction: Interaction | None = None


class LedgerMove(NamedTuple):
    """A line of a customer's ledger before and after."""

    customer_id: CustomerId
    move: PointsMove


class RedemptionMove(NamedTuple):
    """A redemption before and after."""

    before: Redemption | None
    after: Redemption


class StockMove(NamedTuple):
    """A reward taken, for so many points, or with `given_back` put back."""

    reward_id: str
    points: int
    given_back: bool = False


class MergeMove(NamedTuple):
    """A merge before and after; new, if there was none before."""

    before: Merge | None
    after: Merge


class ClaimMove(NamedTuple):
    """A claim of a customer that shows an identity no more, or shows one that another holds."""

    customer_id: CustomerId
    identity: Identity
    how: Literal["leave", "stand behind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changeset:
    """All that one event changes."""

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
    """What an event names, to be looked up at once."""

    identities: tuple[Identity, ...] = ()
    order: OrderKey | None = None
    checkout: CheckoutKey | None = None


class Owner(NamedTuple):
    """Whose an order is, where it stands and at which version; nobody's keeps its snapshot."""

    customer_id: CustomerId | None
    placed_at: str
    version: int
    kept: KeptOrder | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupResult:
    """What is known of what an event names."""

    merchant: Merchant | None
    holders: Mapping[Identity, CustomerId]
    owner: Owner | None = None
    checkout: Checkout | None = None
    program: Program = STANDARD


class Extra(NamedTuple):
    """A lot that a person with several records earned, and the record that holds it."""

    holder: CustomerId
    entry: PointsEntry


class Standing(NamedTuple):
    """The customers that an event moves, with all records of theirs, and the stored order."""

    customers: Mapping[CustomerId, Customer]
    order: KeptOrder | None
    lot: PointsEntry | None = None
    extra: Extra | None = None


def pair_of(one: CustomerId, other: CustomerId, kind: IdentityKind, source: str, at: str) -> Pair:
    """Return two customers as a pair, the lower id first."""
    lower, higher = sorted((one, other))
    return Pair(lower, higher, kind, source, at)
