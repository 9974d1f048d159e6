"""Changes of customers, as the table's stream reports them."""

from typing import NamedTuple

from crm.domain.customers.customer import Customer
from crm.domain.kernel.ids import CustomerId, MerchantId


class CustomerChange(NamedTuple):
    """One write to a customer's row, as the table's stream reports it.

    Within one `bucket`, a later change has a larger `sequence`.
    """

    merchant_id: MerchantId
    customer_id: CustomerId
    bucket: str
    sequence: str
    before: Customer | None
    after: Customer | None
