"""A customer in a list."""

from dataclasses import dataclass

from crm.domain.customers.customer import Customer

#: Stored as `last_order_at` of a customer without orders, to sort first; null in the API.
NEVER = "0000"


@dataclass(frozen=True, slots=True)
class ListedCustomer:
    """A customer as lists show it: the default address in one line, no invoice, no note."""

    customer: Customer
    default_address: str | None = None
    province_code: str | None = None
    ward_code: str | None = None
