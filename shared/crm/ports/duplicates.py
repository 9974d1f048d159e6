"""Ports for duplicate detection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from crm.domain.duplicates.blocking_keys import BlockingKey
    from crm.domain.duplicates.scoring import KeptPair, PairId, PairPage, PairQuery
    from crm.domain.kernel.ids import CustomerId, MerchantId


class BlockingKeyIndex(Protocol):
    """Customers by blocking key; its rows hold no personal data, only hashes of keys."""

    def update(
        self,
        merchant_id: MerchantId,
        added: Iterable[tuple[CustomerId, BlockingKey]],
        removed: Iterable[tuple[CustomerId, BlockingKey]],
    ) -> None:
        """Add and remove blocking keys of customers; idempotent."""
        ...

    def find(
        self, merchant_id: MerchantId, blocking_keys: Collection[BlockingKey]
    ) -> Mapping[BlockingKey, Sequence[CustomerId]]:
        """Return the first customers of each key, by id, as last written."""
        ...


class Pairs(Protocol):
    """Pairs of a merchant's customers that may be one person."""

    def get(self, merchant_id: MerchantId, pair: PairId) -> KeptPair:
        """Return a pair, or raise `NotFound`."""
        ...

    def of(self, merchant_id: MerchantId, customer_id: CustomerId) -> Sequence[KeptPair]:
        """Return all pairs of a customer, as last written."""
        ...

    def replace(
        self, merchant_id: MerchantId, before: KeptPair | None, after: KeptPair | None
    ) -> None:
        """Replace `before` by `after`, or delete it; raise `Stale` if `before` is not stored."""
        ...

    def page(self, merchant_id: MerchantId, query: PairQuery) -> PairPage:
        """Return the next listed pairs; a short page may have a next one."""
        ...
