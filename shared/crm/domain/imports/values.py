"""What the cells of a person's rows make of a customer: columns in, values of the record out.

A cell that says what an export says of the customer changes nothing, whatever of the record no
cell can show (B-04). What remains is laid over the default address and the invoice profile as a
merge patch is, and then `fields` and `precedence` decide, as for every other writer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from crm.domain.customers.customer import Customer, InvoiceProfile
from crm.domain.customers.fields import read_fields
from crm.domain.customers.precedence import permitted
from crm.domain.imports.columns import ADDRESS_PARTS, EXTERNAL, OPENING, field_of
from crm.domain.kernel.errors import Invalid, Problem
from crm.domain.kernel.times import day_of
from crm.domain.spreadsheets.cells import Plain, row_reader

SOURCE = "import"
_FIGURES = frozenset(OPENING)
_NAMES = ("full_name", "family_name", "given_name")
_PERSONAL_ID = 12
_INVOICE: Mapping[str, Mapping[str, str]] = {
    "individual": {
        "invoice_name": "name",
        "invoice_tax_code": "personal_id",
        "invoice_address": "address",
        "invoice_email": "email",
    },
    "company": {
        "invoice_name": "company_name",
        "invoice_tax_code": "tax_code",
        "invoice_address": "address",
        "invoice_email": "email",
    },
}
#: An address without any of these is none.
_ADDRESS_HAS = ("recipient", "phone", "line", "ward", "district", "province", "raw")
_INVOICE_NEEDS = {
    "individual": ("invoice_name",),
    "company": ("invoice_name", "invoice_tax_code", "invoice_address"),
}
_PART_COLUMNS = {
    **{f"addresses.{part}": column for column, part in ADDRESS_PARTS.items()},
    **{
        f"invoice_profile.{part}": column
        for parts in _INVOICE.values()
        for column, part in parts.items()
    },
    "invoice_profile.kind": "invoice_kind",
}

type Cells = Mapping[str, Any]


def values_for(cells: Cells, at: str, current: Customer | None = None) -> dict[str, Any]:
    """Return the record's values of a row's cells, by column; raise `Invalid`, naming columns.

    `at` is when the import was made: it tells the day, stamps a consent and names new addresses.
    """
    if not _FIGURES.isdisjoint(cells):
        cells = {name: value for name, value in cells.items() if name not in _FIGURES}
    raw = _api_form(_differing(cells, current), current)
    try:
        values = read_fields(raw, today=_day(at), at=at, current=current)
    except Invalid as invalid:
        problems = [replace(each, field=_column(each.field)) for each in invalid.problems]
        raise Invalid("invalid_fields", *problems) from invalid
    return values if current is None else permitted("import", current, values)


def left_out(cells: Cells, current: Customer | None = None) -> tuple[Problem, ...]:
    """Return what is known to be left out of a row: an invoice profile that lacks its parts."""
    if not any(name in cells for name in _INVOICE["company"]):
        return ()
    said = _of("invoice_profile", _differing(cells, current))
    if not said or said.keys() == {"invoice_kind"}:
        return ()
    kept = current.invoice_profile if current else None
    if _empties(said, kept) or _invoice(said, kept) is not None:
        return ()
    return (Problem(min(said), "invoice_incomplete"),)


def _differing(cells: Cells, current: Customer | None) -> dict[str, Any]:
    """Return the cells that say something else than the customer's own do."""
    if current is None:
        return {
            name: value for name, value in cells.items() if value is not None and name != "code"
        }
    columns = tuple(name for name in cells if name != "code" and not name.startswith(EXTERNAL))
    own = dict(zip(columns, _reader(columns)(current), strict=True))
    own |= {EXTERNAL + platform: each for platform, each in current.external_ids.items()}
    differing = {
        name: value
        for name, value in cells.items()
        if name != "code" and not _same(value, own.get(name))
    }
    if "invoice_kind" in differing:
        differing |= _of("invoice_profile", cells)
    return differing


def _same(cell: object, own: Plain) -> bool:
    if isinstance(cell, str) and isinstance(own, str):
        return cell == own or cell.strip() == own.strip()
    return cell == own


def _api_form(said: Cells, current: Customer | None) -> dict[str, Any]:
    raw, parts = _parted(said)
    if "full_name" in raw and raw["full_name"] is None:
        raw = {**dict.fromkeys(_NAMES), **raw}
    if tags := raw.get("tags"):
        raw["tags"] = tags.split(", ")
    if (accepted := raw.get("marketing_consent")) is not None:
        source = {"source": SOURCE} if accepted else {}
        raw["marketing_consent"] = {"accepted": accepted, **source}
    if external := parts.get("external_ids"):
        raw["external_ids"] = {
            name.removeprefix(EXTERNAL): value for name, value in external.items()
        }
    addresses = _addresses(parts.get("addresses", {}), current)
    if addresses is not None:
        raw["addresses"] = addresses
    invoice = parts.get("invoice_profile", {})
    kept = current.invoice_profile if current else None
    if _empties(invoice, kept):
        raw["invoice_profile"] = None
    elif (profile := _invoice(invoice, kept)) is not None:
        raw["invoice_profile"] = profile
    return raw


def _parted(said: Cells) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the cells of whole fields, and those of parts by the field they are of."""
    whole: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {}
    for name, value in said.items():
        field = field_of(name)
        if field == name:
            whole[name] = value
        else:
            parts.setdefault(field, {})[name] = value
    return whole, parts


def _addresses(said: Cells, current: Customer | None) -> list[dict[str, Any]] | None:
    """Return all addresses with the default one as the row says, None where it says none."""
    if not said:
        return None
    kept = current.addresses if current else ()
    default = current.default_address if current else None
    if default is None and not any(value for name, value in said.items() if name != "country"):
        return None
    patch = {ADDRESS_PARTS[name]: value for name, value in said.items()}
    if default is None:
        return [{**patch, "is_default": True}]
    if not any(patch.get(part, getattr(default, part)) for part in _ADDRESS_HAS):
        return [{"id": each.id} for each in kept if each.id != default.id]
    return [{"id": each.id, **(patch if each is default else {})} for each in kept]


def _invoice(said: Cells, current: InvoiceProfile | None) -> dict[str, Any] | None:
    """Return the profile as a merge patch, None where the row gives none or not enough of one."""
    if not said:
        return None
    kind = said.get("invoice_kind") or (current.kind if current else kind_of_buyer(said))
    kept = current if current is not None and current.kind == kind else None
    if kept is None and not all(said.get(name) for name in _INVOICE_NEEDS[kind]):
        return None
    parts = _INVOICE[kind]
    return {
        "kind": kind,
        **{parts[name]: value for name, value in said.items() if name != "invoice_kind"},
    }


def _empties(said: Cells, current: InvoiceProfile | None) -> bool:
    """Tell whether the row takes the profile away: its kind, or all that it has."""
    if not said or any(said.values()):
        return False
    held = current and (current.name, current.code, current.address, current.email)
    return "invoice_kind" in said or not held or sum(map(bool, held)) == len(said)


def kind_of_buyer(said: Cells) -> str:
    """Tell a person by the twelve digits of a personal id; else it is a company."""
    digits = [each for each in said.get("invoice_tax_code") or "" if each.isdigit()]
    return "individual" if len(digits) == _PERSONAL_ID else "company"


def _of(field: str, cells: Cells) -> dict[str, Any]:
    return {
        name: value for name, value in cells.items() if name != field and field_of(name) == field
    }


def _column(field: str) -> str:
    """Return the column that a field of the API stands in: "addresses.0.ward" is ward."""
    first, *rest = field.split(".")
    return _PART_COLUMNS.get(f"{first}.{rest[-1]}", field) if rest else field


@lru_cache(maxsize=256)
def _reader(columns: Sequence[str]) -> Callable[[Customer], list[Plain]]:
    return row_reader(columns, "UTC")


@lru_cache(maxsize=16)
def _day(at: str) -> date:
    return day_of(at)
