"""Take in what happened to a customer elsewhere: interactions, notes, a changed contact card."""

from collections.abc import Callable
from datetime import datetime

from crm.domain.kernel.errors import Busy, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.merges.changeset import Changeset, Entry, Lookup
from crm.domain.orders.buyers import identities_of
from crm.domain.orders.interactions import Interaction
from crm.ports.customers import Customers
from crm.ports.orders import Changesets
from crm.usecases.customers.editing import NewId
from crm.usecases.orders.identity_resolution import (
    ROUNDS,
    IncomingCustomer,
    NewCustomers,
    admitted,
    arrived,
    named,
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
    """Count an interaction and tell of it in its customer's history, once."""
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
    """Put a note from elsewhere into its customer's history, once; it carries its source."""
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
    """Make the customer of another platform known, or fill what is blank of them (002-10)."""
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
    """Write what an event tells of its customer; one that names nobody is nobody's news."""
    identities = identities_of(incoming.person)
    new = NewCustomers(merchant_id, incoming, now, new_id, customers)
    for _ in range(ROUNDS):
        known = changesets.known(merchant_id, Lookup(identities=identities))
        admitted(known, incoming.source)
        if not identities:
            return None
        holder = named(known, incoming)
        try:
            standing = changesets.standing(merchant_id, [*known.holders.values()])
            whose = arrived(known, standing, incoming, holder, new, stamp(now))
            changeset = Changeset(
                customers=revised(whose.moves, stamp(now)),
                entries=(*whose.entries, *entries_of(whose.id)),
                pairs=whose.pairs,
            )
            if changeset == Changeset():
                return whose.id
            changesets.write(merchant_id, changeset)
        except Stale:
            continue
        return whose.id
    raise Busy("busy")
