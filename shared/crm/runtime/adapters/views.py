"""The adapter of saved views."""

from functools import cache

from crm.aws.lists.views import DynamoViews
from crm.runtime.clients import table


@cache
def views() -> DynamoViews:
    """Return the saved views, kept in DynamoDB."""
    return DynamoViews(table())
