"""Ports for lists and search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from crm.domain.customers.changes import CustomerChange
    from crm.domain.kernel.ids import CustomerId, MerchantId
    from crm.domain.lists.facets import FacetKind
    from crm.domain.lists.pages import Found, ListQuery, Page, WalkedPage
    from crm.domain.lists.search import Search
    from crm.domain.lists.views import View


class CustomerLists(Protocol):
    """The customers of a merchant in the order of the list indexes, within seconds of a write."""

    def page(self, merchant_id: MerchantId, query: ListQuery) -> Page:
        """Return the next customers of a list."""
        ...


class CustomerSearch(Protocol):
    """The search box: identities as last written, the rest within seconds of a write."""

    def find(self, merchant_id: MerchantId, search: Search, limit: int) -> Found:
        """Return the active customers that fit best; say if there may be more."""
        ...


class Views(Protocol):
    """The views that a merchant's people have saved."""

    def all(self, merchant_id: MerchantId) -> list[View]:
        """Return all views of a merchant, oldest first."""
        ...

    def get(self, merchant_id: MerchantId, view_id: str) -> View:
        """Return a view, or raise `NotFound`."""
        ...

    def add(self, merchant_id: MerchantId, view: View) -> None:
        """Keep a new view."""
        ...

    def replace(self, merchant_id: MerchantId, before: View, after: View) -> None:
        """Write a view if `before.version` still stands, else raise `Stale`."""
        ...

    def remove(self, merchant_id: MerchantId, view: View) -> None:
        """Remove a view if its version still stands, else raise `Stale`."""
        ...


class CustomerWalk(Protocol):
    """All customers of a merchant, as last written, in buckets that can be read side by side."""

    def buckets(self, merchant_id: MerchantId) -> Sequence[str]:
        """Return the buckets, in their order."""
        ...

    def page(self, merchant_id: MerchantId, bucket: str, after: CustomerId | None) -> WalkedPage:
        """Return the next customers of a bucket by id, whatever their status."""
        ...

    def chosen(
        self,
        merchant_id: MerchantId,
        bucket: str,
        after: CustomerId | None,
        ids: Collection[CustomerId],
    ) -> WalkedPage:
        """Return the next customers of a bucket by id that are among these."""
        ...


class Facets(Protocol):
    """How many customers have each tag, group, tier and province, within seconds of a write."""

    def counts(self, merchant_id: MerchantId, kind: FacetKind) -> Mapping[str, int]:
        """Return how many active customers have each value of a facet."""
        ...

    def move(self, merchant_id: MerchantId, changes: Sequence[CustomerChange]) -> None:
        """Count changes of one partition in order; those counted before are passed over."""
        ...
