"""The adapters of duplicate detection."""

from functools import cache

from crm.aws.duplicates.blocking_keys import DynamoBlockingKeyIndex
from crm.aws.duplicates.pairs import DynamoPairs
from crm.runtime.clients import table


@cache
def blocking_key_index() -> DynamoBlockingKeyIndex:
    """Return the index from blocking keys to customers, kept in DynamoDB."""
    return DynamoBlockingKeyIndex(table())


@cache
def pairs() -> DynamoPairs:
    """Return the pairs of possible duplicates, kept in DynamoDB."""
    return DynamoPairs(table())
