"""An edit that frees a member, who is ranked at once."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from crm.domain.customers.customer import Author, Customer
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.ports.customers import Customers
from crm.usecases.customers.customers import edit_customer
from crm.usecases.customers.editing import NewId

#: Gives a member the tier that the record comes to; the text is the seed of the ids of its lines.
type Rank = Callable[[MerchantId, CustomerId, Author, datetime, str], Customer]


def edit_and_rank(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    fields: Mapping[str, Any],
    *,
    seen_version: int,
    by: Author,
    now: datetime,
    new_id: NewId,
    customers: Customers,
    rank: Rank,
) -> Customer:
    """Edit a customer; a member who is told to be frozen no more is ranked at once.

    The edit stands by itself: if the ranking fails, the next order, or an edit that says the same,
    does it.
    """
    edited = edit_customer(
        merchant_id,
        customer_id,
        fields,
        seen_version=seen_version,
        by=by,
        now=now,
        new_id=new_id,
        customers=customers,
    )
    if fields.get("skip_auto_group", True) or edited.membership.joined_at is None:
        return edited
    return rank(merchant_id, customer_id, by, now, new_id(now))
