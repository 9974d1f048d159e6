"""Create the customer that an inbound event names, or fill and restore an existing one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from crm.domain.customers.customer import Customer, FieldChange, Filled, Provenance
from crm.domain.customers.fields import FIELD
from crm.domain.customers.precedence import permitted
from crm.domain.inbound.recognition import RecognizedEvent
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.loyalty.membership import LoyaltyContext, LoyaltyResult
from crm.domain.merges.changeset import (
    CustomerMove,
    Entry,
    LedgerMove,
    Pair,
    PersonSnapshot,
    pair_of,
)
from crm.domain.merges.person import Person, moves_between, person_in
from crm.domain.values.codes import spell_code


class NewCustomer(NamedTuple):
    """The id and the number reserved for a customer that an event creates."""

    merchant_id: MerchantId
    id: CustomerId
    number: int


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

    def with_checkouts(
        self, customer_id: CustomerId, by: int, context: LoyaltyContext
    ) -> "ResolvedPerson":
        """Return the person with more or fewer open checkouts on one of its records."""
        customer = self.after.standalone(customer_id)
        count = max(0, customer.metrics.open_checkout_count + by)
        metrics = replace(customer.metrics, open_checkout_count=count)
        result = LoyaltyResult(customer=replace(customer, metrics=metrics))
        return self.with_result(result, context, "checkout")


def unchanged(snapshot: PersonSnapshot, customer_id: CustomerId) -> ResolvedPerson:
    """Return a record's person as read; raise `Stale` if a merge or its undo ran meanwhile."""
    person = person_in(snapshot, customer_id)
    return ResolvedPerson(id=customer_id, before=person, after=person)


def created(event: RecognizedEvent, new: NewCustomer) -> ResolvedPerson:
    """Return the customer that an event creates, with the values of its person (D5)."""
    incoming, at = event.incoming, event.at
    made = Customer(
        merchant_id=new.merchant_id,
        id=new.id,
        code=spell_code(new.number),
        source=incoming.source,
        created_at=at,
        updated_at=at,
        created_by=incoming.author,
        **incoming.person.values,
    )
    entry = incoming.entry(made.id, "created")
    return ResolvedPerson(id=made.id, before=None, after=Person(survivor=made), entries=(entry,))


def filled(
    event: RecognizedEvent, snapshot: PersonSnapshot, customer_id: CustomerId
) -> ResolvedPerson:
    """Fill the blank fields of the event's customer (D4), and restore it if it is archived.

    `snapshot` must contain every holder of the event's identities. For a merged record, the record
    itself and its survivor are both filled, so that undoing the merge loses nothing. An erased
    customer does not change.
    """
    before = person_in(snapshot, customer_id)
    survivor, at = before.survivor, event.at
    if survivor.status not in {"active", "archived"}:
        return ResolvedPerson(id=customer_id, before=before, after=before)
    after = before
    if customer_id != survivor.id:
        record, _ = _filled_record(event, before.record(customer_id))
        record = _filled_standalone(event, record)
        after = after.having(replace(record, returns_to="active"))
    updated, changes = _filled_record(event, survivor)
    entries: tuple[Entry, ...] = ()
    if changes:
        entries = (event.incoming.entry(survivor.id, "edited", changes=changes),)
    if survivor.status == "archived":
        updated = replace(updated.moved_to("active", at), version=survivor.version + 1)
        entries = (*entries, event.incoming.entry(survivor.id, "restored"))
    if customer_id == survivor.id:
        updated = _filled_standalone(event, updated)
    return ResolvedPerson(
        id=customer_id,
        before=before,
        after=after.having(updated),
        entries=entries,
        pairs=_pairs_of(event, snapshot, before),
    )


def _filled_record(
    event: RecognizedEvent, record: Customer
) -> tuple[Customer, tuple[FieldChange, ...]]:
    """Return a record with its blank fields filled, and the changes."""
    changes = record.changes(_permitted(event, record))
    return (
        record.edited(changes, event.incoming.author, event.at) if changes else record
    ), changes


def _filled_standalone(event: RecognizedEvent, record: Customer) -> Customer:
    """Return a survivor that also remembers the values its own record would have been filled with.

    Undoing the merge restores them.
    """
    own = record.standalone_values
    if own is None:
        return record
    blank = [name for name in own.blank if name not in own.filled]
    emptied: dict[str, Any] = {name: FIELD[name].empty for name in blank}
    view = replace(record, **emptied)
    origin = Provenance(*event.incoming.author, event.at)
    filled_values = {
        change.field: Filled(change.new, origin)
        for change in view.changes(_permitted(event, view))
        if change.field in blank
    }
    if not filled_values:
        return record
    return replace(record, standalone_values=replace(own, filled={**own.filled, **filled_values}))


def _permitted(event: RecognizedEvent, customer: Customer) -> Mapping[str, Any]:
    """Return the values that an event may fill, without external ids that other customers hold."""
    values = permitted(event.incoming.kind, customer, event.incoming.person.values)
    if "external_ids" not in values:
        return values
    taken = {
        identity.value
        for identity, holder in event.found.holders.items()
        if identity.kind == "ext" and holder != customer.id
    }
    own = {
        platform: number
        for platform, number in values["external_ids"].items()
        if f"{platform}:{number}" not in taken
    }
    return {**values, "external_ids": own}


def _pairs_of(
    event: RecognizedEvent, snapshot: PersonSnapshot, person: Person
) -> tuple[Pair, ...]:
    """Pair the person with the other customers that hold an identity in the event.

    A merged record is replaced by its survivor.
    """
    incoming, own_ids = event.incoming, {each.id for each in person.records}
    others: dict[CustomerId, Pair] = {}
    for identity in incoming.person.identities:
        holder = event.found.holders.get(identity)
        record = snapshot.customers.get(holder) if holder else None
        other = (record.merged_into if record else None) or holder
        if other and other not in own_ids:
            source, at = incoming.source, incoming.occurred_at
            pair = pair_of(person.survivor.id, other, identity.kind, source, at)
            others.setdefault(other, pair)
    return tuple(others.values())
