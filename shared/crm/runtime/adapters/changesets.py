"""The adapter of changesets, in which orders, points and merges are written."""

from functools import cache

from crm.aws.orders.changesets import DynamoChangesets
from crm.runtime.adapters.shards import shards
from crm.runtime.clients import table


@cache
def changesets() -> DynamoChangesets:
    """Return the writer of changesets in DynamoDB."""
    return DynamoChangesets(table(), shards())
