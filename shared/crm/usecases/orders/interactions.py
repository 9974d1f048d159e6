"""Take in what happened to a customer elsewhere: interactions, notes, a changed contact card."""

from collections.abc import Callable
from datetime import datetime

from crm.domain.kernel.errors import Busy, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.merges.changeset import Asked, Entry, Movement
from crm.domain.orders.buyers import identities_of
from crm.domain.orders.interactions import Interaction
from crm.ports.customers import Customers
from crm.ports.orders import Movements
from crm.usecases.customers.editing import NewId
from crm.usecases.orders.identity_resolution import (
    ROUNDS,
    Arrival,
    NewCustomers,
    admitted,
    arrived,
    named,
    revised,
)


def record_interaction(
    merchant_id: MerchantId,
    interaction: Interaction,
    arrival: Arrival,
    *,
    now: datetime,
    new_id: NewId,
    customers: Customers,
    movements: Movements,
) -> CustomerId | None:
    """Count an interaction and tell of it in its customer's history, once."""
    return _record(
        merchant_id,
        arrival,
        lambda customer_id: (
            arrival.entry(
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
        movements=movements,
    )


def record_note(
    merchant_id: MerchantId,
    text: str,
    arrival: Arrival,
    *,
    now: datetime,
    new_id: NewId,
    customers: Customers,
    movements: Movements,
) -> CustomerId | None:
    """Put a note from elsewhere into its customer's history, once; it carries its source."""
    return _record(
        merchant_id,
        arrival,
        lambda customer_id: (arrival.entry(customer_id, "note", text=text, once=True),),
        now=now,
        new_id=new_id,
        customers=customers,
        movements=movements,
    )


def sync_customer(
    merchant_id: MerchantId,
    arrival: Arrival,
    *,
    now: datetime,
    new_id: NewId,
    customers: Customers,
    movements: Movements,
) -> CustomerId | None:
    """Make the customer of another platform known, or fill what is blank of them (002-10)."""
    return _record(
        merchant_id,
        arrival,
        lambda _: (),
        now=now,
        new_id=new_id,
        customers=customers,
        movements=movements,
    )


def _record(
    merchant_id: MerchantId,
    arrival: Arrival,
    entries_of: Callable[[CustomerId], tuple[Entry, ...]],
    *,
    now: datetime,
    new_id: NewId,
    customers: Customers,
    movements: Movements,
) -> CustomerId | None:
    """Write what an event tells of its customer; one that names nobody is nobody's news."""
    identities = identities_of(arrival.person)
    new = NewCustomers(merchant_id, arrival, now, new_id, customers)
    for _ in range(ROUNDS):
        known = movements.known(merchant_id, Asked(identities=identities))
        admitted(known, arrival.source)
        if not identities:
            return None
        holder = named(known, arrival)
        try:
            standing = movements.standing(merchant_id, [*known.holders.values()])
            whose = arrived(known, standing, arrival, holder, new, stamp(now))
            movement = Movement(
                customers=revised(whose.moves, stamp(now)),
                entries=(*whose.entries, *entries_of(whose.id)),
                pairs=whose.pairs,
            )
            if movement == Movement():
                return whose.id
            movements.write(merchant_id, movement)
        except Stale:
            continue
        return whose.id
    raise Busy("busy")
