"""The adapters of lists and of search."""

from functools import cache

from crm.aws.lists.lists import DynamoCustomerLists
from crm.aws.lists.search import DynamoCustomerSearch
from crm.runtime.adapters.shards import shards
from crm.runtime.clients import table


@cache
def customer_lists() -> DynamoCustomerLists:
    """Return the customer lists, read from DynamoDB's indexes."""
    return DynamoCustomerLists(table(), shards())


@cache
def customer_search() -> DynamoCustomerSearch:
    """Return the customer search, over claims and indexes."""
    return DynamoCustomerSearch(table(), shards())
