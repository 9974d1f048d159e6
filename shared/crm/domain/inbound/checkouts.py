"""Everything that a checkout changes when it starts or ends."""

from dataclasses import replace

from crm.domain.inbound.recognition import RecognizedEvent
from crm.domain.inbound.resolution import ResolvedPerson, unchanged
from crm.domain.kernel.acts import Author
from crm.domain.kernel.times import DEFAULT_ZONE
from crm.domain.loyalty.membership import LoyaltyContext
from crm.domain.merges.changeset import (
    Changeset,
    CheckoutMove,
    CustomerMove,
    LookupResult,
    PersonSnapshot,
    revised,
)
from crm.domain.orders.checkouts import Checkout, CheckoutKey, counts_as_open


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
