"""Whose an event is: find, create, fill and restore the customer that it names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from crm.domain.customers.activities import Activity, ActivityKind
from crm.domain.customers.customer import Author, Customer, FieldChange, Filled, Provenance
from crm.domain.customers.precedence import permitted
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
    Standing,
    pair_of,
)
from crm.domain.merges.person import EMPTY, Person, moves_between, person_of
from crm.domain.orders.buyers import identities_of
from crm.domain.orders.interactions import Interaction
from crm.domain.orders.rejections import Rejected
from crm.domain.values.codes import spell_code
from crm.ports.customers import Customers
from crm.ports.orders import Changesets
from crm.usecases.customers.editing import NewId

#: How often an event starts over because something moved while it was read.
ROUNDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingCustomer:
    """An event as it came in, and the person that it names, read into the record's values."""

    source: str
    event_id: str
    occurred_at: str
    person: Mapping[str, Any]
    kind: Literal["order", "sync"] = "order"

    @property
    def author(self) -> Author:
        """Who a change through this event is by."""
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
        """Return a line of a history; the same event always makes the same line."""
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
    """The record that an event names, and its person before and after what the event tells."""

    id: CustomerId
    before: Person | None
    after: Person
    entries: tuple[Entry, ...] = ()
    pairs: tuple[Pair, ...] = ()
    points: tuple[LedgerMove, ...] = ()

    @property
    def moves(self) -> tuple[CustomerMove, ...]:
        """The records that the event changes."""
        if self.before is None:
            return (CustomerMove(None, self.after.survivor),)
        return moves_between(self.before, self.after)

    def moved(
        self, result: LoyaltyResult, context: LoyaltyContext, reason: str
    ) -> "ResolvedPerson":
        """Return it with one of the person's records, by itself, as it is in `result`."""
        person, activities = self.after.moved(result, context, reason)
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
    """Makes the customer of one event: one id and one code, however often it starts over (D5)."""

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
        """Return a customer made of what the event tells of a person."""
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


def admitted(known: LookupResult, source: str) -> Merchant:
    """Return the merchant of an event, or raise `Rejected`: it must exist and hear the source."""
    if known.merchant is None:
        raise Rejected("unknown_merchant")
    if not known.merchant.accepts_events_from(source):
        raise Rejected("source_not_connected")
    return known.merchant


def named(known: LookupResult, incoming: IncomingCustomer) -> CustomerId | None:
    """Return the first customer that the person's identities name, in the order of D3."""
    held = (known.holders.get(each) for each in identities_of(incoming.person))
    return next((holder for holder in held if holder), None)


def one_of(standing: Standing, customer_id: CustomerId) -> Person:
    """Return whose record this is; raise `Stale` if it was merged or parted while it was read."""
    person = person_of(standing.customers[customer_id], standing.customers)
    if person is None:
        raise Stale("stale", current_version=None)
    return person


def person_now(merchant_id: MerchantId, customer_id: CustomerId, changesets: Changesets) -> Person:
    """Return whose record this is, with all of the person's others, or raise `NotFound`."""
    for _ in range(ROUNDS):
        standing = changesets.standing(merchant_id, [customer_id])
        if customer_id not in standing.customers:
            raise NotFound("customer_not_found")
        try:
            return one_of(standing, customer_id)
        except Stale:
            continue
    raise Busy("busy")


def loyalty_context_of(
    known: LookupResult, incoming: IncomingCustomer, zone: str, at: str
) -> LoyaltyContext:
    """Return the occasion that an event is to whoever is a member."""
    return LoyaltyContext(
        program=known.program, zone=zone, at=at, by=incoming.author, seed=incoming.event_id
    )


def pairs_of(
    known: LookupResult, standing: Standing, incoming: IncomingCustomer, whose: Person
) -> tuple[Pair, ...]:
    """Return the pairs that the person makes of this customer and others that they name.

    Of a merged record it is the survivor that may be the same person.
    """
    mine = {each.id for each in whose.records}
    others: dict[CustomerId, Pair] = {}
    for identity in identities_of(incoming.person):
        holder = known.holders.get(identity)
        record = standing.customers.get(holder) if holder else None
        other = (record.merged_into if record else None) or holder
        if other and other not in mine:
            others.setdefault(
                other,
                pair_of(
                    whose.survivor.id, other, identity.kind, incoming.source, incoming.occurred_at
                ),
            )
    return tuple(others.values())


def arrived(  # noqa: PLR0917 - what is known, what came, whose it is
    known: LookupResult,
    standing: Standing,
    incoming: IncomingCustomer,
    customer_id: CustomerId | None,
    new: NewCustomers,
    at: str,
) -> ResolvedPerson:
    """Return the person of an event after it: new, or filled where blank, or as it was (D4).

    `standing` has all who hold what names the person. An archived customer comes back. A record
    that was merged is filled as if it had not been, so that an undoing finds it so, and its
    survivor with it. One that is erased takes nothing.
    """
    if customer_id is None:
        made = new.make()
        entry = incoming.entry(made.id, "created")
        return ResolvedPerson(
            id=made.id, before=None, after=Person(survivor=made), entries=(entry,)
        )
    before = one_of(standing, customer_id)
    survivor = before.survivor
    if survivor.status not in {"active", "archived"}:
        return ResolvedPerson(id=customer_id, before=before, after=before)
    after = before
    if customer_id != survivor.id:
        record, _ = _filled(known, incoming, before.record(customer_id), at)
        record = _filled_alone(known, incoming, record, at)
        after = after.having(replace(record, returns_to="active"))
    shown, changes = _filled(known, incoming, survivor, at)
    entries: list[Entry] = []
    if changes:
        entries.append(incoming.entry(survivor.id, "edited", changes=changes))
    if survivor.status == "archived":
        shown = replace(shown.moved_to("active", at), version=survivor.version + 1)
        entries.append(incoming.entry(survivor.id, "restored"))
    if customer_id == survivor.id:
        shown = _filled_alone(known, incoming, shown, at)
    return ResolvedPerson(
        id=customer_id,
        before=before,
        after=after.having(shown),
        entries=tuple(entries),
        pairs=pairs_of(known, standing, incoming, before),
    )


def _filled(
    known: LookupResult, incoming: IncomingCustomer, record: Customer, at: str
) -> tuple[Customer, tuple[FieldChange, ...]]:
    """Return a record with what was blank of it, and the changes."""
    values = permitted(incoming.kind, record, incoming.person)
    changes = record.changes(_unheld(known, values, record))
    return (record.edited(changes, incoming.author, at) if changes else record), changes


def _filled_alone(
    known: LookupResult, incoming: IncomingCustomer, record: Customer, at: str
) -> Customer:
    """Return a record that others were merged into, with what it would have been filled with."""
    own = record.own
    if own is None:
        return record
    blank = [name for name in own.blank if name not in own.filled]
    emptied: dict[str, Any] = {name: EMPTY.get(name) for name in blank}
    view = replace(record, **emptied)
    values = _unheld(known, permitted(incoming.kind, view, incoming.person), view)
    origin = Provenance(*incoming.author, at)
    filled = {
        change.field: Filled(change.new, origin)
        for change in view.changes(values)
        if change.field in blank
    }
    if not filled:
        return record
    return replace(record, own=replace(own, filled={**own.filled, **filled}))


def begun(whose: ResolvedPerson, context: LoyaltyContext) -> ResolvedPerson:
    """Return the customer of an event with one open checkout more."""
    return _with_checkouts(whose, whose.id, 1, context)


def ended(
    whose: ResolvedPerson, customer_id: CustomerId, context: LoyaltyContext
) -> ResolvedPerson:
    """Return a person one of whose records has one open checkout less."""
    return _with_checkouts(whose, customer_id, -1, context)


def _with_checkouts(
    whose: ResolvedPerson, customer_id: CustomerId, by: int, context: LoyaltyContext
) -> ResolvedPerson:
    customer = whose.after.standalone(customer_id)
    count = max(0, customer.metrics.open_checkout_count + by)
    metrics = replace(customer.metrics, open_checkout_count=count)
    result = LoyaltyResult(customer=replace(customer, metrics=metrics))
    return whose.moved(result, context, "checkout")


def revised(moves: Iterable[CustomerMove], at: str) -> tuple[CustomerMove, ...]:
    """Return the moves that change anything, one revision on and updated now."""
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


def _unheld(known: LookupResult, values: Mapping[str, Any], customer: Customer) -> dict[str, Any]:
    """Return the values without external ids that other customers hold."""
    theirs = {
        identity.value
        for identity, holder in known.holders.items()
        if identity.kind == "ext" and holder != customer.id
    }
    if "external_ids" not in values:
        return dict(values)
    own = {
        platform: number
        for platform, number in values["external_ids"].items()
        if f"{platform}:{number}" not in theirs
    }
    return {**values, "external_ids": own}
