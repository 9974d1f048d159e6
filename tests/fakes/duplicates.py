"""The ports of the duplicate radar, kept in memory."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from crm.domain.duplicates.blocking_keys import LOOKED_AT, BlockingKey
from crm.domain.duplicates.scoring import (
    KeptPair,
    Named,
    PairId,
    PairPage,
    PairQuery,
    pair_id,
    position_of,
)
from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.merges.changeset import Pair
from tests.fakes.customers import InMemoryCustomers


class InMemoryBlockingKeyIndex:
    """`ports.BlockingKeyIndex`: claims are those of the customers, other clues are kept here."""

    def __init__(self, customers: InMemoryCustomers) -> None:
        self._customers = customers
        self.found: dict[tuple[MerchantId, BlockingKey], set[CustomerId]] = defaultdict(set)

    def mark(
        self,
        merchant_id: MerchantId,
        joined: Iterable[tuple[CustomerId, BlockingKey]],
        left: Iterable[tuple[CustomerId, BlockingKey]],
    ) -> None:
        for customer_id, blocking_key in joined:
            if blocking_key.identity is None:
                self.found[merchant_id, blocking_key].add(customer_id)
        for customer_id, blocking_key in left:
            self.found[merchant_id, blocking_key].discard(customer_id)

    def sharing(
        self, merchant_id: MerchantId, blocking_keys: Collection[BlockingKey]
    ) -> Mapping[BlockingKey, Sequence[CustomerId]]:
        return {
            blocking_key: sorted(self._of(merchant_id, blocking_key))[:LOOKED_AT]
            for blocking_key in blocking_keys
        }

    def _of(self, merchant_id: MerchantId, blocking_key: BlockingKey) -> Collection[CustomerId]:
        identity = blocking_key.identity
        if identity is None:
            return self.found.get((merchant_id, blocking_key), ())
        return self._customers.all_holders(merchant_id, identity)


class InMemoryPairs:
    """`ports.Pairs` over a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[tuple[MerchantId, PairId], KeptPair] = {}

    def name(self, merchant_id: MerchantId, told: Pair) -> None:
        """Note what an event says, as a movement does."""
        pair = pair_id(told.lower, told.higher)
        known = self._kept.get((merchant_id, pair), KeptPair(id=pair))
        if known.named is None:
            named = Named(told.kind, told.source, told.at)
            self._kept[merchant_id, pair] = replace(known, named=named)

    def get(self, merchant_id: MerchantId, pair: PairId) -> KeptPair:
        try:
            return self._kept[merchant_id, pair]
        except KeyError:
            raise NotFound("pair_not_found") from None

    def of(self, merchant_id: MerchantId, customer_id: CustomerId) -> Sequence[KeptPair]:
        return [
            each
            for (owner, pair), each in self._kept.items()
            if owner == merchant_id and customer_id in pair
        ]

    def replace(
        self, merchant_id: MerchantId, before: KeptPair | None, after: KeptPair | None
    ) -> None:
        known = after or before
        if known is None:
            return
        if self._kept.get((merchant_id, known.id)) != before:
            raise Stale("stale", current_version=None)
        if after is None:
            del self._kept[merchant_id, known.id]
        else:
            self._kept[merchant_id, known.id] = after

    def page(self, merchant_id: MerchantId, query: PairQuery) -> PairPage:
        listed = sorted(
            (
                each
                for (owner, _), each in self._kept.items()
                if owner == merchant_id
                and each.is_listed
                and each.status == query.status
                and each.score >= query.least
                and (query.reason is None or query.reason in each.reasons)
                and (query.after is None or position_of(each) < query.after)
            ),
            key=position_of,
            reverse=True,
        )
        shown = tuple(listed[: query.limit])
        more = len(listed) > query.limit
        return PairPage(shown, position_of(shown[-1]) if more else None)

    def listed(self, merchant_id: MerchantId) -> dict[PairId, tuple[str, int]]:
        """Return status and score of every pair that is listed."""
        return {
            pair: (each.status, each.score)
            for (owner, pair), each in self._kept.items()
            if owner == merchant_id and each.is_listed
        }
