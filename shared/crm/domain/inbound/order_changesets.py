"""Everything that an order changes, to be written in one transaction."""

from collections.abc import Sequence
from dataclasses import replace

from crm.domain.inbound.orders import PreparedOrder
from crm.domain.inbound.recognition import RecognizedEvent
from crm.domain.inbound.resolution import ResolvedPerson, unchanged
from crm.domain.kernel.ids import CustomerId
from crm.domain.loyalty.earning import after_order, worth_after
from crm.domain.merges.changeset import (
    Changeset,
    CheckoutMove,
    CustomerMove,
    OrderMove,
    revised,
)
from crm.domain.merges.pooled_points import after_pooled_order
from crm.domain.orders.checkouts import Checkout, counts_as_open
from crm.domain.orders.orders import KeptOrder, Order, with_order_change


def order_changeset(prepared: PreparedOrder, other_times: Sequence[str]) -> Changeset:
    """Count an order for its customer and close its checkout.

    `other_times` are when the orders that `prepared.others` asks for were placed.
    """
    event, latest = prepared.recognized.event, prepared.change.after
    resolved = prepared.resolved
    others: tuple[CustomerMove, ...] = ()
    if resolved:
        resolved = _with_order(prepared, resolved, other_times)
    checkout = _closed_by_order(event, latest, prepared.customer_id)
    if checkout and checkout.before:
        resolved, others = _without_checkout(prepared, resolved, checkout.before)
    if resolved and resolved.after.survivor.status == "erased":
        latest = latest.anonymous()
    changeset = Changeset(
        customers=revised((*(resolved.moves if resolved else ()), *others), event.at),
        order=OrderMove(prepared.snapshot.order, KeptOrder(latest, prepared.customer_id)),
        checkout=checkout,
    )
    if resolved is None:
        return changeset
    line = event.incoming.entry(resolved.id, "order", text=latest.line())
    return replace(
        changeset,
        entries=(*resolved.entries, line),
        pairs=resolved.pairs,
        points=resolved.points,
    )


def _with_order(
    prepared: PreparedOrder, resolved: ResolvedPerson, other_times: Sequence[str]
) -> ResolvedPerson:
    """Return the customer with the latest snapshot counted in place of the stored one."""
    change, context, lot = (
        prepared.change,
        prepared.recognized.event.context,
        prepared.snapshot.lot,
    )
    customer, end = resolved.after.standalone(resolved.id), prepared.others and prepared.others.end
    metrics = with_order_change(customer.metrics, change, context.zone, end, other_times)
    result = after_order(replace(customer, metrics=metrics), change, lot, context)
    pooled = after_pooled_order(
        resolved.after, change, worth_after(result, lot), prepared.snapshot.extra, context
    )
    with_pooled = replace(resolved, after=pooled.person, points=(*resolved.points, *pooled.points))
    return with_pooled.with_result(result, context, change.reason)


def _closed_by_order(
    event: RecognizedEvent, order: Order, customer_id: CustomerId | None
) -> CheckoutMove | None:
    """Close the order's checkout, even one whose own event has not arrived yet (D18)."""
    stored, at = event.found.checkout, event.incoming.occurred_at
    if order.checkout_id is None or (stored and stored.status == "closed"):
        return None
    checkout = stored or Checkout(
        source=order.source, id=order.checkout_id, status="open", customer_id=customer_id, at=at
    )
    return CheckoutMove(stored, checkout.closed(at))


def _without_checkout(
    prepared: PreparedOrder, resolved: ResolvedPerson | None, checkout: Checkout
) -> tuple[ResolvedPerson | None, tuple[CustomerMove, ...]]:
    """Count the order's checkout no longer, for the order's customer or for another one.

    Returns the order's customer, and the changes to another customer.
    """
    context, whose = prepared.recognized.event.context, checkout.customer_id
    if whose is None or not counts_as_open(checkout):
        return resolved, ()
    if resolved and whose in resolved.after:
        return resolved.with_checkouts(whose, -1, context), ()
    return resolved, unchanged(prepared.snapshot, whose).with_checkouts(whose, -1, context).moves
