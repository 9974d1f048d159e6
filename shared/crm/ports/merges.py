"""Ports for merges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from crm.domain.kernel.ids import MerchantId
    from crm.domain.merges.merge import Merge, MergePage


class Merges(Protocol):
    """The merges of a merchant's customers; changesets write them."""

    def get(self, merchant_id: MerchantId, merge_id: str) -> Merge:
        """Return a merge, or raise `NotFound`."""
        ...

    def newest(self, merchant_id: MerchantId, *, limit: int, before: str | None) -> MergePage:
        """Return the newest merges older than `before`, without the images of their records."""
        ...

    def forget(self, merchant_id: MerchantId, merge_id: str) -> None:
        """Remove the images of both records; the merge can no longer be undone."""
        ...
