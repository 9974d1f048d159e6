"""A merchant's customer: identities, fields, provenance and changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, NamedTuple

from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.values.genders import Gender

UNRANKED = "unranked"


Status = Literal["active", "archived", "merged", "erased"]
IdentityKind = Literal["code", "phone", "email", "card", "ext"]
Conversion = Literal["typed", "exact", "ambiguous", "none"]


class Identity(NamedTuple):
    """A normalised identity of one customer of a merchant: ("phone", "+84912345678")."""

    kind: IdentityKind
    value: str


class Provenance(NamedTuple):
    """The origin of a value: source, actor ("<user id>", "<import id>:<row>") and moment."""

    source: str
    actor: str
    at: str


@dataclass(frozen=True, slots=True)
class Consent:
    """Marketing consent with its evidence; never given by default (Law 91/2025/QH15)."""

    accepted: bool = False
    at: str | None = None
    source: str | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A delivery address: the text as typed, and the codes of 2025 where they are known."""

    id: str
    recipient: str | None = None
    phone: str | None = None
    line: str | None = None
    ward: str | None = None
    ward_code: str | None = None
    district: str | None = None
    province: str | None = None
    province_code: str | None = None
    country: str = "VN"
    raw: str | None = None
    conversion: Conversion = "typed"
    candidates: tuple[str, ...] = ()
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceProfile:
    """The buyer on an e-invoice: a person by personal id, or a company by tax code."""

    kind: Literal["individual", "company"]
    name: str | None = None
    code: str | None = None
    address: str | None = None
    buyer_name: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Points:
    """Balances of the points ledger; earned = pending + available + used + expired + reversed.

    `live` is the total of the lots that took effect and have not reached their expiry; points
    available beyond it are older and expire. `told` is the part of `live` about whose expiry the
    customer was notified.
    """

    available: int = 0
    pending: int = 0
    used: int = 0
    expired: int = 0
    reversed: int = 0
    live: int = 0
    told: int = 0

    @property
    def earned(self) -> int:
        """Everything ever earned."""
        return self.pending + self.available + self.used + self.expired + self.reversed


class Month(NamedTuple):
    """Totals of the orders of one month: spend in VND, and ranking points earned."""

    spent: int = 0
    ranking_points: int = 0


class Expiring(NamedTuple):
    """Points about whose expiry the customer was notified, and when they expire."""

    points: int
    expires_at: str

    def after(self, earlier: "Expiring | None") -> "Expiring":
        """Return the sum with an earlier notice of the same expiry, if there is one."""
        if earlier is None or earlier.expires_at != self.expires_at:
            return self
        return Expiring(earlier.points + self.points, self.expires_at)

    def beyond(self, earlier: "Expiring | None") -> "Expiring":
        """Return the difference to an earlier notice of the same expiry, if there is one."""
        if earlier is None or earlier.expires_at != self.expires_at:
            return self
        return Expiring(self.points - earlier.points, self.expires_at)


@dataclass(frozen=True, slots=True)
class Membership:
    """A customer's membership in the loyalty program; members have a `joined_at`.

    `months`, keyed by "2026-11", exist for every customer; `review_at` is when the tier may fall.
    """

    joined_at: str | None = None
    tier: str = "unranked"
    ranking_points: int = 0
    points: Points = field(default_factory=Points)
    months: Mapping[str, Month] = field(default_factory=dict)
    review_at: str | None = None
    expiring: Expiring | None = None


class Filled(NamedTuple):
    """A value that an event filled into a blank field, and its provenance."""

    value: Any
    origin: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class StandaloneValues:
    """The standalone values of a survivor: what the record has without those merged into it.

    `since` is the moment of the first merge. `extra` are points that the person earned since then
    but no record would have earned alone. `blank` names the fields that were blank; `filled` holds
    what events naming this record would have filled in.
    """

    since: str
    metrics: Metrics
    membership: Membership
    group: str | None = None
    extra: Points = field(default_factory=Points)
    blank: tuple[str, ...] = ()
    filled: Mapping[str, Filled] = field(default_factory=dict)


class FieldChange(NamedTuple):
    """One field of an edit, before and after, as the customer record holds it."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One customer of one merchant, as stored. `version` counts edits, `revision` every write.

    `status_since` is when the status last changed, if it ever did. A survivor has `merged_from`,
    the records merged into it, each with its merge id, and `standalone_values`, its values without
    them. A merged record has `merged_into`, its survivor, `siblings`, the others merged into the
    same survivor, and `returns_to`, the status it has again after an undo. `restricted_by` is the
    privacy request that bars the customer from giving marketing consent.
    """

    merchant_id: MerchantId
    id: CustomerId
    code: str
    status: Status = "active"
    status_since: str | None = None
    full_name: str | None = None
    family_name: str | None = None
    given_name: str | None = None
    phone: str | None = None
    email: str | None = None
    birthday: str | None = None
    gender: Gender | None = None
    group: str | None = None
    skip_auto_group: bool = False
    tags: tuple[str, ...] = ()
    card_code: str | None = None
    external_ids: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None
    marketing_consent: Consent = field(default_factory=Consent)
    has_account: bool = False
    addresses: tuple[Address, ...] = ()
    invoice_profile: InvoiceProfile | None = None
    source: str
    metrics: Metrics = field(default_factory=Metrics)
    membership: Membership = field(default_factory=Membership)
    version: int = 1
    revision: int = 1
    created_at: str
    updated_at: str
    created_by: Author
    provenance: Mapping[str, Provenance] = field(default_factory=dict)
    merged_into: CustomerId | None = None
    siblings: tuple[CustomerId, ...] = ()
    returns_to: Status | None = None
    merged_from: Mapping[CustomerId, str] = field(default_factory=dict)
    standalone_values: StandaloneValues | None = None
    restricted_by: str | None = None

    @property
    def display_name(self) -> str:
        """The name, else the phone, the e-mail, the code (D5)."""
        return self.full_name or self.phone or self.email or self.code

    @property
    def default_address(self) -> Address | None:
        """The default address, if there is one."""
        return next((address for address in self.addresses if address.is_default), None)

    def identities(self) -> tuple[Identity, ...]:
        """Return all identities that the customer claims, in the order of D3."""
        single: list[tuple[IdentityKind, str | None]] = [
            ("code", self.code),
            ("phone", self.phone),
            ("email", self.email),
            ("card", self.card_code),
        ]
        own = [Identity(kind, value) for kind, value in single if value is not None]
        return (*own, *external_identities(self.external_ids))

    def provenance_of(self, name: str) -> Provenance:
        """Return the provenance of a field: its last edit, else the creation of the customer."""
        return self.provenance.get(name) or Provenance(*self.created_by, self.created_at)

    def changes(self, values: Mapping[str, Any]) -> tuple[FieldChange, ...]:
        """Return the changes that `values` would make, in the order of the record."""
        changes = [
            FieldChange(name, getattr(self, name), value)
            for name, value in values.items()
            if getattr(self, name) != value
        ]
        return tuple(sorted(changes, key=lambda change: _PLACES[change.field]))

    def edited(self, changes: Iterable[FieldChange], by: Author, at: str) -> "Customer":
        """Return the customer after an edit, with new version, revision and provenance."""
        new = {change.field: change.new for change in changes}
        origin = Provenance(*by, at)
        return replace(
            self,
            **new,
            version=self.version + 1,
            revision=self.revision + 1,
            updated_at=at,
            provenance={**self.provenance, **dict.fromkeys(new, origin)},
        )

    def moved_to(self, status: Status, at: str) -> "Customer":
        """Return the customer with another status, such as archived, which counts as an edit."""
        return replace(
            self,
            status=status,
            status_since=at,
            version=self.version + 1,
            revision=self.revision + 1,
            updated_at=at,
        )


_PLACES = {each.name: place for place, each in enumerate(fields(Customer))}


def external_identities(external_ids: Mapping[str, str]) -> tuple[Identity, ...]:
    """Return an identity for each id on another platform: ("ext", "haravan:1009")."""
    return tuple(
        Identity("ext", f"{platform}:{number}") for platform, number in external_ids.items()
    )
