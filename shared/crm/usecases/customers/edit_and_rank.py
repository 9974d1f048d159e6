"""Edit a customer, and rank a member whose tier the edit unfreezes."""

from collections.abc import Callable, Mapping
from typing import Any

from crm.domain.customers.customer import Customer
from crm.domain.kernel.acts import Act
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.ports.customers import Customers
from crm.usecases.customers.customers import edit_customer

#: Gives a member the tier it has earned.
type Rank = Callable[[MerchantId, CustomerId, Act], Customer]


def edit_and_rank(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    fields: Mapping[str, Any],
    *,
    seen_version: int,
    act: Act,
    customers: Customers,
    rank: Rank,
) -> Customer:
    """Edit a customer; rank a member at once if `skip_auto_group` is set to false.

    The edit is committed first: if the ranking fails, the next order or a repeat of the edit does
    it.
    """
    edited = edit_customer(
        merchant_id,
        customer_id,
        fields,
        seen_version=seen_version,
        act=act,
        customers=customers,
    )
    if fields.get("skip_auto_group", True) or edited.membership.joined_at is None:
        return edited
    return rank(merchant_id, customer_id, act)
