"""Find, create, fill or restore the customer that an event names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from crm.domain.customers.activities import Activity, ActivityKind
from crm.domain.customers.customer import Customer, FieldChange, Filled, Provenance
from crm.domain.customers.fields import FIELD
from crm.domain.customers.precedence import permitted
from crm.domain.kernel.acts import Author, NewId
from crm.domain.kernel.errors import Busy, NotFound, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId, derived_ulid
from crm.domain.kernel.times import moment, stamp
from crm.domain.loyalty.membership import LoyaltyContext, LoyaltyResult
from crm.domain.merchants.merchant import Merchant
from crm.domain.merges.changeset import (
    CustomerMove,
    Entry,
    LedgerMove,
    LookupResult,
    Pair,
    PersonSnapshot,
    pair_of,
)
from crm.domain.merges.person import Person, moves_between, person_of
from crm.domain.orders.buyers import identities_of
from crm.domain.orders.interactions import Interaction
from crm.domain.orders.rejections import Rejected
from crm.domain.values.codes import spell_code
from crm.ports.customers import Customers
from crm.ports.orders import Changesets

#: How many times an event is retried because a row changed after it was read.
ROUNDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingCustomer:
    """An inbound event and the person it names; `person` holds values of `Customer` fields."""

    source: str
    event_id: str
    occurred_at: str
    person: Mapping[str, Any]
    kind: Literal["order", "sync"] = "order"

    @property
    def author(self) -> Author:
        """The author of changes made by this event."""
        return Author(self.source, self.event_id)

    def entry(
        self,
        customer_id: CustomerId,
        kind: ActivityKind,
        *,
        text: str | None = None,
        changes: tuple[FieldChange, ...] = (),
        once: bool = False,
        interaction: Interaction | None = None,
    ) -> Entry:
        """Return a history entry; the same event always gives the same id."""
        line = Activity(
            id=derived_ulid(moment(self.occurred_at), self.source, self.event_id, kind),
            at=self.occurred_at,
            kind=kind,
            by=self.author,
            text=text,
            changes=changes,
        )
        return Entry(customer_id, line, once, interaction)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedPerson:
    """The record that an event names, and its person before and after the event.

    `before` is None for a new customer.
    """

    id: CustomerId
    before: Person | None
    after: Person
    entries: tuple[Entry, ...] = ()
    pairs: tuple[Pair, ...] = ()
    points: tuple[LedgerMove, ...] = ()

    @property
    def moves(self) -> tuple[CustomerMove, ...]:
        """The records that the event creates or changes."""
        if self.before is None:
            return (CustomerMove(None, self.after.survivor),)
        return moves_between(self.before, self.after)

    def with_result(
        self, result: LoyaltyResult, context: LoyaltyContext, reason: str
    ) -> "ResolvedPerson":
        """Return the person with the standalone record of `result`, its points and history."""
        person, activities = self.after.changed(result, context, reason)
        lines = (Entry(person.survivor.id, each) for each in activities)
        return replace(
            self,
            after=person,
            entries=(*self.entries, *lines),
            points=(
                *self.points,
                *(LedgerMove(result.customer.id, each) for each in result.points),
            ),
        )


class NewCustomers:
    """Creates the customer of one event, with the same id and code on every retry (D5)."""

    def __init__(
        self,
        merchant_id: MerchantId,
        incoming: IncomingCustomer,
        now: datetime,
        new_id: NewId,
        customers: Customers,
    ) -> None:
        self._merchant_id = merchant_id
        self._incoming = incoming
        self._now = now
        self._new_id = new_id
        self._customers = customers
        self._made: Customer | None = None

    def make(self) -> Customer:
        """Return a new customer with the values of the event's person."""
        if self._made is None:
            at = stamp(self._now)
            self._made = Customer(
                merchant_id=self._merchant_id,
                id=CustomerId(self._new_id(self._now)),
                code=spell_code(self._customers.reserve_codes(self._merchant_id, 1)),
                source=self._incoming.source,
                created_at=at,
                updated_at=at,
                created_by=self._incoming.author,
                **self._incoming.person,
            )
        return self._made


def require_merchant(found: LookupResult, source: str) -> Merchant:
    """Return the merchant; raise `Rejected` if it is unknown or `source` is not connected."""
    if found.merchant is None:
        raise Rejected("unknown_merchant")
    if not found.merchant.accepts_events_from(source):
        raise Rejected("source_not_connected")
    return found.merchant


def first_holder(found: LookupResult, incoming: IncomingCustomer) -> CustomerId | None:
    """Return the first customer that holds one of the person's identities, in the order of D3."""
    holders = (found.holders.get(each) for each in identities_of(incoming.person))
    return next((holder for holder in holders if holder), None)


def person_in(snapshot: PersonSnapshot, customer_id: CustomerId) -> Person:
    """Return the person of a record; raise `Stale` if a merge or its undo ran during the read."""
    person = person_of(snapshot.customers[customer_id], snapshot.customers)
    if person is None:
        raise Stale("stale", current_version=None)
    return person


def load_person(
    merchant_id: MerchantId, customer_id: CustomerId, changesets: Changesets
) -> Person:
    """Read the person of a record with all its records, or raise `NotFound`."""
    for _ in range(ROUNDS):
        snapshot = changesets.snapshot(merchant_id, [customer_id])
        if customer_id not in snapshot.customers:
            raise NotFound("customer_not_found")
        try:
            return person_in(snapshot, customer_id)
        except Stale:
            continue
    raise Busy("busy")


def loyalty_context(
    found: LookupResult, incoming: IncomingCustomer, zone: str, at: str
) -> LoyaltyContext:
    """Return the loyalty context of an event."""
    return LoyaltyContext(
        program=found.program, zone=zone, at=at, by=incoming.author, seed=incoming.event_id
    )


def pairs_of(
    found: LookupResult, snapshot: PersonSnapshot, incoming: IncomingCustomer, person: Person
) -> tuple[Pair, ...]:
    """Pair the person with the other customers that hold an identity in the event.

    A merged record is replaced by its survivor.
    """
    own_ids = {each.id for each in person.records}
    others: dict[CustomerId, Pair] = {}
    for identity in identities_of(incoming.person):
        holder = found.holders.get(identity)
        record = snapshot.customers.get(holder) if holder else None
        other = (record.merged_into if record else None) or holder
        if other and other not in own_ids:
            others.setdefault(
                other,
                pair_of(
                    person.survivor.id,
                    other,
                    identity.kind,
                    incoming.source,
                    incoming.occurred_at,
                ),
            )
    return tuple(others.values())


def resolve_person(  # noqa: PLR0917 - the reads, the event, the customer
    found: LookupResult,
    snapshot: PersonSnapshot,
    incoming: IncomingCustomer,
    customer_id: CustomerId | None,
    new: NewCustomers,
    at: str,
) -> ResolvedPerson:
    """Create the event's customer, or fill the blank fields of the existing one (D4).

    `snapshot` must contain every holder of the person's identities. An archived customer is
    restored. For a merged record, the record itself and its survivor are both filled, so that
    undoing the merge loses nothing. An erased customer does not change.
    """
    if customer_id is None:
        made = new.make()
        entry = incoming.entry(made.id, "created")
        return ResolvedPerson(
            id=made.id, before=None, after=Person(survivor=made), entries=(entry,)
        )
    before = person_in(snapshot, customer_id)
    survivor = before.survivor
    if survivor.status not in {"active", "archived"}:
        return ResolvedPerson(id=customer_id, before=before, after=before)
    after = before
    if customer_id != survivor.id:
        record, _ = _filled(found, incoming, before.record(customer_id), at)
        record = _filled_standalone(found, incoming, record, at)
        after = after.having(replace(record, returns_to="active"))
    updated, changes = _filled(found, incoming, survivor, at)
    entries: list[Entry] = []
    if changes:
        entries.append(incoming.entry(survivor.id, "edited", changes=changes))
    if survivor.status == "archived":
        updated = replace(updated.moved_to("active", at), version=survivor.version + 1)
        entries.append(incoming.entry(survivor.id, "restored"))
    if customer_id == survivor.id:
        updated = _filled_standalone(found, incoming, updated, at)
    return ResolvedPerson(
        id=customer_id,
        before=before,
        after=after.having(updated),
        entries=tuple(entries),
        pairs=pairs_of(found, snapshot, incoming, before),
    )


def _filled(
    found: LookupResult, incoming: IncomingCustomer, record: Customer, at: str
) -> tuple[Customer, tuple[FieldChange, ...]]:
    """Return a record with its blank fields filled, and the changes."""
    values = permitted(incoming.kind, record, incoming.person)
    changes = record.changes(_without_taken_ids(found, values, record))
    return (record.edited(changes, incoming.author, at) if changes else record), changes


def _filled_standalone(
    found: LookupResult, incoming: IncomingCustomer, record: Customer, at: str
) -> Customer:
    """Return a survivor that also remembers the values its own record would have been filled with.

    Undoing the merge restores them.
    """
    own = record.standalone_values
    if own is None:
        return record
    blank = [name for name in own.blank if name not in own.filled]
    emptied: dict[str, Any] = {name: FIELD[name].empty for name in blank}
    view = replace(record, **emptied)
    values = _without_taken_ids(found, permitted(incoming.kind, view, incoming.person), view)
    origin = Provenance(*incoming.author, at)
    filled = {
        change.field: Filled(change.new, origin)
        for change in view.changes(values)
        if change.field in blank
    }
    if not filled:
        return record
    return replace(record, standalone_values=replace(own, filled={**own.filled, **filled}))


def add_open_checkout(resolved: ResolvedPerson, context: LoyaltyContext) -> ResolvedPerson:
    """Return the event's customer with one more open checkout."""
    return _with_checkouts(resolved, resolved.id, 1, context)


def remove_open_checkout(
    resolved: ResolvedPerson, customer_id: CustomerId, context: LoyaltyContext
) -> ResolvedPerson:
    """Return the person with one open checkout less on one of its records."""
    return _with_checkouts(resolved, customer_id, -1, context)


def _with_checkouts(
    resolved: ResolvedPerson, customer_id: CustomerId, by: int, context: LoyaltyContext
) -> ResolvedPerson:
    customer = resolved.after.standalone(customer_id)
    count = max(0, customer.metrics.open_checkout_count + by)
    metrics = replace(customer.metrics, open_checkout_count=count)
    result = LoyaltyResult(customer=replace(customer, metrics=metrics))
    return resolved.with_result(result, context, "checkout")


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


def _without_taken_ids(
    found: LookupResult, values: Mapping[str, Any], customer: Customer
) -> dict[str, Any]:
    """Return the values without external ids that other customers hold."""
    taken = {
        identity.value
        for identity, holder in found.holders.items()
        if identity.kind == "ext" and holder != customer.id
    }
    if "external_ids" not in values:
        return dict(values)
    own = {
        platform: number
        for platform, number in values["external_ids"].items()
        if f"{platform}:{number}" not in taken
    }
    return {**values, "external_ids": own}
