"""Record checkouts that start, end or expire after thirty days (D18)."""

from datetime import datetime

from crm.domain.inbound.checkouts import ended_checkout, started_checkout
from crm.domain.inbound.incoming import IncomingCustomer
from crm.domain.inbound.recognition import recognize, require_merchant
from crm.domain.kernel.conflicts import PERSON_ROUNDS, retry_on_conflict
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.merges.changeset import Lookup
from crm.domain.orders.checkouts import Checkout, CheckoutKey
from crm.ports.orders import Changesets, DueCheckouts
from crm.usecases.orders.due_work import process_each
from crm.usecases.orders.event_customers import EventCustomers, EventPorts


def start_checkout(
    merchant_id: MerchantId,
    checkout: Checkout,
    incoming: IncomingCustomer,
    *,
    now: datetime,
    ports: EventPorts,
) -> None:
    """Count a checkout as open, once; a stored checkout, even a closed one, does not change."""
    lookup = Lookup(identities=incoming.person.identities, checkout=checkout.key)
    customers = EventCustomers(merchant_id, now, ports)

    def attempt() -> None:
        found = ports.changesets.look_up(merchant_id, lookup)
        event = recognize(incoming, found, now)
        if found.checkout is not None:
            return
        resolved = customers.resolve(event)
        ports.changesets.write(merchant_id, started_checkout(event, checkout, resolved))

    retry_on_conflict(attempt, rounds=PERSON_ROUNDS)


def end_checkout(
    merchant_id: MerchantId,
    key: CheckoutKey,
    *,
    source: str | None,
    at: str,
    now: datetime,
    changesets: Changesets,
) -> None:
    """Close a checkout, even one that is not stored yet.

    `source` is the source of the event, or None if no event asked for it.
    """

    def attempt() -> None:
        found = changesets.look_up(merchant_id, Lookup(checkout=key))
        if source is not None:
            require_merchant(found, source)
        stored = found.checkout
        if stored is not None and stored.status == "closed":
            return
        owner = stored.customer_id if stored else None
        snapshot = changesets.snapshot(merchant_id, [owner]) if owner else None
        changeset = ended_checkout(key, found, snapshot, at, stamp(now))
        changesets.write(merchant_id, changeset)

    retry_on_conflict(attempt, rounds=PERSON_ROUNDS)


def expire_checkouts(now: datetime, *, due: DueCheckouts, changesets: Changesets) -> int:
    """Close every checkout started at least thirty days ago; return how many."""
    at = stamp(now)

    def close(checkout: tuple[MerchantId, CheckoutKey]) -> None:
        end_checkout(*checkout, source=None, at=at, now=now, changesets=changesets)

    return process_each(due.due(at), close, lambda: True).done
