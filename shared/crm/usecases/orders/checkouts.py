"""Take checkouts in: begun, given up, or forgotten for thirty days (D18)."""

from dataclasses import replace
from datetime import datetime

from crm.domain.customers.customer import Author
from crm.domain.kernel.errors import Busy, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import DEFAULT_ZONE, stamp
from crm.domain.loyalty.membership import LoyaltyContext
from crm.domain.merges.changeset import Changeset, CheckoutMove, CustomerMove, Lookup, LookupResult
from crm.domain.orders.buyers import identities_of
from crm.domain.orders.checkouts import Checkout, CheckoutKey, counts_as_open
from crm.ports.customers import Customers
from crm.ports.orders import Changesets, DueCheckouts
from crm.usecases.customers.editing import NewId
from crm.usecases.orders.due_work import see_to_each
from crm.usecases.orders.identity_resolution import (
    ROUNDS,
    IncomingCustomer,
    NewCustomers,
    ResolvedPerson,
    admitted,
    arrived,
    begun,
    ended,
    loyalty_context_of,
    named,
    one_of,
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
    """Count a checkout as open, once; one that is known already, even closed, stays as it is."""
    identities = identities_of(incoming.person)
    new = NewCustomers(merchant_id, incoming, now, new_id, customers)
    for _ in range(ROUNDS):
        known = changesets.known(merchant_id, Lookup(identities=identities, checkout=checkout.key))
        merchant = admitted(known, incoming.source)
        if known.checkout is not None:
            return
        context = loyalty_context_of(known, incoming, merchant.zone, stamp(now))
        try:
            whose = _beginning(merchant_id, known, incoming, new, changesets, at=stamp(now))
            changesets.write(merchant_id, _begun(checkout, incoming, whose, context))
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
    """Close a checkout, even one not heard of yet; `source` is whose event says so, if any."""
    for _ in range(ROUNDS):
        known = changesets.known(merchant_id, Lookup(checkout=key))
        if source is not None:
            admitted(known, source)
        kept = known.checkout
        if kept is not None and kept.status == "closed":
            return
        ended_at = stamp(now)
        over = (kept or Checkout(source=key.source, id=key.id, status="open", at=at)).closed(at)
        try:
            moves = _ending(merchant_id, known, kept, ended_at, changesets)
            changesets.write(
                merchant_id,
                Changeset(customers=revised(moves, ended_at), checkout=CheckoutMove(kept, over)),
            )
        except Stale:
            continue
        return
    raise Busy("busy")


def expire_checkouts(now: datetime, *, due: DueCheckouts, changesets: Changesets) -> int:
    """Close every checkout that was begun thirty days ago or earlier; return how many."""
    at = stamp(now)

    def close(open_one: tuple[MerchantId, CheckoutKey]) -> None:
        end_checkout(*open_one, source=None, at=at, now=now, changesets=changesets)

    return see_to_each(due.due(at), close, lambda: True).done


def _beginning(
    merchant_id: MerchantId,
    known: LookupResult,
    incoming: IncomingCustomer,
    new: NewCustomers,
    changesets: Changesets,
    *,
    at: str,
) -> ResolvedPerson | None:
    """Return whose a checkout is; nobody's, if it names nobody."""
    if not identities_of(incoming.person):
        return None
    standing = changesets.standing(merchant_id, [*known.holders.values()])
    return arrived(known, standing, incoming, named(known, incoming), new, at)


def _begun(
    checkout: Checkout,
    incoming: IncomingCustomer,
    whose: ResolvedPerson | None,
    context: LoyaltyContext,
) -> Changeset:
    if whose is None:
        return Changeset(checkout=CheckoutMove(None, checkout))
    kept = replace(checkout, customer_id=whose.id)
    counted = begun(whose, context) if counts_as_open(kept) else whose
    entry = incoming.entry(whose.id, "checkout", text=f"{checkout.id} · {checkout.total}")
    return Changeset(
        customers=revised(counted.moves, context.at),
        checkout=CheckoutMove(None, kept),
        entries=(*counted.entries, entry),
        pairs=whose.pairs,
    )


def _ending(
    merchant_id: MerchantId,
    known: LookupResult,
    begun_by: Checkout | None,
    at: str,
    changesets: Changesets,
) -> tuple[CustomerMove, ...]:
    """Return what the end of a checkout changes of who began it."""
    if begun_by is None or begun_by.customer_id is None:
        return ()
    customer_id: CustomerId = begun_by.customer_id
    standing = changesets.standing(merchant_id, [customer_id])
    if customer_id not in standing.customers:
        return ()
    person = one_of(standing, customer_id)
    context = LoyaltyContext(
        program=known.program,
        zone=known.merchant.zone if known.merchant else DEFAULT_ZONE,
        at=at,
        by=Author(begun_by.source, begun_by.id),
        seed=f"{begun_by.id} ended",
    )
    whose = ResolvedPerson(id=customer_id, before=person, after=person)
    return ended(whose, customer_id, context).moves
