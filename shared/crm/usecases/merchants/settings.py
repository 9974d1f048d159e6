"""Read and change a merchant's settings and its users' display preferences."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from crm.domain.customers.activities import Activity
from crm.domain.customers.columns import read_columns
from crm.domain.kernel.acts import Act
from crm.domain.kernel.conflicts import require_version
from crm.domain.kernel.errors import Refused, read_each
from crm.domain.kernel.ids import MerchantId, UserId
from crm.domain.merchants.merchant import (
    Display,
    ImportOptions,
    Merchant,
    read_connections,
    read_merchant_name,
    read_zone,
)
from crm.domain.values.emails import read_email
from crm.ports.merchants import Displays, Merchants


class EffectiveDisplay(NamedTuple):
    """A user's own display preferences, and the merchant whose settings they override."""

    merchant: Merchant
    own: Display


def get_settings(merchant_id: MerchantId, *, merchants: Merchants) -> Merchant:
    """Return a merchant's settings."""
    return merchants.get(merchant_id)


def edit_settings(
    merchant_id: MerchantId,
    fields: Mapping[str, Any],
    *,
    seen_version: int,
    act: Act,
    merchants: Merchants,
) -> Merchant:
    """Change the given settings, None for the default, and record the changes in the history."""
    before = merchants.get(merchant_id)
    require_version(seen_version, before.version)
    after, changes = before.edited(_read(fields, before))
    if changes:
        activity = Activity(id=act.new_id(), at=act.at, kind="edited", by=act.by, changes=changes)
        merchants.update(merchant_id, before, after, activity)
    return after


def get_shown(
    merchant_id: MerchantId, user_id: UserId, *, merchants: Merchants, displays: Displays
) -> EffectiveDisplay:
    """Return a user's effective display (D11)."""
    return EffectiveDisplay(merchants.get(merchant_id), displays.get(merchant_id, user_id))


def choose_display(
    merchant_id: MerchantId,
    user_id: UserId,
    fields: Mapping[str, Sequence[str] | None],
    *,
    seen_version: int,
    merchants: Merchants,
    displays: Displays,
) -> EffectiveDisplay:
    """Change a user's own display; None falls back to the merchant's."""
    merchant, before = get_shown(merchant_id, user_id, merchants=merchants, displays=displays)
    require_version(seen_version, before.version)
    values = _read(fields, merchant)
    after = before.chosen(
        values.get("list_columns", before.list_columns),
        values.get("detail_fields", before.detail_fields),
    )
    if after is not before:
        displays.replace(merchant_id, user_id, before, after)
    return EffectiveDisplay(merchant, after)


type _Reader = Callable[[Any, Merchant], Any]

_READERS: Mapping[str, _Reader] = {
    "name": lambda raw, _: read_merchant_name(raw),
    "email": lambda raw, _: read_email(raw),
    "locale": lambda raw, _: raw,
    "zone": lambda raw, _: read_zone(raw),
    "connections": lambda raw, _: read_connections(raw),
    "import_options": lambda raw, before: _import_options(raw, before.import_options),
    "automatic_invoices": lambda raw, _: raw,
    "list_columns": lambda raw, _: read_columns(raw, "list_columns"),
    "detail_fields": lambda raw, _: read_columns(raw, "detail_fields"),
}
_REQUIRED = ("name", "email")
_DEFAULTS = {
    "locale": "vi",
    "zone": Merchant.__dataclass_fields__["zone"].default,
    "connections": (),
    "import_options": ImportOptions(),
    "automatic_invoices": False,
    "list_columns": None,
    "detail_fields": None,
}


def _read(fields: Mapping[str, Any], before: Merchant) -> dict[str, Any]:
    return read_each(fields, lambda name, raw: _read_one(name, raw, before))


def _read_one(name: str, raw: Any, before: Merchant) -> Any:  # noqa: ANN401 - a field's value
    if raw is not None:
        return _READERS[name](raw, before)
    if name in _REQUIRED:
        raise Refused("required")
    return _DEFAULTS[name]


def _import_options(raw: Mapping[str, Any], before: ImportOptions) -> ImportOptions:
    """Apply a merge patch to the options, as the body is one."""
    default = ImportOptions()
    merged = {
        name: getattr(default, name) if value is None else value for name, value in raw.items()
    }
    return ImportOptions(merged.get("mode", before.mode), merged.get("dry_run", before.dry_run))
