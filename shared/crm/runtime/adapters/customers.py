"""The adapters of customers."""

from functools import cache

from crm.aws.customers.activities import DynamoActivities
from crm.aws.customers.customers import DynamoCustomers
from crm.domain.customers.customer import Customer
from crm.domain.kernel.acts import Act
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.runtime.adapters.shards import shards
from crm.runtime.clients import table


@cache
def customers() -> DynamoCustomers:
    """Return the customers, kept in DynamoDB."""
    return DynamoCustomers(table(), shards())


@cache
def activities() -> DynamoActivities:
    """Return the activities of customers, kept in DynamoDB."""
    return DynamoActivities(table())


def rank(merchant_id: MerchantId, customer_id: CustomerId, act: Act) -> Customer:
    """Give a member the tier and group that its record earns now.

    What this needs is imported on first use, because few edits of customers change a group
    (decision 0031).
    """
    from crm.runtime.adapters.changesets import changesets  # noqa: PLC0415 - see above
    from crm.usecases.loyalty.membership import rank_now  # noqa: PLC0415 - see above

    return rank_now(
        merchant_id,
        customer_id,
        by=act.by,
        seed=act.new_id(),
        now=act.now,
        changesets=changesets(),
    )
