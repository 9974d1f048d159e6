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
        """Return the customers that exist, by id."""
        ...

    def add(
        self,
        merchant_id: MerchantId,
        customer: Customer,
        activity: Activity | None = None,
        *,
        allow_duplicate: bool = False,
    ) -> None:
        """Store a new customer and its claims, or raise `DuplicateCustomer`; a repeat is ignored.

        With `allow_duplicate` the customer becomes a further holder of an identity that is taken.
        """
        ...

    def add_all(
        self,
        merchant_id: MerchantId,
        customers: Sequence[Customer],
        *,
        allow_duplicate: bool = False,
    ) -> Mapping[CustomerId, DuplicateCustomer | Invalid]:
        """Store many new customers; return the refused ones with the reason: identity or group."""
        ...

    def update(
        self,
        merchant_id: MerchantId,
        before: Customer,
        after: Customer,
        activity: Activity | None = None,
    ) -> None:
        """Write the differences if the stored version is `before.version`, else raise `Stale`.

        New standalone values also require the stored revision to be `before.revision`.
        Raises `DuplicateCustomer`, and writes nothing, if another customer holds a new identity.
        """
        ...

    def update_all(self, merchant_id: MerchantId, edits: Sequence[Edit]) -> Collection[CustomerId]:
        """Write many edits as `update` does; return the customers whose edit was refused."""
        ...

    def holders(
        self, merchant_id: MerchantId, identities: Iterable[Identity]
    ) -> Mapping[Identity, CustomerId]:
        """Return the holders of the identities that are taken, as last written."""
        ...

    def reserve_codes(self, merchant_id: MerchantId, count: int) -> int:
        """Reserve `count` numbers for customer codes and return the first; gaps are allowed."""
        ...


class ListShards(Protocol):
    """The shards of each merchant's list."""

    def now(self, merchant_id: MerchantId) -> Shards:
        """Return a merchant's shards as last written."""
        ...

    def begin(self, merchant_id: MerchantId, target: int) -> Shards:
        """Make readers query `target` shards too; raise `Conflict` while another move runs."""
        ...

    def open(self, merchant_id: MerchantId, target: int) -> Shards:
        """Make writers use the `target` shards, which readers already query."""
        ...

    def move(
        self, merchant_id: MerchantId, bucket: str, target: int, after: CustomerId | None
    ) -> CustomerId | None:
        """Move a page of a bucket's customers; return the last one if more follow."""
        ...

    def finish(self, merchant_id: MerchantId, target: int) -> Shards:
        """Make readers query only the new shards; a repeat has no effect."""
        ...


class MerchantGroups(Protocol):
    """The groups of a merchant's customers."""

    def get(self, merchant_id: MerchantId) -> Groups:
        """Return a merchant's groups; the default ones if they were never changed."""
        ...

    def replace(self, merchant_id: MerchantId, before: Groups, after: Groups) -> None:
        """Replace the groups if the stored revision is that of `before`, else raise `Stale`."""
        ...


class Activities(Protocol):
    """The history of each customer."""

    def add(self, merchant_id: MerchantId, customer_id: CustomerId, activity: Activity) -> None:
        """Add a line; raise `NotFound` for no customer, `Conflict` for a merged or erased one."""
        ...

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, query: ActivityQuery
    ) -> ActivityPage:
        """Return a page of a history, newest first; a page with a `next` may be short."""
        ...
