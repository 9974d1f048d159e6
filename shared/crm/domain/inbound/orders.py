"""Put the latest snapshot of an order in place of the one that counts so far."""

from dataclasses import dataclass
from typing import NamedTuple

from crm.domain.inbound.recognition import RecognizedOrder
from crm.domain.inbound.resolution import (
    NewCustomer,
    ResolvedPerson,
    created,
    filled,
    unchanged,
)
from crm.domain.kernel.ids import CustomerId
from crm.domain.merges.changeset import PersonSnapshot
from crm.domain.orders.orders import End, OrderChange, OrderKey, end_to_read, order_change


class OtherOrders(NamedTuple):
    """The other counted orders of a customer whose times an order change needs."""

    customer_id: CustomerId
    without: OrderKey
    end: End


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedOrder:
    """An order change and the person it counts for, before it is counted.

    `resolved` and `customer_id` are None for an order that names nobody.
    """

    recognized: RecognizedOrder
    snapshot: PersonSnapshot
    resolved: ResolvedPerson | None
    customer_id: CustomerId | None
    change: OrderChange
    others: OtherOrders | None = None


def prepare_order(
    recognized: RecognizedOrder, snapshot: PersonSnapshot, new: NewCustomer | None
) -> PreparedOrder:
    """Resolve an order's customer, and compare its latest snapshot with the one that counts.

    Raises `Stale` if a merge or its undo ran during the read.
    """
    resolved = _resolve(recognized, snapshot, new)
    order, stored = recognized.order, snapshot.order
    latest = order if stored is None or stored.order.version < order.version else stored.order
    counted = stored.order if stored and stored.customer_id else None
    change = order_change(counted, latest)
    return PreparedOrder(
        recognized=recognized,
        snapshot=snapshot,
        resolved=resolved,
        customer_id=resolved.id if resolved else None,
        change=change,
        others=_other_orders(recognized, resolved, change) if resolved else None,
    )


def _resolve(
    recognized: RecognizedOrder, snapshot: PersonSnapshot, new: NewCustomer | None
) -> ResolvedPerson | None:
    """Return the order's customer; None if the order names nobody.

    A version that names another customer neither moves the order nor fills blank fields.
    """
    event, customer_id = recognized.event, recognized.customer_id
    if customer_id is None:
        return created(event, new) if new else None
    if customer_id == event.holder:
        return filled(event, snapshot, customer_id)
    return unchanged(snapshot, customer_id)


def _other_orders(
    recognized: RecognizedOrder, resolved: ResolvedPerson, change: OrderChange
) -> OtherOrders | None:
    metrics = resolved.after.standalone(resolved.id).metrics
    end = end_to_read(metrics, change, recognized.event.context.zone)
    return OtherOrders(resolved.id, change.after.key, end) if end else None
