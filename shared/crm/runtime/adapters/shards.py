"""The adapter of the shards of lists."""

from functools import cache

from crm.aws.customers.shards import DynamoShards
from crm.runtime.clients import table


@cache
def shards() -> DynamoShards:
    """Return the shards of lists, cached for some seconds."""
    return DynamoShards(table())
