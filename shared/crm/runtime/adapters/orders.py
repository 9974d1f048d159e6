"""The adapters that read orders and audit metrics."""

from functools import cache

from crm.aws.orders.audits import DynamoAudits
from crm.aws.orders.orders import DynamoOrders
from crm.runtime.clients import table


@cache
def orders() -> DynamoOrders:
    """Return the orders of customers, kept in DynamoDB."""
    return DynamoOrders(table())


@cache
def audits() -> DynamoAudits:
    """Return the progress of audits, kept in DynamoDB."""
    return DynamoAudits(table())
