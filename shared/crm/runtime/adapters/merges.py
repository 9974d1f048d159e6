"""The adapter of merges."""

from functools import cache

from crm.aws.merges.merges import DynamoMerges
from crm.runtime.clients import table


@cache
def merges() -> DynamoMerges:
    """Return the merges of customers, kept in DynamoDB."""
    return DynamoMerges(table())
