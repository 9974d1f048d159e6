"""Ports for orders, checkouts and interactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from crm.domain.kernel.ids import CustomerId, MerchantId
    from crm.domain.merges.changeset import Changeset, Lookup, LookupResult, Owner, Standing
    from crm.domain.orders.checkouts import CheckoutKey
    from crm.domain.orders.interactions import Interactions
    from crm.domain.orders.orders import End, History, OrderKey, OrderPage, OrderQuery


class Changesets(Protocol):
    """What an event names, read in two calls, and all that it changes, in one transaction."""

    def known(self, merchant_id: MerchantId, asked: Lookup) -> LookupResult:
        """Return what is known of what an event names, as last written."""
        ...

    def standing(
        self,
        merchant_id: MerchantId,
        customer_ids: Collection[CustomerId],
        order: OrderKey | None = None,
        owner: Owner | None = None,
    ) -> Standing:
        """Return customers and, where it has an owner, an order, as last written.

        With a customer come all records of the same person.
        """
        ...

    def others(
        self, merchant_id: MerchantId, customer_id: CustomerId, without: OrderKey, end: End
    ) -> Sequence[str]:
        """Return the moments of the other counted orders, as many from an end as it takes."""
        ...

    def write(self, merchant_id: MerchantId, changeset: Changeset) -> None:
        """Move everything or nothing; raise `Stale` if anything moved since it was read.

        An entry told `once` that stands already is no failure: the movement was done before.
        """
        ...


class Orders(Protocol):
    """The stored orders of a customer, the balances brought along, and interactions counted."""

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, query: OrderQuery
    ) -> OrderPage:
        """Return some orders of a customer, newest first."""
        ...

    def history(self, merchant_id: MerchantId, customer_id: CustomerId) -> History:
        """Return what the figures come from: figures of all orders, without their lines."""
        ...

    def interactions(self, merchant_id: MerchantId, customer_id: CustomerId) -> Interactions:
        """Return a customer's interactions, counted."""
        ...


class DueCheckouts(Protocol):
    """The open checkouts of all merchants that are due: the one port that knows no merchant."""

    def due(self, now: str) -> Iterable[tuple[MerchantId, CheckoutKey]]:
        """Yield the open checkouts that are due by a moment."""
        ...


class Audits(Protocol):
    """How far the audits of a merchant's numbers are."""

    def record(
        self, merchant_id: MerchantId, audit_id: str, bucket: str, counts: dict[str, int]
    ) -> None:
        """Note how far a bucket is; told again, it says the same."""
        ...
