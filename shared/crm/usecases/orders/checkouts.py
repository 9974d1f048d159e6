"""Take checkouts in: begun, given up, or forgotten for thirty days (D18)."""

from dataclasses import replace
from datetime import datetime

from crm.domain.customers.customer import Author
from crm.domain.kernel.errors import Busy, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import DEFAULT_ZONE, stamp
from crm.domain.loyalty.membership import Occasion
from crm.domain.merges.changeset import Asked, CheckoutMove, CustomerMove, Known, Movement
from crm.domain.orders.buyers import identities_of
from crm.domain.orders.checkouts import Checkout, CheckoutKey, counts_as_open
from crm.ports.customers import Customers
from crm.ports.orders import DueCheckouts, Movements
from crm.usecases.customers.editing import NewId
from crm.usecases.orders.due_work import see_to_each
from crm.usecases.orders.identity_resolution import (
    ROUNDS,
    Arrival,
    Arrived,
    NewCustomers,
    admitted,
    arrived,
    begun,
    ended,
    named,
    occasion_of,
    one_of,
    revised,
)


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
        merchant = admitted(known, arrival.source)
        if known.checkout is not None:
            return
        occasion = occasion_of(known, arrival, merchant.zone, stamp(now))
        try:
            whose = _beginning(merchant_id, known, arrival, new, movements, at=stamp(now))
            movements.write(merchant_id, _begun(checkout, arrival, whose, occasion))
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
        kept = known.checkout
        if kept is not None and kept.status == "closed":
            return
        ended_at = stamp(now)
        over = (kept or Checkout(source=key.source, id=key.id, status="open", at=at)).closed(at)
        try:
            moves = _ending(merchant_id, known, kept, ended_at, movements)
            movements.write(
                merchant_id,
                Movement(customers=revised(moves, ended_at), checkout=CheckoutMove(kept, over)),
            )
        except Stale:
            continue
        return
    raise Busy("busy")


def expire_checkouts(now: datetime, *, due: DueCheckouts, movements: Movements) -> int:
    """Close every checkout that was begun thirty days ago or earlier; return how many."""
    at = stamp(now)

    def close(open_one: tuple[MerchantId, CheckoutKey]) -> None:
        end_checkout(*open_one, source=None, at=at, now=now, movements=movements)

    return see_to_each(due.due(at), close, lambda: True).done


def _beginning(
    merchant_id: MerchantId,
    known: Known,
    arrival: Arrival,
    new: NewCustomers,
    movements: Movements,
    *,
    at: str,
) -> Arrived | None:
    """Return whose a checkout is; nobody's, if it names nobody."""
    if not identities_of(arrival.person):
        return None
    standing = movements.standing(merchant_id, [*known.holders.values()])
    return arrived(known, standing, arrival, named(known, arrival), new, at)


def _begun(
    checkout: Checkout, arrival: Arrival, whose: Arrived | None, occasion: Occasion
) -> Movement:
    if whose is None:
        return Movement(checkout=CheckoutMove(None, checkout))
    kept = replace(checkout, customer_id=whose.id)
    counted = begun(whose, occasion) if counts_as_open(kept) else whose
    entry = arrival.entry(whose.id, "checkout", text=f"{checkout.id} · {checkout.total}")
    return Movement(
        customers=revised(counted.moves, occasion.at),
        checkout=CheckoutMove(None, kept),
        entries=(*counted.entries, entry),
        pairs=whose.pairs,
    )


def _ending(
    merchant_id: MerchantId,
    known: Known,
    begun_by: Checkout | None,
    at: str,
    movements: Movements,
) -> tuple[CustomerMove, ...]:
    """Return what the end of a checkout changes of who began it."""
    if begun_by is None or begun_by.customer_id is None:
        return ()
    customer_id: CustomerId = begun_by.customer_id
    standing = movements.standing(merchant_id, [customer_id])
    if customer_id not in standing.customers:
        return ()
    person = one_of(standing, customer_id)
    occasion = Occasion(
        program=known.program,
        zone=known.merchant.zone if known.merchant else DEFAULT_ZONE,
        at=at,
        by=Author(begun_by.source, begun_by.id),
        seed=f"{begun_by.id} ended",
    )
    whose = Arrived(id=customer_id, before=person, after=person)
    return ended(whose, customer_id, occasion).moves
