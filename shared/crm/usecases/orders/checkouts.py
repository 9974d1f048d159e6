"""Record checkouts that start, end or expire after thirty days (D18)."""

from dataclasses import replace
from datetime import datetime

from crm.domain.kernel.acts import Author, NewId
from crm.domain.kernel.errors import Busy, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import DEFAULT_ZONE, stamp
from crm.domain.loyalty.membership import LoyaltyContext
from crm.domain.merges.changeset import Changeset, CheckoutMove, CustomerMove, Lookup, LookupResult
from crm.domain.orders.buyers import identities_of
from crm.domain.orders.checkouts import Checkout, CheckoutKey, counts_as_open
from crm.ports.customers import Customers
from crm.ports.orders import Changesets, DueCheckouts
from crm.usecases.orders.due_work import process_each
from crm.usecases.orders.identity_resolution import (
    ROUNDS,
    IncomingCustomer,
    NewCustomers,
    ResolvedPerson,
    add_open_checkout,
    first_holder,
    loyalty_context,
    person_in,
    remove_open_checkout,
    require_merchant,
    resolve_person,
    revised,
)


def start_checkout(
    merchant_id: MerchantId,
    checkout: Checkout,
    incoming: IncomingCustomer,
    *,
    now: datetime,
    new_id: NewId,
    customers: Customers,
    changesets: Changesets,
) -> None:
    """Count a checkout as open, once; a stored checkout, even a closed one, does not change."""
    identities = identities_of(incoming.person)
    new = NewCustomers(merchant_id, incoming, now, new_id, customers)
    for _ in range(ROUNDS):
        lookup = Lookup(identities=identities, checkout=checkout.key)
        found = changesets.look_up(merchant_id, lookup)
        merchant = require_merchant(found, incoming.source)
        if found.checkout is not None:
            return
        context = loyalty_context(found, incoming, merchant.zone, stamp(now))
        try:
            resolved = _resolve(merchant_id, found, incoming, new, changesets, at=stamp(now))
            changesets.write(merchant_id, _start_changeset(checkout, incoming, resolved, context))
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
    changesets: Changesets,
) -> None:
    """Close a checkout, even one that is not stored yet.

    `source` is the source of the event, or None if no event asked for it.
    """
    for _ in range(ROUNDS):
        found = changesets.look_up(merchant_id, Lookup(checkout=key))
        if source is not None:
            require_merchant(found, source)
        stored = found.checkout
        if stored is not None and stored.status == "closed":
            return
        ended_at = stamp(now)
        opened = stored or Checkout(source=key.source, id=key.id, status="open", at=at)
        try:
            moves = _close_moves(merchant_id, found, stored, ended_at, changesets)
            changesets.write(
                merchant_id,
                Changeset(
                    customers=revised(moves, ended_at),
                    checkout=CheckoutMove(stored, opened.closed(at)),
                ),
            )
        except Stale:
            continue
        return
    raise Busy("busy")


def expire_checkouts(now: datetime, *, due: DueCheckouts, changesets: Changesets) -> int:
    """Close every checkout started at least thirty days ago; return how many."""
    at = stamp(now)

    def close(checkout: tuple[MerchantId, CheckoutKey]) -> None:
        end_checkout(*checkout, source=None, at=at, now=now, changesets=changesets)

    return process_each(due.due(at), close, lambda: True).done


def _resolve(
    merchant_id: MerchantId,
    found: LookupResult,
    incoming: IncomingCustomer,
    new: NewCustomers,
    changesets: Changesets,
    *,
    at: str,
) -> ResolvedPerson | None:
    """Return the checkout's customer, or None if the event names nobody."""
    if not identities_of(incoming.person):
        return None
    snapshot = changesets.snapshot(merchant_id, [*found.holders.values()])
    return resolve_person(found, snapshot, incoming, first_holder(found, incoming), new, at)


def _start_changeset(
    checkout: Checkout,
    incoming: IncomingCustomer,
    resolved: ResolvedPerson | None,
    context: LoyaltyContext,
) -> Changeset:
    if resolved is None:
        return Changeset(checkout=CheckoutMove(None, checkout))
    owned = replace(checkout, customer_id=resolved.id)
    counted = add_open_checkout(resolved, context) if counts_as_open(owned) else resolved
    entry = incoming.entry(resolved.id, "checkout", text=f"{checkout.id} · {checkout.total}")
    return Changeset(
        customers=revised(counted.moves, context.at),
        checkout=CheckoutMove(None, owned),
        entries=(*counted.entries, entry),
        pairs=resolved.pairs,
    )


def _close_moves(
    merchant_id: MerchantId,
    found: LookupResult,
    stored: Checkout | None,
    at: str,
    changesets: Changesets,
) -> tuple[CustomerMove, ...]:
    """Return the changes to the customer whose checkout ends."""
    if stored is None or stored.customer_id is None:
        return ()
    customer_id: CustomerId = stored.customer_id
    snapshot = changesets.snapshot(merchant_id, [customer_id])
    if customer_id not in snapshot.customers:
        return ()
    person = person_in(snapshot, customer_id)
    context = LoyaltyContext(
        program=found.program,
        zone=found.merchant.zone if found.merchant else DEFAULT_ZONE,
        at=at,
        by=Author(stored.source, stored.id),
        seed=f"{stored.id} ended",
    )
    resolved = ResolvedPerson(id=customer_id, before=person, after=person)
    return remove_open_checkout(resolved, customer_id, context).moves
