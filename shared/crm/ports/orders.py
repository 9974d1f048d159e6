"""Ports for orders, checkouts and interactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from crm.domain.kernel.ids import CustomerId, MerchantId
    from crm.domain.merges.changeset import Changeset, Lookup, LookupResult, Owner, PersonSnapshot
    from crm.domain.orders.checkouts import CheckoutKey
    from crm.domain.orders.interactions import Interactions
    from crm.domain.orders.orders import End, History, OrderKey, OrderPage, OrderQuery


class Changesets(Protocol):
    """Read what an event needs in two calls, and write its changes in one transaction."""

    def look_up(self, merchant_id: MerchantId, lookup: Lookup) -> LookupResult:
        """Read the merchant and everything that an event names, strongly consistent."""
        ...

    def snapshot(
        self,
        merchant_id: MerchantId,
        customer_ids: Collection[CustomerId],
        order: OrderKey | None = None,
        owner: Owner | None = None,
    ) -> PersonSnapshot:
        """Read customers and, if it has an owner, an order, strongly consistent.

        Each customer comes with all records of the same person.
        """
        ...

    def other_order_times(
        self, merchant_id: MerchantId, customer_id: CustomerId, without: OrderKey, end: End
    ) -> Sequence[str]:
        """Return when the customer's other counted orders were placed.

        From the `oldest` end one is enough, from the `newest` end `RECENT`; `both` returns all.
        """
        ...

    def write(self, merchant_id: MerchantId, changeset: Changeset) -> None:
        """Write everything or nothing; raise `Stale` if a row changed since it was read.

        If an entry marked `once` is already stored, the changeset was written before and the call
        does nothing.
        """
        ...


class Orders(Protocol):
    """A customer's stored orders, opening balances and interaction counts."""

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, query: OrderQuery
    ) -> OrderPage:
        """Return a page of a customer's orders, newest first."""
        ...

    def history(self, merchant_id: MerchantId, customer_id: CustomerId) -> History:
        """Return what metrics are computed from: all orders without their lines, and openings."""
        ...

    def interactions(self, merchant_id: MerchantId, customer_id: CustomerId) -> Interactions:
        """Return the counts of a customer's interactions."""
        ...


class DueCheckouts(Protocol):
    """The due checkouts of all merchants: the only port without a merchant id."""

    def due(self, now: str) -> Iterable[tuple[MerchantId, CheckoutKey]]:
        """Yield the open checkouts that are due at a moment."""
        ...


class Audits(Protocol):
    """The progress of the audits of a merchant's metrics."""

    def record(
        self, merchant_id: MerchantId, audit_id: str, bucket: str, counts: dict[str, int]
    ) -> None:
        """Store the counts of a bucket; repeating the call changes nothing."""
        ...
