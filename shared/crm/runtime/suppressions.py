"""What knows which addresses mails do not reach, apart from what sends them."""

from functools import cache

from crm.aws.events.suppressions import DynamoSuppressions
from crm.runtime.adapters import table


@cache
def suppressions() -> DynamoSuppressions:
    """Return the addresses that mails do not reach, kept in DynamoDB."""
    return DynamoSuppressions(table())
