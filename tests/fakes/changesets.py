"""In-memory ports of changesets and orders."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from threading import Lock

from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.loyalty.points import place_of_extra, place_of_lot
from crm.domain.merchants.merchant import Merchant
from crm.domain.merges.changeset import (
    Changeset,
    CheckoutMove,
    Entry,
    Extra,
    Lookup,
    LookupResult,
    MergeMove,
    OrderMove,
    Owner,
    Pair,
    PersonSnapshot,
)
from crm.domain.merges.person import relatives
from crm.domain.orders.checkouts import Checkout, CheckoutKey
from crm.domain.orders.interactions import Interactions, ItemCount
from crm.domain.orders.orders import (
    RECENT,
    End,
    History,
    KeptOrder,
    Opening,
    Order,
    OrderKey,
    OrderPage,
    OrderPosition,
    OrderQuery,
    contribution,
)
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.loyalty import InMemoryLoyalty
from tests.fakes.merchants import InMemoryMerchants
from tests.fakes.merges import InMemoryMerges


class InMemoryChangesets:
    """`ports.Changesets`, `ports.Orders` and `ports.DueCheckouts` over dictionaries."""

    def __init__(self, customers: InMemoryCustomers, merchants: InMemoryMerchants) -> None:
        self._customers = customers
        self._merchants = merchants
        self._orders: dict[tuple[MerchantId, OrderKey], KeptOrder] = {}
        self._checkouts: dict[tuple[MerchantId, CheckoutKey], Checkout] = {}
        self._openings: dict[tuple[MerchantId, CustomerId], dict[str, Opening]] = {}
        self._written: set[tuple[MerchantId, CustomerId, str]] = set()
        self._entries: dict[tuple[MerchantId, CustomerId], list[Entry]] = {}
        self._lock = Lock()
        self.pairs: dict[tuple[MerchantId, CustomerId, CustomerId], Pair] = {}
        self.loyalty = InMemoryLoyalty()
        self.merges = InMemoryMerges()

    def look_up(self, merchant_id: MerchantId, lookup: Lookup) -> LookupResult:
        kept = self._orders.get((merchant_id, lookup.order)) if lookup.order else None
        stored_checkout = (
            self._checkouts.get((merchant_id, lookup.checkout)) if lookup.checkout else None
        )
        owner = None
        if kept is not None:
            unowned = kept if kept.customer_id is None else None
            owner = Owner(kept.customer_id, kept.order.placed_at, kept.order.version, unowned)
        return LookupResult(
            merchant=self._merchant(merchant_id),
            holders=self._customers.holders(merchant_id, lookup.identities),
            owner=owner,
            checkout=stored_checkout,
            program=self.loyalty.programs.active(merchant_id),
        )

    def snapshot(
        self,
        merchant_id: MerchantId,
        customer_ids: Collection[CustomerId],
        order: OrderKey | None = None,
        owner: Owner | None = None,
    ) -> PersonSnapshot:
        customers = dict(self._customers.get_many(merchant_id, customer_ids))
        named = {other for each in customers.values() for other in relatives(each)}
        customers |= self._customers.get_many(merchant_id, named)
        kept = self._orders.get((merchant_id, order)) if order and owner else None
        lot = None
        if order and owner and owner.customer_id:
            place = place_of_lot(order.source, order.id, owner.placed_at)
            lot = self.loyalty.line(merchant_id, owner.customer_id, place)
        extra = None
        if order and owner and named:
            place = place_of_extra(order.source, order.id, owner.placed_at)
            for each in customers:
                if entry := self.loyalty.line(merchant_id, each, place):
                    extra = Extra(each, entry)
        return PersonSnapshot(customers, kept, lot, extra)

    def other_order_times(
        self, merchant_id: MerchantId, customer_id: CustomerId, without: OrderKey, end: End
    ) -> Sequence[str]:
        moments = sorted(
            order.placed_at
            for order in self._orders_of(merchant_id, customer_id)
            if order.key != without and contribution(order).order_count
        )
        return {"oldest": moments[:1], "newest": moments[-RECENT:], "both": moments}[end]

    def write(self, merchant_id: MerchantId, changeset: Changeset) -> None:
        with self._lock:
            if any(
                entry.once and (merchant_id, entry.customer_id, entry.activity.id) in self._written
                for entry in changeset.entries
            ):
                return
            if not self._fits(merchant_id, changeset):
                raise Stale("stale", current_version=None)
            self._write(merchant_id, changeset)

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, query: OrderQuery
    ) -> OrderPage:
        newest = self._orders_of(merchant_id, customer_id)
        places = [OrderPosition(order.placed_at, *order.key) for order in newest]
        start, end = 0, query.limit
        if query.newer:
            end = sum(query.beside is None or place > query.beside for place in places)
            start = max(0, end - query.limit)
        elif query.beside is not None:
            start = sum(place >= query.beside for place in places)
            end = start + query.limit
        return OrderPage(tuple(newest[start:end]), end < len(newest), start > 0)

    def history(self, merchant_id: MerchantId, customer_id: CustomerId) -> History:
        openings = self._openings.get((merchant_id, customer_id), {})
        return History(self._orders_of(merchant_id, customer_id), tuple(openings.values()))

    def interactions(self, merchant_id: MerchantId, customer_id: CustomerId) -> Interactions:
        interactions = [
            entry.interaction
            for entry in self._entries.get((merchant_id, customer_id), ())
            if entry.interaction
        ]
        items = Counter((each.kind, each.item_id) for each in interactions)
        names = {
            (each.kind, each.item_id): each.item_name or each.item_id for each in interactions
        }
        return Interactions(
            tuple(ItemCount(*key, names[key], times) for key, times in sorted(items.items())),
            tuple(sorted(Counter(each.channel for each in interactions if each.channel).items())),
            tuple(sorted(Counter(each.device for each in interactions if each.device).items())),
        )

    def due(self, now: str) -> Iterable[tuple[MerchantId, CheckoutKey]]:
        return [
            (merchant_id, key)
            for (merchant_id, key), checkout in self._checkouts.items()
            if checkout.status == "open" and checkout.customer_id and checkout.due_at <= now
        ]

    def _merchant(self, merchant_id: MerchantId) -> Merchant | None:
        try:
            return self._merchants.get(merchant_id)
        except NotFound:
            return None

    def _orders_of(self, merchant_id: MerchantId, customer_id: CustomerId) -> tuple[Order, ...]:
        found = [
            kept.order
            for (merchant, _), kept in self._orders.items()
            if merchant == merchant_id and kept.customer_id == customer_id
        ]
        return tuple(sorted(found, key=lambda each: (each.placed_at, *each.key), reverse=True))

    def _fits(self, merchant_id: MerchantId, changeset: Changeset) -> bool:
        return (
            self._customers.fits(merchant_id, changeset.customers)
            and (changeset.order is None or self._order_fits(merchant_id, changeset.order))
            and (
                changeset.checkout is None or self._checkout_fits(merchant_id, changeset.checkout)
            )
            and self.loyalty.fits(merchant_id, changeset)
            and (changeset.merge is None or self._merge_fits(merchant_id, changeset.merge))
        )

    def _merge_fits(self, merchant_id: MerchantId, move: MergeMove) -> bool:
        stored = self.merges.kept.get((merchant_id, move.after.id))
        return (stored and stored.status) == (move.before and move.before.status)

    def _order_fits(self, merchant_id: MerchantId, move: OrderMove) -> bool:
        kept = self._orders.get((merchant_id, move.after.order.key))
        return (kept and (kept.order.version, kept.customer_id)) == (
            move.before and (move.before.order.version, move.before.customer_id)
        )

    def _checkout_fits(self, merchant_id: MerchantId, move: CheckoutMove) -> bool:
        stored_checkout = self._checkouts.get((merchant_id, move.after.key))
        return (stored_checkout and stored_checkout.status) == (move.before and move.before.status)

    def _write(self, merchant_id: MerchantId, changeset: Changeset) -> None:
        self._customers.move(merchant_id, changeset.customers)
        for claim_move in changeset.claims:
            self._customers.claim(merchant_id, claim_move)
        if changeset.merge:
            self.merges.kept[merchant_id, changeset.merge.after.id] = changeset.merge.after
        if changeset.order:
            after = changeset.order.after
            self._orders[merchant_id, after.order.key] = after
        if changeset.checkout:
            checkout = changeset.checkout.after
            self._checkouts[merchant_id, checkout.key] = checkout
        if changeset.opening:
            customer_id, opening = changeset.opening
            self._openings.setdefault((merchant_id, customer_id), {})[opening.id] = opening
        self.loyalty.move(merchant_id, changeset)
        for entry in changeset.entries:
            self._written.add((merchant_id, entry.customer_id, entry.activity.id))
            self._entries.setdefault((merchant_id, entry.customer_id), []).append(entry)
            self._customers.history.write(merchant_id, entry.customer_id, entry.activity)
        for pair in changeset.pairs:
            self.pairs.setdefault((merchant_id, pair.lower, pair.higher), pair)
