"""Take an order's snapshot in: whose it is, what it comes to, all in one transaction."""

from dataclasses import replace
from datetime import datetime

from crm.domain.kernel.errors import Busy, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.loyalty.membership import Occasion, after_order, reason_of, worth_after
from crm.domain.merges.changeset import (
    Asked,
    CheckoutMove,
    CustomerMove,
    Known,
    Movement,
    OrderMove,
    Standing,
)
from crm.domain.merges.pooled_points import after_sharing
from crm.domain.orders.buyers import identities_of
from crm.domain.orders.checkouts import Checkout, CheckoutKey, counts_as_open
from crm.domain.orders.orders import KeptOrder, Order, end_left, moved
from crm.ports.customers import Customers
from crm.ports.orders import Movements
from crm.usecases.customers.editing import NewId
from crm.usecases.orders.identity_resolution import (
    ROUNDS,
    Arrival,
    Arrived,
    NewCustomers,
    admitted,
    arrived,
    ended,
    named,
    occasion_of,
    one_of,
    revised,
)


def record_order(
    merchant_id: MerchantId,
    order: Order,
    arrival: Arrival,
    *,
    now: datetime,
    new_id: NewId,
    customers: Customers,
    movements: Movements,
) -> CustomerId | None:
    """Keep an order's snapshot if it is the latest, and move its customer's figures by it.

    Returns whose the order is; None if it names nobody, so that it counts for no one. Told again,
    or told late, it changes nothing. Raises `Rejected`, or `Busy` where others are always faster.
    """
    order = order.trimmed()
    new = NewCustomers(merchant_id, arrival, now, new_id, customers)
    asked = Asked(
        identities=identities_of(arrival.person),
        order=order.key,
        checkout=CheckoutKey(order.source, order.checkout_id) if order.checkout_id else None,
    )
    for _ in range(ROUNDS):
        known = movements.known(merchant_id, asked)
        zone = admitted(known, arrival.source).zone
        owner = known.owner
        is_anyones = owner is not None and owner.customer_id is not None
        if owner and owner.version >= order.version and (is_anyones or not asked.identities):
            return owner.customer_id
        customer_id = owner.customer_id if owner and is_anyones else named(known, arrival)
        occasion = occasion_of(known, arrival, zone, stamp(now))
        try:
            standing = _standing(merchant_id, known, asked, customer_id, movements)
            whose = _whose(known, standing, arrival, customer_id, new, at=stamp(now))
            kept = _latest(order, standing.order)
            if whose:
                whose = _counted(whose, standing, kept, occasion, movements)
            movement = _movement(known, standing, arrival, kept, whose, occasion)
            movements.write(merchant_id, movement)
        except Stale:
            continue
        return whose.id if whose else None
    raise Busy("busy")


def _standing(
    merchant_id: MerchantId,
    known: Known,
    asked: Asked,
    customer_id: CustomerId | None,
    movements: Movements,
) -> Standing:
    begun = known.checkout if counts_as_open(known.checkout) else None
    holders = known.holders.values()
    wanted = [each for each in (customer_id, begun and begun.customer_id, *holders) if each]
    return movements.standing(merchant_id, wanted, asked.order, known.owner)


def _whose(
    known: Known,
    standing: Standing,
    arrival: Arrival,
    customer_id: CustomerId | None,
    new: NewCustomers,
    *,
    at: str,
) -> Arrived | None:
    """Return the order's customer; a version that names another neither moves it nor fills."""
    if customer_id is None:
        if not identities_of(arrival.person):
            return None
        return arrived(known, standing, arrival, None, new, at)
    if named(known, arrival) != customer_id:
        person = one_of(standing, customer_id)
        return Arrived(id=customer_id, before=person, after=person)
    return arrived(known, standing, arrival, customer_id, new, at)


def _latest(order: Order, stored: KeptOrder | None) -> Order:
    return order if stored is None or stored.order.version < order.version else stored.order


def _counted(
    whose: Arrived, standing: Standing, kept: Order, occasion: Occasion, movements: Movements
) -> Arrived:
    """Return the customer with the order counted, instead of what was counted of it before."""
    customer, stored, zone = whose.after.by_itself(whose.id), standing.order, occasion.zone
    counted = stored.order if stored and stored.customer_id else None
    end = end_left(customer.metrics, counted, kept, zone)
    others = (
        movements.others(customer.merchant_id, customer.id, kept.key, end)
        if end is not None
        else ()
    )
    metrics = moved(customer.metrics, counted, kept, zone, others)
    figured = replace(customer, metrics=metrics)
    loyal = after_order(figured, counted, kept, standing.lot, occasion)
    alone = worth_after(loyal, standing.lot)
    shared = after_sharing(whose.after, counted, kept, alone, standing.extra, occasion)
    sharing = replace(whose, after=shared.person, points=(*whose.points, *shared.points))
    return sharing.moved(loyal, occasion, reason_of(counted, kept))


def _movement(  # noqa: PLR0917 - what is known, what came, whose it is
    known: Known,
    standing: Standing,
    arrival: Arrival,
    kept: Order,
    whose: Arrived | None,
    occasion: Occasion,
) -> Movement:
    """Return what the order changes: itself, its customer, its checkout and who began that."""
    checkout = _closing(known.checkout, kept, whose, arrival.occurred_at)
    begun = checkout.before if checkout else None
    others: tuple[CustomerMove, ...] = ()
    if begun and begun.customer_id and counts_as_open(begun):
        if whose and begun.customer_id in whose.after:
            whose = ended(whose, begun.customer_id, occasion)
        else:
            person = one_of(standing, begun.customer_id)
            beginner = Arrived(id=begun.customer_id, before=person, after=person)
            others = ended(beginner, begun.customer_id, occasion).moves
    if whose and whose.after.survivor.status == "erased":
        kept = kept.anonymous()
    moves = (*(whose.moves if whose else ()), *others)
    return Movement(
        customers=revised(moves, occasion.at),
        order=OrderMove(standing.order, KeptOrder(kept, whose.id if whose else None)),
        checkout=checkout,
        entries=(*whose.entries, arrival.entry(whose.id, "order", text=kept.line()))
        if whose
        else (),
        pairs=whose.pairs if whose else (),
        points=whose.points if whose else (),
    )


def _closing(
    begun: Checkout | None, order: Order, whose: Arrived | None, at: str
) -> CheckoutMove | None:
    """Return how an order closes its checkout, even one that nobody has told of yet (D18)."""
    if order.checkout_id is None or (begun and begun.status == "closed"):
        return None
    known = begun or Checkout(
        source=order.source,
        id=order.checkout_id,
        status="open",
        customer_id=whose.id if whose else None,
        at=at,
    )
    return CheckoutMove(begun, known.closed(at))
