"""Record an order snapshot and update its customer, in one transaction."""

from datetime import datetime

from crm.domain.inbound.incoming import IncomingCustomer, incoming_order
from crm.domain.inbound.order_changesets import order_changeset
from crm.domain.inbound.orders import prepare_order
from crm.domain.inbound.recognition import recognize_order
from crm.domain.kernel.conflicts import PERSON_ROUNDS, retry_on_conflict
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.orders.orders import Order
from crm.usecases.orders.event_customers import EventCustomers, EventPorts


def record_order(
    merchant_id: MerchantId,
    order: Order,
    incoming: IncomingCustomer,
    *,
    now: datetime,
    ports: EventPorts,
) -> CustomerId | None:
    """Store an order snapshot if it is the latest, and update its customer's metrics.

    Returns the order's customer, or None if the order names nobody and counts for no customer.
    A repeated or outdated snapshot changes nothing. Raises `Rejected`, or `Busy` when every
    attempt meets a concurrent write.
    """
    arrived, changesets = incoming_order(order, incoming), ports.changesets
    lookup = arrived.lookup
    customers = EventCustomers(merchant_id, now, ports)

    def attempt() -> CustomerId | None:
        found = changesets.look_up(merchant_id, lookup)
        recognized = recognize_order(arrived, found, now)
        if recognized.is_settled:
            return recognized.customer_id
        reserved = customers.reserve() if recognized.is_new else None
        ids, owner = recognized.to_read, found.owner
        snapshot = changesets.snapshot(merchant_id, ids, lookup.order, owner)
        prepared = prepare_order(recognized, snapshot, reserved)
        others = prepared.others
        times = changesets.other_order_times(merchant_id, *others) if others else ()
        changesets.write(merchant_id, order_changeset(prepared, times))
        return prepared.customer_id

    return retry_on_conflict(attempt, rounds=PERSON_ROUNDS)
