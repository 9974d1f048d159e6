"""What the use cases need of the world, as Protocols; every method takes the merchant first."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from crm.domain.activities import Activity
from crm.domain.customer import Customer, Identity
from crm.domain.ids import CustomerId, MerchantId
from crm.domain.lists import ListQuery, Page
from crm.domain.merchants import Merchant


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
        """Keep a new customer and its claims, or raise `DuplicateCustomer`; once, however often asked.

        With `allow_duplicate` the customer stands behind the holder of an identity that is taken.
        """
        ...

    def add_all(
        self,
        merchant_id: MerchantId,
        customers: Sequence[Customer],
        *,
        allow_duplicate: bool = False,
    ) -> Mapping[CustomerId, Identity]:
        """Keep many new customers; return those refused, with the identity that another one holds."""
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

    def holders(
        self, merchant_id: MerchantId, identities: Iterable[Identity]
    ) -> Mapping[Identity, CustomerId]:
        """Return who holds each identity that is held, as last written."""
        ...

    def reserve_codes(self, merchant_id: MerchantId, count: int) -> int:
        """Take `count` numbers for customer codes and return the first; gaps are fine."""
        ...


class CustomerLists(Protocol):
    """The customers of a merchant in the order of the list indexes, within seconds of a write."""

    def page(self, merchant_id: MerchantId, query: ListQuery) -> Page:
        """Return the next customers of a list."""
        ...


class Merchants(Protocol):
    """The merchants of this deployment."""

    def get(self, merchant_id: MerchantId) -> Merchant:
        """Return a merchant, or raise `NotFound`."""
        ...

    def add(self, merchant_id: MerchantId, merchant: Merchant) -> None:
        """Keep a new merchant, or raise `Conflict` if it exists."""
        ...
