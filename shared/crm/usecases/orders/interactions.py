"""Record interactions, notes and synced customers from other platforms."""

from collections.abc import Callable
from datetime import datetime

from crm.domain.kernel.acts import NewId
from crm.domain.kernel.errors import Busy, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.merges.changeset import Changeset, Entry, Lookup
from crm.domain.orders.buyers import identities_of
from crm.domain.orders.interactions import Interaction
from crm.ports.customers import Customers
from crm.ports.orders import Changesets
from crm.usecases.orders.identity_resolution import (
    ROUNDS,
    IncomingCustomer,
    NewCustomers,
    first_holder,
    require_merchant,
    resolve_person,
    revised,
)


def record_interaction(
    merchant_id: MerchantId,
    interaction: Interaction,
    incoming: IncomingCustomer,
    *,
    now: datetime,
    new_id: NewId,
    customers: Customers,
    changesets: Changesets,
) -> CustomerId | None:
    """Count an interaction and add it to its customer's history, once."""
    return _record(
        merchant_id,
        incoming,
        lambda customer_id: (
            incoming.entry(
                customer_id,
                "interaction",
                text=interaction.line(),
                once=True,
                interaction=interaction,
            ),
        ),
        now=now,
        new_id=new_id,
        customers=customers,
        changesets=changesets,
    )


def record_note(
    merchant_id: MerchantId,
    text: str,
    incoming: IncomingCustomer,
    *,
    now: datetime,
    new_id: NewId,
    customers: Customers,
    changesets: Changesets,
) -> CustomerId | None:
    """Add a note to its customer's history, once; its author is the event's source."""
    return _record(
        merchant_id,
        incoming,
        lambda customer_id: (incoming.entry(customer_id, "note", text=text, once=True),),
        now=now,
        new_id=new_id,
        customers=customers,
        changesets=changesets,
    )


def sync_customer(
    merchant_id: MerchantId,
    incoming: IncomingCustomer,
    *,
    now: datetime,
    new_id: NewId,
    customers: Customers,
    changesets: Changesets,
) -> CustomerId | None:
    """Create a platform's customer, or fill blank fields of the existing one (002-10)."""
    return _record(
        merchant_id,
        incoming,
        lambda _: (),
        now=now,
        new_id=new_id,
        customers=customers,
        changesets=changesets,
    )


def _record(
    merchant_id: MerchantId,
    incoming: IncomingCustomer,
    entries_of: Callable[[CustomerId], tuple[Entry, ...]],
    *,
    now: datetime,
    new_id: NewId,
    customers: Customers,
    changesets: Changesets,
) -> CustomerId | None:
    """Write the event's customer and history entries; skip an event that names nobody."""
    identities = identities_of(incoming.person)
    new = NewCustomers(merchant_id, incoming, now, new_id, customers)
    for _ in range(ROUNDS):
        found = changesets.look_up(merchant_id, Lookup(identities=identities))
        require_merchant(found, incoming.source)
        if not identities:
            return None
        holder = first_holder(found, incoming)
        try:
            snapshot = changesets.snapshot(merchant_id, [*found.holders.values()])
            resolved = resolve_person(found, snapshot, incoming, holder, new, stamp(now))
            changeset = Changeset(
                customers=revised(resolved.moves, stamp(now)),
                entries=(*resolved.entries, *entries_of(resolved.id)),
                pairs=resolved.pairs,
            )
            if changeset == Changeset():
                return resolved.id
            changesets.write(merchant_id, changeset)
        except Stale:
            continue
        return resolved.id
    raise Busy("busy")
