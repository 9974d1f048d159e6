"""Ports for merges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from crm.domain.kernel.ids import MerchantId
    from crm.domain.merges.merge import Merge, MergePage


class Merges(Protocol):
    """The merges of a merchant's customers; movements write them."""

    def get(self, merchant_id: MerchantId, merge_id: str) -> Merge:
        """Return a merge, or raise `NotFound`."""
        ...

    def newest(self, merchant_id: MerchantId, *, limit: int, before: str | None) -> MergePage:
        """Return the newest merges that are older than `before`, without what records were."""
        ...

    def forget(self, merchant_id: MerchantId, merge_id: str) -> None:
        """Remove what both records were; the merge can be undone no more."""
        ...
