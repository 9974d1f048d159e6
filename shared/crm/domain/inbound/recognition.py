"""Recognize the customer of an inbound event by the rows that its lookup found."""

from dataclasses import dataclass
from datetime import datetime

from crm.domain.inbound.incoming import IncomingCustomer, IncomingOrder
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import stamp
from crm.domain.loyalty.membership import LoyaltyContext
from crm.domain.merchants.merchant import Merchant
from crm.domain.merges.changeset import LookupResult
from crm.domain.orders.checkouts import counts_as_open
from crm.domain.orders.orders import Order
from crm.domain.orders.rejections import Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizedEvent:
    """An event, the rows found for it, and the first customer that holds one of its identities."""

    incoming: IncomingCustomer
    found: LookupResult
    holder: CustomerId | None
    context: LoyaltyContext

    @property
    def at(self) -> str:
        """The moment at which the event is recorded."""
        return self.context.at


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizedOrder:
    """An order snapshot, its customer, and the customers that must be read to record it.

    If `is_settled`, the order changes nothing: a version that is not older is stored, and its
    customer is known or its event names nobody. If `is_new`, the event names somebody who is no
    customer yet.
    """

    event: RecognizedEvent
    order: Order
    customer_id: CustomerId | None
    is_settled: bool
    is_new: bool
    to_read: tuple[CustomerId, ...]


def recognize(incoming: IncomingCustomer, found: LookupResult, now: datetime) -> RecognizedEvent:
    """Find the customer of an event, by its identities in the order of D3.

    Raises `Rejected` if the merchant is unknown or the event's source is not connected.
    """
    merchant = require_merchant(found, incoming.source)
    holders = (found.holders.get(each) for each in incoming.person.identities)
    return RecognizedEvent(
        incoming=incoming,
        found=found,
        holder=next((holder for holder in holders if holder), None),
        context=LoyaltyContext(
            program=found.program,
            zone=merchant.zone,
            at=stamp(now),
            by=incoming.author,
            seed=incoming.event_id,
        ),
    )


def recognize_order(
    incoming: IncomingOrder, found: LookupResult, now: datetime
) -> RecognizedOrder:
    """Find the customer of an order: the one it has, otherwise the one that its event names.

    Raises `Rejected` as `recognize` does.
    """
    event, owner = recognize(incoming.event, found, now), found.owner
    identities = incoming.lookup.identities
    owned_by = owner.customer_id if owner else None
    customer_id = owned_by or event.holder
    checkout = found.checkout if counts_as_open(found.checkout) else None
    ids = (customer_id, checkout and checkout.customer_id, *found.holders.values())
    return RecognizedOrder(
        event=event,
        order=incoming.order,
        customer_id=customer_id,
        is_settled=owner is not None
        and owner.version >= incoming.order.version
        and (owned_by is not None or not identities),
        is_new=customer_id is None and bool(identities),
        to_read=tuple(each for each in ids if each),
    )


def require_merchant(found: LookupResult, source: str) -> Merchant:
    """Return the merchant; raise `Rejected` if it is unknown or `source` is not connected."""
    if found.merchant is None:
        raise Rejected("unknown_merchant")
    if not found.merchant.accepts_events_from(source):
        raise Rejected("source_not_connected")
    return found.merchant
