"""The adapters of outbound events, and of addresses that mails do not reach."""

from functools import cache

from crm.aws.events.event_bus import EventBridge
from crm.aws.events.suppressions import DynamoSuppressions
from crm.runtime.clients import LEAN, client_of, table
from crm.runtime.settings import setting


@cache
def events() -> EventBridge:
    """Return the event bus of this deployment."""
    return EventBridge(client_of("events", LEAN), setting("EVENT_BUS_NAME"))


@cache
def suppressions() -> DynamoSuppressions:
    """Return the suppression list, kept in DynamoDB."""
    return DynamoSuppressions(table())
