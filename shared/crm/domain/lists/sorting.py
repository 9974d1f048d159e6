"""Lists of customers: the five orders they stand in, and a position between two of them."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from crm.domain.customers.customer import Customer
from crm.domain.kernel.ids import CustomerId

SortKey = Literal["updated_at", "order_count", "last_order_at", "debt", "total_spent"]

#: What sorts a customer who never bought before everyone who did; the API says null.
NEVER = "0000"


class Position(NamedTuple):
    """The last customer a reader has seen: the value it is sorted by, and its id for ties."""

    value: str | int
    id: CustomerId


@dataclass(frozen=True, slots=True)
class ListedCustomer:
    """A customer as lists show it: the default address in one line, no invoice, no note."""

    customer: Customer
    default_address: str | None = None
    province_code: str | None = None
    ward_code: str | None = None
