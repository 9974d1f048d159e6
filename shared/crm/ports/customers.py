"""Ports for customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from crm.domain.customers.activities import Activity, ActivityPage, ActivityQuery, Edit
    from crm.domain.customers.customer import Customer, Identity
    from crm.domain.customers.groups import Groups
    from crm.domain.customers.shards import Shards
    from crm.domain.kernel.errors import DuplicateCustomer, Invalid
    from crm.domain.kernel.ids import CustomerId, MerchantId


class Customers(Protocol):
    """The customers of a merchant and the identities they claim."""

    def get(self, merchant_id: MerchantId, customer_id: CustomerId) -> Customer:
        """Return a customer as last written, or raise `NotFound`."""
        ...

    def get_many(
        self, merchant_id: MerchantId, customer_ids: Collection[CustomerId]
    ) -> Mapping[CustomerId, Customer]:
        """Return those of the customers that exist."""
        ...

    def add(
        self,
        merchant_id: MerchantId,
        customer: Customer,
        activity: Activity | None = None,
        *,
        allow_duplicate: bool = False,
    ) -> None:
        """Keep a new customer and its claims, once, or raise `DuplicateCustomer`.

        With `allow_duplicate` the customer stands behind the holder of an identity that is taken.
        """
        ...

    def add_all(
        self,
        merchant_id: MerchantId,
        customers: Sequence[Customer],
        *,
        allow_duplicate: bool = False,
    ) -> Mapping[CustomerId, DuplicateCustomer | Invalid]:
        """Keep many new customers; return those refused and why: an identity, or the group."""
        ...

    def update(
        self,
        merchant_id: MerchantId,
        before: Customer,
        after: Customer,
        activity: Activity | None = None,
    ) -> None:
        """Write what differs if `before.version` still stands, else raise `Stale`.

        Raises `DuplicateCustomer` when a new identity is another's; nothing is written then.
        """
        ...

    def update_all(self, merchant_id: MerchantId, edits: Sequence[Edit]) -> Collection[CustomerId]:
        """Write many edits, as `update` writes one; return whose was refused, and not written."""
        ...

    def holders(
        self, merchant_id: MerchantId, identities: Iterable[Identity]
    ) -> Mapping[Identity, CustomerId]:
        """Return who holds each identity that is held, as last written."""
        ...

    def reserve_codes(self, merchant_id: MerchantId, count: int) -> int:
        """Take `count` numbers for customer codes and return the first; gaps are fine."""
        ...


class ListShards(Protocol):
    """The partitions that each merchant's list is spread over."""

    def now(self, merchant_id: MerchantId) -> Shards:
        """Return a merchant's shards as last written."""
        ...

    def begin(self, merchant_id: MerchantId, target: int) -> Shards:
        """Have readers ask `target` shards too; a move to another number is `Conflict`."""
        ...

    def open(self, merchant_id: MerchantId, target: int) -> Shards:
        """Have writers use the `target` shards that readers were told of."""
        ...

    def move(
        self, merchant_id: MerchantId, bucket: str, target: int, after: CustomerId | None
    ) -> CustomerId | None:
        """Move some customers of a bucket to their new shards; return the last, if more follow."""
        ...

    def finish(self, merchant_id: MerchantId, target: int) -> Shards:
        """Have readers ask the new shards alone; once, however often asked."""
        ...


class MerchantGroups(Protocol):
    """The groups that a merchant puts customers in."""

    def get(self, merchant_id: MerchantId) -> Groups:
        """Return a merchant's groups; the default ones if it never changed any."""
        ...

    def replace(self, merchant_id: MerchantId, before: Groups, after: Groups) -> None:
        """Keep the groups if those before still stand, else raise `Stale`."""
        ...


class Activities(Protocol):
    """The history of each customer."""

    def add(self, merchant_id: MerchantId, customer_id: CustomerId, activity: Activity) -> None:
        """Add a line; `NotFound` for nobody, `Conflict` for who is merged or erased."""
        ...

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, query: ActivityQuery
    ) -> ActivityPage:
        """Return a page of a history, newest first; it may be short, with more behind it."""
        ...
