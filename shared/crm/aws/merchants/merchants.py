"""`ports.Merchants`, one settings row each, and `ports.Displays`, one row per user."""

from typing import Any

from crm.aws.customers.activities import line_of
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.table import Cancelled, Row, Table
from crm.domain.customers.activities import Activity
from crm.domain.kernel.errors import Conflict, NotFound, Stale
from crm.domain.kernel.ids import MerchantId, UserId
from crm.domain.merchants.merchant import Display, ImportOptions, Merchant

_FIELDS = (
    "id",
    "name",
    "email",
    "locale",
    "zone",
    "connections",
    "automatic_invoices",
    "list_columns",
    "detail_fields",
    "version",
    "created_at",
)


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
        """Add a new merchant, or raise `Conflict` if it exists."""
        settings = _row_of(merchant_id, merchant)
        try:
            self._table.write(self._table.putting(settings, "attribute_not_exists(pk)"))
        except Cancelled as cancelled:
            raise Conflict("merchant_exists") from cancelled

    def update(
        self, merchant_id: MerchantId, before: Merchant, after: Merchant, activity: Activity
    ) -> None:
        """Write the settings and an activity to the merchant's history, or raise `Stale`."""
        unchanged = "#version = :seen"
        if before.version == 1:  # rows from before versions were introduced have none
            unchanged = f"({unchanged} OR attribute_not_exists(#version))"
        line = keys.of_merchant_activity(merchant_id, activity.at, activity.id)
        try:
            self._table.transact(
                [
                    self._table.putting(
                        _row_of(merchant_id, after),
                        f"attribute_exists(pk) AND {unchanged}",
                        {":seen": before.version},
                        {"#version": "version"},
                    ),
                    self._table.putting({**line, **row(line_of(activity))}),
                ]
            )
        except Cancelled as cancelled:
            raise _stale(cancelled) from cancelled


class DynamoDisplays:
    """The display preferences of a merchant's users."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, merchant_id: MerchantId, user_id: UserId) -> Display:
        """Return a user's preferences; an empty `Display` if they never chose."""
        item = self._table.get(keys.of_display(merchant_id, user_id))
        if item is None:
            return Display()
        stored = plain_row(item)
        columns, fields = stored.get("list_columns"), stored.get("detail_fields")
        return Display(
            None if columns is None else tuple(columns),
            None if fields is None else tuple(fields),
            stored["version"],
        )

    def replace(
        self, merchant_id: MerchantId, user_id: UserId, before: Display, after: Display
    ) -> None:
        """Write the preferences if `before` is still current, else raise `Stale`."""
        values = {name: getattr(after, name) for name in Display.__slots__}
        first = before.version == 0
        try:
            self._table.write(
                self._table.putting(
                    {**keys.of_display(merchant_id, user_id), **row(values)},
                    "attribute_not_exists(pk)" if first else "#version = :seen",
                    None if first else {":seen": before.version},
                    None if first else {"#version": "version"},
                )
            )
        except Cancelled as cancelled:
            raise _stale(cancelled) from cancelled


def _stale(cancelled: Cancelled) -> Stale:
    current = plain_row(cancelled.refused.get(0, {})).get("version", 1)
    return Stale("stale", current_version=current)


def _row_of(merchant_id: MerchantId, merchant: Merchant) -> Row:
    values: dict[str, Any] = {name: getattr(merchant, name) for name in _FIELDS}
    options = merchant.import_options
    values["import_options"] = {"mode": options.mode, "dry_run": options.dry_run}
    return {**keys.of_settings(merchant_id), **row(values)}


def merchant_of(item: Row) -> Merchant:
    """Return the merchant of a row; attributes missing from old rows get their defaults."""
    stored = plain_row(item)
    values: dict[str, Any] = {
        name: tuple(stored[name]) if isinstance(stored[name], list) else stored[name]
        for name in _FIELDS
        if name in stored
    }
    return Merchant(**values, import_options=ImportOptions(**stored.get("import_options", {})))
