"""What knows which addresses mails do not reach, apart from what sends them."""

from functools import cache

from crm.aws.events.suppressions import DynamoUnreachable
from crm.runtime.adapters import table


@cache
def unreachable() -> DynamoUnreachable:
    """Return the addresses that mails do not reach, kept in DynamoDB."""
    return DynamoUnreachable(table())
