"""`ports.Merchants`: one settings row a merchant."""

from typing import Any

from crm.aws import keys
from crm.aws.attributes import plain_row, row
from crm.aws.table import Cancelled, Row, Table
from crm.domain.errors import Conflict, NotFound
from crm.domain.ids import MerchantId
from crm.domain.merchants import Merchant

_FIELDS = ("id", "name", "email", "locale", "zone", "connections", "created_at")


class DynamoMerchants:
    """The merchants of this deployment."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, merchant_id: MerchantId) -> Merchant:
        """Return a merchant, or raise `NotFound`."""
        item = self._table.get(keys.of_settings(merchant_id))
        if item is None:
            raise NotFound("merchant_not_found")
        return merchant_of(item)

    def add(self, merchant_id: MerchantId, merchant: Merchant) -> None:
        """Keep a new merchant, or raise `Conflict` if it exists."""
        settings = _row_of(merchant_id, merchant)
        try:
            self._table.write(self._table.putting(settings, "attribute_not_exists(pk)"))
        except Cancelled as cancelled:
            raise Conflict("merchant_exists") from cancelled


def _row_of(merchant_id: MerchantId, merchant: Merchant) -> Row:
    values = {name: getattr(merchant, name) for name in _FIELDS}
    return {**keys.of_settings(merchant_id), **row(values)}


def merchant_of(item: Row) -> Merchant:
    """Return the merchant of a row; what an older row lacks has the merchant's default."""
    stored = plain_row(item)
    values: dict[str, Any] = {
        name: tuple(stored[name]) if isinstance(stored[name], list) else stored[name]
        for name in _FIELDS
        if name in stored
    }
    return Merchant(**values)
