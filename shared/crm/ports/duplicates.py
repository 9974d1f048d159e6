"""Ports for duplicate detection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from crm.domain.duplicates.blocking_keys import BlockingKey
    from crm.domain.duplicates.scoring import KeptPair, PairId, PairPage, PairQuery
    from crm.domain.kernel.ids import CustomerId, MerchantId


class BlockingKeyIndex(Protocol):
    """Who is found by which clue; what is kept of a clue says nothing of a person."""

    def mark(
        self,
        merchant_id: MerchantId,
        joined: Iterable[tuple[CustomerId, BlockingKey]],
        left: Iterable[tuple[CustomerId, BlockingKey]],
    ) -> None:
        """Let customers be found by clues, and no more by others; doing it again does no more."""
        ...

    def sharing(
        self, merchant_id: MerchantId, blocking_keys: Collection[BlockingKey]
    ) -> Mapping[BlockingKey, Sequence[CustomerId]]:
        """Return the first of those that each clue finds, by id, as last written."""
        ...


class Pairs(Protocol):
    """The pairs of a merchant's customers that may be one person."""

    def get(self, merchant_id: MerchantId, pair: PairId) -> KeptPair:
        """Return a pair, or raise `NotFound`."""
        ...

    def of(self, merchant_id: MerchantId, customer_id: CustomerId) -> Sequence[KeptPair]:
        """Return all pairs that a customer is in, as last written."""
        ...

    def replace(
        self, merchant_id: MerchantId, before: KeptPair | None, after: KeptPair | None
    ) -> None:
        """Keep `after` in place of `before`, or nothing; raise `Stale` if that does not stand."""
        ...

    def page(self, merchant_id: MerchantId, query: PairQuery) -> PairPage:
        """Return the next listed pairs; a page may be short, with more behind it."""
        ...
