"""Ranking of a member, loaded on first use because few edits need it."""

from datetime import datetime

from crm.domain.customers.customer import Customer
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.runtime.adapters import changesets


def rank(
    merchant_id: MerchantId, customer_id: CustomerId, by: Author, now: datetime, seed: str
) -> Customer:
    """Give a member the tier and group that its record earns now."""
    from crm.usecases.loyalty.membership import rank_now

    return rank_now(merchant_id, customer_id, by, now, seed, changesets=changesets())
