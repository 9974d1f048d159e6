"""Ports for lists and search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from crm.domain.customers.changes import CustomerChange
    from crm.domain.kernel.ids import CustomerId, MerchantId
    from crm.domain.lists.facets import FacetKind
    from crm.domain.lists.pages import ListQuery, Page, SearchResult, WalkedPage
    from crm.domain.lists.search import Search
    from crm.domain.lists.views import View


class CustomerLists(Protocol):
    """Customers of a merchant in the order of the list indexes, within seconds of a write."""

    def page(self, merchant_id: MerchantId, query: ListQuery) -> Page:
        """Return the next page of a list."""
        ...


class CustomerSearch(Protocol):
    """The search box: identities as last written, the rest within seconds of a write."""

    def find(self, merchant_id: MerchantId, search: Search, limit: int) -> SearchResult:
        """Return the active customers that match best, and whether there may be more."""
        ...


class Views(Protocol):
    """Saved views of a merchant's people."""

    def all(self, merchant_id: MerchantId) -> list[View]:
        """Return all views of a merchant, oldest first."""
        ...

    def get(self, merchant_id: MerchantId, view_id: str) -> View:
        """Return a view, or raise `NotFound`."""
        ...

    def add(self, merchant_id: MerchantId, view: View) -> None:
        """Add a new view."""
        ...

    def replace(self, merchant_id: MerchantId, before: View, after: View) -> None:
        """Replace a view if its version is `before.version`, else raise `Stale`."""
        ...

    def remove(self, merchant_id: MerchantId, view: View) -> None:
        """Remove a view if its version is unchanged, else raise `Stale`."""
        ...


class CustomerWalk(Protocol):
    """All customers of a merchant, as last written, in buckets that can be read in parallel."""

    def buckets(self, merchant_id: MerchantId) -> Sequence[str]:
        """Return the buckets, in their order."""
        ...

    def page(self, merchant_id: MerchantId, bucket: str, after: CustomerId | None) -> WalkedPage:
        """Return the next customers of a bucket by id, of any status."""
        ...

    def chosen(
        self,
        merchant_id: MerchantId,
        bucket: str,
        after: CustomerId | None,
        ids: Collection[CustomerId],
    ) -> WalkedPage:
        """Return the next of the given customers in a bucket, by id."""
        ...


class Facets(Protocol):
    """Counts of customers by tag, group, tier and province, within seconds of a write."""

    def counts(self, merchant_id: MerchantId, kind: FacetKind) -> Mapping[str, int]:
        """Return the number of active customers for each value of a facet."""
        ...

    def move(self, merchant_id: MerchantId, changes: Sequence[CustomerChange]) -> None:
        """Count changes of one partition in order; skip those counted before."""
        ...
