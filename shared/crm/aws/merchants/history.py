"""`ports.MerchantHistory`: what happened to a merchant's book as a whole, sorted by time."""

from crm.aws.customers.activities import line_of
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import row
from crm.aws.dynamodb.table import Table
from crm.domain.customers.activities import Activity
from crm.domain.kernel.ids import MerchantId


class DynamoMerchantHistory:
    """The histories of all merchants' books."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, merchant_id: MerchantId, activity: Activity) -> None:
        """Add a line, once, however often told: the same line has the same key."""
        key = keys.of_merchant_activity(merchant_id, activity.at, activity.id)
        self._table.put({**key, **row(line_of(activity))})
