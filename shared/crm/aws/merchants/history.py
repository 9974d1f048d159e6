"""`ports.MerchantHistory` in DynamoDB: one row per activity, sorted by time."""

from crm.aws.customers.activities import line_of
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import row
from crm.aws.dynamodb.table import Table
from crm.domain.customers.activities import Activity
from crm.domain.kernel.ids import MerchantId


class DynamoMerchantHistory:
    """The histories of all merchants."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, merchant_id: MerchantId, activity: Activity) -> None:
        """Add an activity; a repeated call writes the same row again."""
        key = keys.of_merchant_activity(merchant_id, activity.at, activity.id)
        self._table.put({**key, **row(line_of(activity))})
