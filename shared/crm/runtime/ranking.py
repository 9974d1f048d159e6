"""Ranking of a member, loaded on first use because few edits need it."""

from crm.domain.customers.customer import Customer
from crm.domain.kernel.acts import Act
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.runtime.adapters import changesets


def rank(merchant_id: MerchantId, customer_id: CustomerId, act: Act) -> Customer:
    """Give a member the tier and group that its record earns now."""
    from crm.usecases.loyalty.membership import rank_now

    return rank_now(
        merchant_id,
        customer_id,
        by=act.by,
        seed=act.new_id(),
        now=act.now,
        changesets=changesets(),
    )
