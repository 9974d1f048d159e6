"""`ports.Suppressions`: one row per hashed address, which expires by TTL."""

from datetime import datetime

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import row
from crm.aws.dynamodb.table import Table
from crm.domain.kernel.ids import MerchantId


class DynamoSuppressions:
    """The suppression lists of all merchants."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def holds(self, merchant_id: MerchantId, address: str) -> bool:
        """Tell whether an address is suppressed."""
        return self._table.get(keys.of_suppression(merchant_id, address)) is not None

    def add(self, merchant_id: MerchantId, address: str, *, until: datetime) -> None:
        """Suppress an address until a moment; only its hash is stored."""
        expiry = row({"expires_at": int(until.timestamp())})
        self._table.put({**keys.of_suppression(merchant_id, address), **expiry})
