"""The suppression list, separate from the adapter that sends mails."""

from functools import cache

from crm.aws.events.suppressions import DynamoSuppressions
from crm.runtime.adapters import table


@cache
def suppressions() -> DynamoSuppressions:
    """Return the suppression list, kept in DynamoDB."""
    return DynamoSuppressions(table())
