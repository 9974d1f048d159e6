"""Take an order's snapshot in: whose it is, what it comes to, all in one transaction."""

from dataclasses import replace
from datetime import datetime

from crm.domain.kernel.errors import Busy, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.loyalty.earning import after_order, reason_of, worth_after
from crm.domain.loyalty.membership import LoyaltyContext
from crm.domain.merges.changeset import (
    Changeset,
    CheckoutMove,
    CustomerMove,
    Lookup,
    LookupResult,
    OrderMove,
    Standing,
)
from crm.domain.merges.pooled_points import after_pooled_order
from crm.domain.orders.buyers import identities_of
from crm.domain.orders.checkouts import Checkout, CheckoutKey, counts_as_open
from crm.domain.orders.orders import KeptOrder, Order, end_left, moved
from crm.ports.customers import Customers
from crm.ports.orders import Changesets
from crm.usecases.customers.editing import NewId
from crm.usecases.orders.identity_resolution import (
    ROUNDS,
    IncomingCustomer,
    NewCustomers,
    ResolvedPerson,
    admitted,
    arrived,
    ended,
    loyalty_context_of,
    named,
    one_of,
    revised,
)


def record_order(
    merchant_id: MerchantId,
    order: Order,
    incoming: IncomingCustomer,
    *,
    now: datetime,
    new_id: NewId,
    customers: Customers,
    changesets: Changesets,
) -> CustomerId | None:
    """Keep an order's snapshot if it is the latest, and move its customer's figures by it.

    Returns whose the order is; None if it names nobody, so that it counts for no one. Told again,
    or told late, it changes nothing. Raises `Rejected`, or `Busy` where others are always faster.
    """
    order = order.trimmed()
    new = NewCustomers(merchant_id, incoming, now, new_id, customers)
    asked = Lookup(
        identities=identities_of(incoming.person),
        order=order.key,
        checkout=CheckoutKey(order.source, order.checkout_id) if order.checkout_id else None,
    )
    for _ in range(ROUNDS):
        known = changesets.known(merchant_id, asked)
        zone = admitted(known, incoming.source).zone
        owner = known.owner
        is_anyones = owner is not None and owner.customer_id is not None
        if owner and owner.version >= order.version and (is_anyones or not asked.identities):
            return owner.customer_id
        customer_id = owner.customer_id if owner and is_anyones else named(known, incoming)
        context = loyalty_context_of(known, incoming, zone, stamp(now))
        try:
            standing = _standing(merchant_id, known, asked, customer_id, changesets)
            whose = _whose(known, standing, incoming, customer_id, new, at=stamp(now))
            kept = _latest(order, standing.order)
            if whose:
                whose = _counted(whose, standing, kept, context, changesets)
            changeset = _changeset(known, standing, incoming, kept, whose, context)
            changesets.write(merchant_id, changeset)
        except Stale:
            continue
        return whose.id if whose else None
    raise Busy("busy")


def _standing(
    merchant_id: MerchantId,
    known: LookupResult,
    asked: Lookup,
    customer_id: CustomerId | None,
    changesets: Changesets,
) -> Standing:
    begun = known.checkout if counts_as_open(known.checkout) else None
    holders = known.holders.values()
    wanted = [each for each in (customer_id, begun and begun.customer_id, *holders) if each]
    return changesets.standing(merchant_id, wanted, asked.order, known.owner)


def _whose(
    known: LookupResult,
    standing: Standing,
    incoming: IncomingCustomer,
    customer_id: CustomerId | None,
    new: NewCustomers,
    *,
    at: str,
) -> ResolvedPerson | None:
    """Return the order's customer; a version that names another neither moves it nor fills."""
    if customer_id is None:
        if not identities_of(incoming.person):
            return None
        return arrived(known, standing, incoming, None, new, at)
    if named(known, incoming) != customer_id:
        person = one_of(standing, customer_id)
        return ResolvedPerson(id=customer_id, before=person, after=person)
    return arrived(known, standing, incoming, customer_id, new, at)


def _latest(order: Order, stored: KeptOrder | None) -> Order:
    return order if stored is None or stored.order.version < order.version else stored.order


def _counted(
    whose: ResolvedPerson,
    standing: Standing,
    kept: Order,
    context: LoyaltyContext,
    changesets: Changesets,
) -> ResolvedPerson:
    """Return the customer with the order counted, instead of what was counted of it before."""
    customer, stored, zone = whose.after.standalone(whose.id), standing.order, context.zone
    counted = stored.order if stored and stored.customer_id else None
    end = end_left(customer.metrics, counted, kept, zone)
    others = (
        changesets.others(customer.merchant_id, customer.id, kept.key, end)
        if end is not None
        else ()
    )
    metrics = moved(customer.metrics, counted, kept, zone, others)
    figured = replace(customer, metrics=metrics)
    result = after_order(figured, counted, kept, standing.lot, context)
    alone = worth_after(result, standing.lot)
    shared = after_pooled_order(whose.after, counted, kept, alone, standing.extra, context)
    sharing = replace(whose, after=shared.person, points=(*whose.points, *shared.points))
    return sharing.moved(result, context, reason_of(counted, kept))


def _changeset(  # noqa: PLR0917 - what is known, what came, whose it is
    known: LookupResult,
    standing: Standing,
    incoming: IncomingCustomer,
    kept: Order,
    whose: ResolvedPerson | None,
    context: LoyaltyContext,
) -> Changeset:
    """Return what the order changes: itself, its customer, its checkout and who began that."""
    checkout = _closing(known.checkout, kept, whose, incoming.occurred_at)
    begun = checkout.before if checkout else None
    others: tuple[CustomerMove, ...] = ()
    if begun and begun.customer_id and counts_as_open(begun):
        if whose and begun.customer_id in whose.after:
            whose = ended(whose, begun.customer_id, context)
        else:
            person = one_of(standing, begun.customer_id)
            beginner = ResolvedPerson(id=begun.customer_id, before=person, after=person)
            others = ended(beginner, begun.customer_id, context).moves
    if whose and whose.after.survivor.status == "erased":
        kept = kept.anonymous()
    moves = (*(whose.moves if whose else ()), *others)
    return Changeset(
        customers=revised(moves, context.at),
        order=OrderMove(standing.order, KeptOrder(kept, whose.id if whose else None)),
        checkout=checkout,
        entries=(*whose.entries, incoming.entry(whose.id, "order", text=kept.line()))
        if whose
        else (),
        pairs=whose.pairs if whose else (),
        points=whose.points if whose else (),
    )


def _closing(
    begun: Checkout | None, order: Order, whose: ResolvedPerson | None, at: str
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
