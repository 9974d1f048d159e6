"""In-memory ports of duplicate detection."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from crm.domain.duplicates.blocking_keys import MOST_CANDIDATES, BlockingKey
from crm.domain.duplicates.scoring import (
    EventEvidence,
    KeptPair,
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
    """`ports.BlockingKeyIndex`: claims come from the customers, other keys are kept here."""

    def __init__(self, customers: InMemoryCustomers) -> None:
        self._customers = customers
        self.found: dict[tuple[MerchantId, BlockingKey], set[CustomerId]] = defaultdict(set)

    def update(
        self,
        merchant_id: MerchantId,
        added: Iterable[tuple[CustomerId, BlockingKey]],
        removed: Iterable[tuple[CustomerId, BlockingKey]],
    ) -> None:
        for customer_id, blocking_key in added:
            if blocking_key.identity is None:
                self.found[merchant_id, blocking_key].add(customer_id)
        for customer_id, blocking_key in removed:
            self.found[merchant_id, blocking_key].discard(customer_id)

    def find(
        self, merchant_id: MerchantId, blocking_keys: Collection[BlockingKey]
    ) -> Mapping[BlockingKey, Sequence[CustomerId]]:
        return {
            blocking_key: sorted(self._of(merchant_id, blocking_key))[:MOST_CANDIDATES]
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
        self._pairs: dict[tuple[MerchantId, PairId], KeptPair] = {}

    def name(self, merchant_id: MerchantId, evidence: Pair) -> None:
        """Record the evidence of an event, as a changeset does."""
        pair = pair_id(evidence.lower, evidence.higher)
        stored = self._pairs.get((merchant_id, pair), KeptPair(id=pair))
        if stored.named is None:
            named = EventEvidence(evidence.kind, evidence.source, evidence.at)
            self._pairs[merchant_id, pair] = replace(stored, named=named)

    def get(self, merchant_id: MerchantId, pair: PairId) -> KeptPair:
        try:
            return self._pairs[merchant_id, pair]
        except KeyError:
            raise NotFound("pair_not_found") from None

    def of(self, merchant_id: MerchantId, customer_id: CustomerId) -> Sequence[KeptPair]:
        return [
            each
            for (owner, pair), each in self._pairs.items()
            if owner == merchant_id and customer_id in pair
        ]

    def replace(
        self, merchant_id: MerchantId, before: KeptPair | None, after: KeptPair | None
    ) -> None:
        pair = after or before
        if pair is None:
            return
        if self._pairs.get((merchant_id, pair.id)) != before:
            raise Stale("stale", current_version=None)
        if after is None:
            del self._pairs[merchant_id, pair.id]
        else:
            self._pairs[merchant_id, pair.id] = after

    def page(self, merchant_id: MerchantId, query: PairQuery) -> PairPage:
        listed = sorted(
            (
                each
                for (owner, _), each in self._pairs.items()
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
        """Return the status and score of every listed pair."""
        return {
            pair: (each.status, each.score)
            for (owner, pair), each in self._pairs.items()
            if owner == merchant_id and each.is_listed
        }
