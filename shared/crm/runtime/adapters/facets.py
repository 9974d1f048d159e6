"""The adapter of the counts of facets."""

from functools import cache

from crm.aws.lists.facets import DynamoFacets
from crm.runtime.clients import table


@cache
def facets() -> DynamoFacets:
    """Return the counts of facets, kept in DynamoDB."""
    return DynamoFacets(table())
