"""Take checkouts in: begun, given up, or forgotten for thirty days (D18)."""

from dataclasses import replace
from datetime import datetime

from crm.domain.checkouts import Checkout, CheckoutKey, counts_as_open
from crm.domain.customer import Customer
from crm.domain.errors import Busy, Stale
from crm.domain.ids import CustomerId, MerchantId
from crm.domain.movements import Asked, CheckoutMove, CustomerMove, Movement
from crm.domain.persons import identities_of
from crm.domain.times import stamp
from crm.ports import Customers, DueCheckouts, Movements
from crm.usecases.arrivals import (
    ROUNDS,
    Arrival,
    Arrived,
    NewCustomers,
    admitted,
    arrived,
    named,
    revised,
    with_checkouts,
)
from crm.usecases.editing import NewId


def start_checkout(
    merchant_id: MerchantId,
    checkout: Checkout,
    arrival: Arrival,
    *,
    now: datetime,
    new_id: NewId,
    customers: Customers,
    movements: Movements,
) -> None:
    """Count a checkout as open, once; one that is known already, even closed, stays as it is."""
    identities = identities_of(arrival.person)
    new = NewCustomers(merchant_id, arrival, now, new_id, customers)
    for _ in range(ROUNDS):
        known = movements.known(merchant_id, Asked(identities=identities, checkout=checkout.key))
        admitted(known, arrival.source)
        if known.checkout is not None:
            return
        whose = None
        if identities:
            holder = named(known, arrival)
            standing = movements.standing(merchant_id, [holder] if holder else [])
            customer = standing.customers[holder] if holder else None
            whose = arrived(known, arrival, customer, new, stamp(now))
        try:
            movements.write(merchant_id, _begun(checkout, arrival, whose, at=stamp(now)))
        except Stale:
            continue
        return
    raise Busy("busy")


def end_checkout(
    merchant_id: MerchantId,
    key: CheckoutKey,
    *,
    source: str | None,
    at: str,
    now: datetime,
    movements: Movements,
) -> None:
    """Close a checkout, even one not heard of yet; `source` is whose event says so, if any."""
    for _ in range(ROUNDS):
        known = movements.known(merchant_id, Asked(checkout=key))
        if source is not None:
            admitted(known, source)
        begun = known.checkout
        if begun is not None and begun.status == "closed":
            return
        customer = _beginner(merchant_id, begun, movements)
        ended = (begun or Checkout(source=key.source, id=key.id, status="open", at=at)).closed(at)
        moves = [CustomerMove(customer, with_checkouts(customer, -1))] if customer else []
        try:
            movements.write(
                merchant_id,
                Movement(
                    customers=revised(moves, stamp(now)), checkout=CheckoutMove(begun, ended)
                ),
            )
        except Stale:
            continue
        return
    raise Busy("busy")


def expire_checkouts(now: datetime, *, due: DueCheckouts, movements: Movements) -> int:
    """Close every checkout that was begun thirty days ago or earlier; return how many."""
    closed = 0
    for merchant_id, key in due.due(stamp(now)):
        end_checkout(merchant_id, key, source=None, at=stamp(now), now=now, movements=movements)
        closed += 1
    return closed


def _begun(checkout: Checkout, arrival: Arrival, whose: Arrived | None, *, at: str) -> Movement:
    if whose is None:
        return Movement(checkout=CheckoutMove(None, checkout))
    begun = replace(checkout, customer_id=whose.after.id)
    counted = with_checkouts(whose.after, counts_as_open(begun))
    entry = arrival.entry(counted.id, "checkout", text=f"{checkout.id} · {checkout.total}")
    return Movement(
        customers=revised([CustomerMove(whose.before, counted)], at),
        checkout=CheckoutMove(None, begun),
        entries=(*whose.entries, entry),
        pairs=whose.pairs,
    )


def _beginner(
    merchant_id: MerchantId, begun: Checkout | None, movements: Movements
) -> Customer | None:
    if begun is None or begun.customer_id is None:
        return None
    customer_id: CustomerId = begun.customer_id
    return movements.standing(merchant_id, [customer_id]).customers.get(customer_id)
