"""A customer as lists show it."""

from dataclasses import dataclass

from crm.domain.customers.customer import Customer

#: What sorts a customer who never bought before everyone who did; the API says null.
NEVER = "0000"


@dataclass(frozen=True, slots=True)
class ListedCustomer:
    """A customer as lists show it: the default address in one line, no invoice, no note."""

    customer: Customer
    default_address: str | None = None
    province_code: str | None = None
    ward_code: str | None = None
