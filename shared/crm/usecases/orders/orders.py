"""Record an order snapshot and update its customer, in one transaction."""

from dataclasses import replace
from datetime import datetime

from crm.domain.kernel.acts import NewId
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
    PersonSnapshot,
)
from crm.domain.merges.pooled_points import after_pooled_order
from crm.domain.orders.buyers import identities_of
from crm.domain.orders.checkouts import Checkout, CheckoutKey, counts_as_open
from crm.domain.orders.orders import KeptOrder, Order, end_to_read, with_order_change
from crm.ports.customers import Customers
from crm.ports.orders import Changesets
from crm.usecases.orders.identity_resolution import (
    ROUNDS,
    IncomingCustomer,
    NewCustomers,
    ResolvedPerson,
    first_holder,
    loyalty_context,
    person_in,
    remove_open_checkout,
    require_merchant,
    resolve_person,
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
    """Store an order snapshot if it is the latest, and update its customer's metrics.

    Returns the order's customer, or None if the order names nobody and counts for no customer.
    A repeated or outdated snapshot changes nothing. Raises `Rejected`, or `Busy` when every
    attempt meets a concurrent write.
    """
    order = order.trimmed()
    new = NewCustomers(merchant_id, incoming, now, new_id, customers)
    lookup = Lookup(
        identities=identities_of(incoming.person),
        order=order.key,
        checkout=CheckoutKey(order.source, order.checkout_id) if order.checkout_id else None,
    )
    for _ in range(ROUNDS):
        found = changesets.look_up(merchant_id, lookup)
        zone = require_merchant(found, incoming.source).zone
        owner = found.owner
        is_owned = owner is not None and owner.customer_id is not None
        if owner and owner.version >= order.version and (is_owned or not lookup.identities):
            return owner.customer_id
        customer_id = owner.customer_id if owner and is_owned else first_holder(found, incoming)
        context = loyalty_context(found, incoming, zone, stamp(now))
        try:
            snapshot = _read_snapshot(merchant_id, found, lookup, customer_id, changesets)
            resolved = _resolve(found, snapshot, incoming, customer_id, new, at=stamp(now))
            latest = _latest_of(order, snapshot.order)
            if resolved:
                resolved = _with_order(resolved, snapshot, latest, context, changesets)
            changeset = _changeset(found, snapshot, incoming, latest, resolved, context)
            changesets.write(merchant_id, changeset)
        except Stale:
            continue
        return resolved.id if resolved else None
    raise Busy("busy")


def _read_snapshot(
    merchant_id: MerchantId,
    found: LookupResult,
    lookup: Lookup,
    customer_id: CustomerId | None,
    changesets: Changesets,
) -> PersonSnapshot:
    """Read the order's customer, the holders of its identities and the checkout's customer."""
    checkout = found.checkout if counts_as_open(found.checkout) else None
    holders = found.holders.values()
    ids = [each for each in (customer_id, checkout and checkout.customer_id, *holders) if each]
    return changesets.snapshot(merchant_id, ids, lookup.order, found.owner)


def _resolve(
    found: LookupResult,
    snapshot: PersonSnapshot,
    incoming: IncomingCustomer,
    customer_id: CustomerId | None,
    new: NewCustomers,
    *,
    at: str,
) -> ResolvedPerson | None:
    """Return the order's customer, or None if the order names nobody.

    A version that names another customer neither moves the order nor fills blank fields.
    """
    if customer_id is None:
        if not identities_of(incoming.person):
            return None
        return resolve_person(found, snapshot, incoming, None, new, at)
    if first_holder(found, incoming) != customer_id:
        person = person_in(snapshot, customer_id)
        return ResolvedPerson(id=customer_id, before=person, after=person)
    return resolve_person(found, snapshot, incoming, customer_id, new, at)


def _latest_of(order: Order, stored: KeptOrder | None) -> Order:
    return order if stored is None or stored.order.version < order.version else stored.order


def _with_order(
    resolved: ResolvedPerson,
    snapshot: PersonSnapshot,
    latest: Order,
    context: LoyaltyContext,
    changesets: Changesets,
) -> ResolvedPerson:
    """Return the customer with the latest snapshot counted in place of the stored one."""
    customer, stored, zone = resolved.after.standalone(resolved.id), snapshot.order, context.zone
    counted = stored.order if stored and stored.customer_id else None
    end = end_to_read(customer.metrics, counted, latest, zone)
    others = (
        changesets.other_order_times(customer.merchant_id, customer.id, latest.key, end)
        if end is not None
        else ()
    )
    metrics = with_order_change(customer.metrics, counted, latest, zone, others)
    with_metrics = replace(customer, metrics=metrics)
    result = after_order(with_metrics, counted, latest, snapshot.lot, context)
    standalone_points = worth_after(result, snapshot.lot)
    pooled = after_pooled_order(
        resolved.after, counted, latest, standalone_points, snapshot.extra, context
    )
    with_pooled = replace(resolved, after=pooled.person, points=(*resolved.points, *pooled.points))
    return with_pooled.with_result(result, context, reason_of(counted, latest))


def _changeset(  # noqa: PLR0917 - the reads, the event, the customer
    found: LookupResult,
    snapshot: PersonSnapshot,
    incoming: IncomingCustomer,
    latest: Order,
    resolved: ResolvedPerson | None,
    context: LoyaltyContext,
) -> Changeset:
    """Return the changes to the order, its customer, its checkout and the checkout's customer."""
    checkout = _checkout_move(found.checkout, latest, resolved, incoming.occurred_at)
    before = checkout.before if checkout else None
    others: tuple[CustomerMove, ...] = ()
    if before and before.customer_id and counts_as_open(before):
        if resolved and before.customer_id in resolved.after:
            resolved = remove_open_checkout(resolved, before.customer_id, context)
        else:
            person = person_in(snapshot, before.customer_id)
            starter = ResolvedPerson(id=before.customer_id, before=person, after=person)
            others = remove_open_checkout(starter, before.customer_id, context).moves
    if resolved and resolved.after.survivor.status == "erased":
        latest = latest.anonymous()
    moves = (*(resolved.moves if resolved else ()), *others)
    return Changeset(
        customers=revised(moves, context.at),
        order=OrderMove(snapshot.order, KeptOrder(latest, resolved.id if resolved else None)),
        checkout=checkout,
        entries=(*resolved.entries, incoming.entry(resolved.id, "order", text=latest.line()))
        if resolved
        else (),
        pairs=resolved.pairs if resolved else (),
        points=resolved.points if resolved else (),
    )


def _checkout_move(
    stored: Checkout | None, order: Order, resolved: ResolvedPerson | None, at: str
) -> CheckoutMove | None:
    """Close the order's checkout, even one whose own event has not arrived yet (D18)."""
    if order.checkout_id is None or (stored and stored.status == "closed"):
        return None
    checkout = stored or Checkout(
        source=order.source,
        id=order.checkout_id,
        status="open",
        customer_id=resolved.id if resolved else None,
        at=at,
    )
    return CheckoutMove(stored, checkout.closed(at))
