"""`ports.Merchants`: one settings row a merchant."""

from crm.aws import keys
from crm.aws.attributes import plain_row, row
from crm.aws.table import Cancelled, Table
from crm.domain.errors import Conflict, NotFound
from crm.domain.ids import MerchantId
from crm.domain.merchants import Merchant

_FIELDS = ("id", "name", "email", "locale", "zone", "created_at")


class DynamoMerchants:
    """The merchants of this deployment."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, merchant_id: MerchantId) -> Merchant:
        """Return a merchant, or raise `NotFound`."""
        item = self._table.get(keys.of_settings(merchant_id))
        if item is None:
            raise NotFound("merchant_not_found")
        stored = plain_row(item)
        return Merchant(**{name: stored[name] for name in _FIELDS})

    def add(self, merchant_id: MerchantId, merchant: Merchant) -> None:
        """Keep a new merchant, or raise `Conflict` if it exists."""
        values = {name: getattr(merchant, name) for name in _FIELDS}
        settings = {**keys.of_settings(merchant_id), **row(values)}
        try:
            self._table.write(self._table.putting(settings, "attribute_not_exists(pk)"))
        except Cancelled as cancelled:
            raise Conflict("merchant_exists") from cancelled
