"""`ports.Suppressions`: a row for the hash of each address, which goes by itself."""

from datetime import datetime

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import row
from crm.aws.dynamodb.table import Table
from crm.domain.kernel.ids import MerchantId


class DynamoSuppressions:
    """The addresses of all merchants; each method those of one."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def holds(self, merchant_id: MerchantId, address: str) -> bool:
        """Tell whether an address is one of them."""
        return self._table.get(keys.of_suppression(merchant_id, address)) is not None

    def add(self, merchant_id: MerchantId, address: str, *, until: datetime) -> None:
        """Keep an address for so long, without keeping what it says."""
        lasts = row({"expires_at": int(until.timestamp())})
        self._table.put({**keys.of_suppression(merchant_id, address), **lasts})
