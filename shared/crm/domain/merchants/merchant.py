"""A merchant, its settings, and the display preferences of its users."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crm.domain.customers.columns import COLUMN_IDS, DEFAULT_LIST_COLUMNS
from crm.domain.customers.customer import FieldChange
from crm.domain.kernel.errors import Refused
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.texts import is_visible, read_line
from crm.domain.kernel.times import DEFAULT_ZONE
from crm.domain.messages.catalogue import Locale
from crm.domain.values.external_ids import read_platform

Mode = Literal["overwrite", "create_duplicate", "skip"]


#: The connection that accepts events from every source.
ANY_SOURCE = "*"
MOST_CONNECTIONS = 50
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Display:
    """How customers are shown; None falls back to the merchant's choice, then to ours (D11)."""

    list_columns: tuple[str, ...] | None = None
    detail_fields: tuple[str, ...] | None = None
    version: int = 0

    def chosen(
        self, list_columns: tuple[str, ...] | None, detail_fields: tuple[str, ...] | None
    ) -> "Display":
        """Return the display after a choice; the same object if nothing differs."""
        after = Display(list_columns, detail_fields, self.version)
        return self if after == self else replace(after, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Options for importing files that arrive without an API request."""

    mode: Mode = "overwrite"
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """A merchant and its settings. `version` counts the edits."""

    id: MerchantId
    name: str
    email: str
    locale: Locale = "vi"
    zone: str = DEFAULT_ZONE
    connections: tuple[str, ...] = ()
    import_options: ImportOptions = ImportOptions()
    automatic_invoices: bool = False
    list_columns: tuple[str, ...] | None = None
    detail_fields: tuple[str, ...] | None = None
    version: int = 1
    created_at: str

    def accepts_events_from(self, source: str) -> bool:
        """Tell whether events from a source may change this merchant's customers."""
        return source in self.connections or ANY_SOURCE in self.connections

    def columns_for(self, own: Display | None = None) -> tuple[str, ...]:
        """Return the list columns: the user's own, else the merchant's, else ours (D11)."""
        chosen = own.list_columns if own else None
        if chosen is None:
            chosen = self.list_columns
        return DEFAULT_LIST_COLUMNS if chosen is None else chosen

    def fields_for(self, own: Display | None = None) -> tuple[str, ...]:
        """Return every detail field in order: the chosen ones first, then the others."""
        chosen = (own.detail_fields if own else None) or self.detail_fields or ()
        return (*chosen, *(each for each in COLUMN_IDS if each not in chosen))

    def edited(self, values: Mapping[str, Any]) -> tuple["Merchant", tuple[FieldChange, ...]]:
        """Return the merchant after an edit, and the fields that really changed."""
        changes = tuple(
            FieldChange(each.name, getattr(self, each.name), values[each.name])
            for each in fields(self)
            if each.name in values and getattr(self, each.name) != values[each.name]
        )
        if not changes:
            return self, ()
        new = {change.field: change.new for change in changes}
        return replace(self, **new, version=self.version + 1), changes


def read_merchant_name(raw: str) -> str:
    """Return a merchant's name as one line."""
    name = read_line(raw, LONGEST_NAME)
    if not is_visible(name):
        raise Refused("merchant_name_blank")
    return name


def read_zone(raw: str) -> str:
    """Return a time zone's name if it is in the IANA database."""
    try:
        return ZoneInfo(raw).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused("zone_unknown") from error


def read_connections(raw: Sequence[str]) -> tuple[str, ...]:
    """Return the sources sorted and without repeats; `*` replaces all others."""
    if len(raw) > MOST_CONNECTIONS:
        raise Refused("too_many", limit=MOST_CONNECTIONS)
    if ANY_SOURCE in raw:
        return (ANY_SOURCE,)
    return tuple(sorted({read_platform(each) for each in raw}))
