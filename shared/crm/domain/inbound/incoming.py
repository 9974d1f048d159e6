"""An inbound event as it arrives: the person it names, and what to look up for it."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from crm.domain.customers.activities import Activity, ActivityKind
from crm.domain.customers.customer import FieldChange
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import CustomerId, derived_ulid
from crm.domain.kernel.times import moment
from crm.domain.merges.changeset import Entry, Lookup
from crm.domain.orders.buyers import NamedPerson
from crm.domain.orders.checkouts import CheckoutKey
from crm.domain.orders.interactions import Interaction
from crm.domain.orders.orders import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingCustomer:
    """An inbound event and the person it names."""

    source: str
    event_id: str
    occurred_at: str
    person: NamedPerson
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


class IncomingOrder(NamedTuple):
    """An order snapshot as it is stored, the event that brings it, and what to look up for it."""

    order: Order
    event: IncomingCustomer
    lookup: Lookup


def incoming_order(order: Order, event: IncomingCustomer) -> IncomingOrder:
    """Trim an order snapshot, and name its rows and those of the event's identities."""
    checkout = CheckoutKey(order.source, order.checkout_id) if order.checkout_id else None
    lookup = Lookup(identities=event.person.identities, order=order.key, checkout=checkout)
    return IncomingOrder(order.trimmed(), event, lookup)
