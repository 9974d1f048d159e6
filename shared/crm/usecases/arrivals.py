"""Whose an event is: find, create, fill and restore the customer that it names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from crm.domain.activities import Activity, ActivityKind
from crm.domain.codes import spell_code
from crm.domain.customer import Author, Customer, FieldChange
from crm.domain.ids import CustomerId, MerchantId, derived_ulid
from crm.domain.interactions import Interaction
from crm.domain.merchants import Merchant
from crm.domain.movements import CustomerMove, Entry, Known, LedgerMove, Pair, pair_of
from crm.domain.persons import identities_of
from crm.domain.precedence import permitted
from crm.domain.rejections import Rejected
from crm.domain.times import moment, stamp
from crm.ports import Customers
from crm.usecases.editing import NewId

#: How often an event starts over because something moved while it was read.
ROUNDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
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
class Arrived:
    """The customer of an event, before and after what the event tells of them."""

    before: Customer | None
    after: Customer
    entries: tuple[Entry, ...] = ()
    pairs: tuple[Pair, ...] = ()
    points: tuple[LedgerMove, ...] = ()


class NewCustomers:
    """Makes the customer of one event: one id and one code, however often it starts over (D5)."""

    def __init__(
        self,
        merchant_id: MerchantId,
        arrival: Arrival,
        now: datetime,
        new_id: NewId,
        customers: Customers,
    ) -> None:
        self._merchant_id = merchant_id
        self._arrival = arrival
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
                source=self._arrival.source,
                created_at=at,
                updated_at=at,
                created_by=self._arrival.author,
                **self._arrival.person,
            )
        return self._made


def admitted(known: Known, source: str) -> Merchant:
    """Return the merchant of an event, or raise `Rejected`: it must exist and hear the source."""
    if known.merchant is None:
        raise Rejected("unknown_merchant")
    if not known.merchant.hears(source):
        raise Rejected("source_not_connected")
    return known.merchant


def named(known: Known, arrival: Arrival) -> CustomerId | None:
    """Return the first customer that the person's identities name, in the order of D3."""
    held = (known.holders.get(each) for each in identities_of(arrival.person))
    return next((holder for holder in held if holder), None)


def pairs_of(known: Known, arrival: Arrival, customer_id: CustomerId) -> tuple[Pair, ...]:
    """Return the pairs that the person makes of this customer and others that they name."""
    others: dict[CustomerId, Pair] = {}
    for identity in identities_of(arrival.person):
        other = known.holders.get(identity)
        if other and other != customer_id:
            others.setdefault(
                other,
                pair_of(customer_id, other, identity.kind, arrival.source, arrival.occurred_at),
            )
    return tuple(others.values())


def arrived(
    known: Known, arrival: Arrival, before: Customer | None, new: NewCustomers, at: str
) -> Arrived:
    """Return the customer of an event after it: new, or filled where blank, or as it was (D4).

    An archived customer comes back. One that is merged or erased takes nothing personal.
    """
    if before is None:
        made = new.make()
        return Arrived(before=None, after=made, entries=(arrival.entry(made.id, "created"),))
    if before.status not in {"active", "archived"}:
        return Arrived(before=before, after=before)
    entries: list[Entry] = []
    after = before
    changes = before.changes(
        _unheld(known, permitted(arrival.kind, before, arrival.person), before)
    )
    if changes:
        after = after.edited(changes, arrival.author, at)
        entries.append(arrival.entry(before.id, "edited", changes=changes))
    if before.status == "archived":
        after = after.moved_to("active", at)
        entries.append(arrival.entry(before.id, "restored"))
    if after is not before:
        after = replace(after, version=before.version + 1)
    return Arrived(
        before=before,
        after=after,
        entries=tuple(entries),
        pairs=pairs_of(known, arrival, before.id),
    )


def with_checkouts(customer: Customer, by: int) -> Customer:
    """Return a customer with some open checkouts more, or fewer."""
    metrics = customer.metrics
    count = max(0, metrics.open_checkout_count + by)
    return replace(customer, metrics=replace(metrics, open_checkout_count=count))


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


def _unheld(known: Known, values: Mapping[str, Any], customer: Customer) -> dict[str, Any]:
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
