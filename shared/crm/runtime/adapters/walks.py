"""The adapter that reads all customers of a merchant."""

from functools import cache

from crm.aws.lists.full_walk import DynamoCustomerWalk
from crm.runtime.clients import table


@cache
def walk() -> DynamoCustomerWalk:
    """Return the walk over all customers of a merchant in DynamoDB."""
    return DynamoCustomerWalk(table())
