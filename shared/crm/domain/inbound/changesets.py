"""Everything that one inbound event changes, to be written in one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from crm.domain.inbound.orders import PreparedOrder
from crm.domain.inbound.recognition import RecognizedEvent
from crm.domain.inbound.resolution import ResolvedPerson, unchanged
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import DEFAULT_ZONE
from crm.domain.loyalty.earning import after_order, worth_after
from crm.domain.loyalty.membership import LoyaltyContext
from crm.domain.merges.changeset import (
    Changeset,
    CheckoutMove,
    CustomerMove,
    LookupResult,
    OrderMove,
    PersonSnapshot,
    revised,
)
from crm.domain.merges.pooled_points import after_pooled_order
from crm.domain.orders.checkouts import Checkout, CheckoutKey, counts_as_open
from crm.domain.orders.interactions import Interaction
from crm.domain.orders.orders import KeptOrder, Order, with_order_change


class EventLine(NamedTuple):
    """The line that an event adds to its customer's history, once."""

    kind: Literal["interaction", "note"]
    text: str
    interaction: Interaction | None = None


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


def started_checkout(
    event: RecognizedEvent, checkout: Checkout, resolved: ResolvedPerson | None
) -> Changeset:
    """Store a new checkout, and count it for its customer if it is open."""
    if resolved is None:
        return Changeset(checkout=CheckoutMove(None, checkout))
    owned = replace(checkout, customer_id=resolved.id)
    if counts_as_open(owned):
        resolved = resolved.with_checkouts(resolved.id, 1, event.context)
    text = f"{checkout.id} · {checkout.total}"
    return Changeset(
        customers=revised(resolved.moves, event.at),
        checkout=CheckoutMove(None, owned),
        entries=(*resolved.entries, event.incoming.entry(resolved.id, "checkout", text=text)),
        pairs=resolved.pairs,
    )


def ended_checkout(
    key: CheckoutKey,
    found: LookupResult,
    snapshot: PersonSnapshot | None,
    ended_at: str,
    at: str,
) -> Changeset:
    """Close a checkout, even one that is not stored yet, at the moment its event names.

    `snapshot` has the checkout's customer, unless it has none; `at` is the current time.
    """
    stored = found.checkout
    moves: tuple[CustomerMove, ...] = ()
    if stored and stored.customer_id and snapshot and stored.customer_id in snapshot.customers:
        context = LoyaltyContext(
            program=found.program,
            zone=found.merchant.zone if found.merchant else DEFAULT_ZONE,
            at=at,
            by=Author(stored.source, stored.id),
            seed=f"{stored.id} ended",
        )
        person = unchanged(snapshot, stored.customer_id)
        moves = person.with_checkouts(stored.customer_id, -1, context).moves
    opened = stored or Checkout(source=key.source, id=key.id, status="open", at=ended_at)
    return Changeset(
        customers=revised(moves, at), checkout=CheckoutMove(stored, opened.closed(ended_at))
    )


def customer_changeset(
    event: RecognizedEvent, resolved: ResolvedPerson, line: EventLine | None
) -> Changeset:
    """Store the customer of an event, and add a line to its history."""
    entries = resolved.entries
    if line is not None:
        kind, text, interaction = line
        entry = event.incoming.entry(
            resolved.id, kind, text=text, once=True, interaction=interaction
        )
        entries = (*entries, entry)
    return Changeset(
        customers=revised(resolved.moves, event.at), entries=entries, pairs=resolved.pairs
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
