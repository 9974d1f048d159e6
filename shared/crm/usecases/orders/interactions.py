"""Record interactions, notes and synced customers from other platforms."""

from datetime import datetime

from crm.domain.inbound.customers import EventLine, customer_changeset
from crm.domain.inbound.incoming import IncomingCustomer
from crm.domain.inbound.recognition import recognize
from crm.domain.kernel.conflicts import PERSON_ROUNDS, retry_on_conflict
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.merges.changeset import Changeset, Lookup
from crm.domain.orders.interactions import Interaction
from crm.usecases.orders.event_customers import EventCustomers, EventPorts


def record_interaction(
    merchant_id: MerchantId,
    interaction: Interaction,
    incoming: IncomingCustomer,
    *,
    now: datetime,
    ports: EventPorts,
) -> CustomerId | None:
    """Count an interaction and add it to its customer's history, once."""
    return _record(
        merchant_id,
        incoming,
        EventLine("interaction", interaction.line(), interaction),
        now=now,
        ports=ports,
    )


def record_note(
    merchant_id: MerchantId,
    text: str,
    incoming: IncomingCustomer,
    *,
    now: datetime,
    ports: EventPorts,
) -> CustomerId | None:
    """Add a note to its customer's history, once; its author is the event's source."""
    return _record(merchant_id, incoming, EventLine("note", text), now=now, ports=ports)


def sync_customer(
    merchant_id: MerchantId, incoming: IncomingCustomer, *, now: datetime, ports: EventPorts
) -> CustomerId | None:
    """Create a platform's customer, or fill blank fields of the existing one (002-10)."""
    return _record(merchant_id, incoming, None, now=now, ports=ports)


def _record(
    merchant_id: MerchantId,
    incoming: IncomingCustomer,
    line: EventLine | None,
    *,
    now: datetime,
    ports: EventPorts,
) -> CustomerId | None:
    """Write the event's customer and history line; skip an event that names nobody."""
    lookup = Lookup(identities=incoming.person.identities)
    customers = EventCustomers(merchant_id, now, ports)

    def attempt() -> CustomerId | None:
        event = recognize(incoming, ports.changesets.look_up(merchant_id, lookup), now)
        resolved = customers.resolve(event)
        if resolved is None:
            return None
        changeset = customer_changeset(event, resolved, line)
        if changeset != Changeset():
            ports.changesets.write(merchant_id, changeset)
        return resolved.id

    return retry_on_conflict(attempt, rounds=PERSON_ROUNDS)
