"""One write to a customer, as the stream of the table reports it."""

from typing import NamedTuple

from crm.domain.customers.customer import Customer
from crm.domain.kernel.ids import CustomerId, MerchantId


class CustomerChange(NamedTuple):
    """One write to a customer's row, as the table's stream tells it.

    `bucket` and `sequence` order the changes of one partition: later ones have larger sequences.
    """

    merchant_id: MerchantId
    customer_id: CustomerId
    bucket: str
    sequence: str
    before: Customer | None
    after: Customer | None
