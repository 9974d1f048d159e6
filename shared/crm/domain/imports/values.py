"""Convert the cells of a row to values of the customer record.

A cell equal to what an export writes for the customer changes nothing, even where the record holds
more than a cell can show (B-04). Other cells are applied to the default address and the invoice
profile as a merge patch; then `fields` and `precedence` decide, as for every other writer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from crm.domain.customers.column import AddressPart, Identifier, InvoicePart, Plain
from crm.domain.customers.columns import ENTRIES, EXTERNAL
from crm.domain.customers.customer import Customer, InvoiceProfile
from crm.domain.customers.fields import NAME_PARTS
from crm.domain.customers.invoices import REQUIRED
from crm.domain.customers.precedence import permitted
from crm.domain.customers.reading import read_fields
from crm.domain.imports.columns import OPENING, field_of
from crm.domain.kernel.errors import Invalid, Problem
from crm.domain.kernel.times import day_of
from crm.domain.spreadsheets.cells import row_reader

SOURCE = "import"
_OPENING = frozenset(OPENING)
_PERSONAL_ID = 12
#: Columns that identify a customer and are never written.
_IDENTIFIERS = frozenset(
    name for name, entry in ENTRIES.items() if isinstance(entry.target, Identifier)
)
#: Columns of the default address, and their names in the address.
_ADDRESS: Mapping[str, str] = {
    name: entry.target.name
    for name, entry in ENTRIES.items()
    if isinstance(entry.target, AddressPart)
}
#: Kind of buyer → columns of the invoice profile, and their names in the profile.
_INVOICE: Mapping[str, Mapping[str, str]] = {
    kind: {
        name: getattr(entry.target, kind)
        for name, entry in ENTRIES.items()
        if isinstance(entry.target, InvoicePart)
    }
    for kind in ("individual", "company")
}
#: An address without any of these is empty.
_ADDRESS_HAS = ("recipient", "phone", "line", "ward", "district", "province", "raw")
_INVOICE_NEEDS = {
    kind: [column for column, part in parts.items() if part in REQUIRED[kind]]
    for kind, parts in _INVOICE.items()
}
_PART_COLUMNS = {
    f"{field_of(column)}.{part}": column
    for parts in (_ADDRESS, *_INVOICE.values())
    for column, part in parts.items()
}

type Cells = Mapping[str, Any]


def values_for(cells: Cells, at: str, current: Customer | None = None) -> dict[str, Any]:
    """Return the record's values for a row's cells, by field; raise `Invalid`, naming columns.

    `at` is when the import was made: the current day, the time of a consent and the seed of the
    ids of new addresses.
    """
    raw = _api_form(_differing(_without_balances(cells), current), current)
    try:
        values = read_fields(raw, today=_day(at), at=at, current=current)
    except Invalid as invalid:
        problems = [replace(each, field=_column(each.field)) for each in invalid.problems]
        raise Invalid("invalid_fields", *problems) from invalid
    return values if current is None else permitted("import", current, values)


def omitted_parts(cells: Cells, current: Customer | None = None) -> tuple[Problem, ...]:
    """Return notices of parts that are not imported: those of an incomplete invoice profile."""
    if _INVOICE["company"].keys().isdisjoint(cells):
        return ()
    differing = _differing(_without_balances(cells), current)
    invoice = _cells_of("invoice_profile", differing)
    if not invoice or invoice.keys() == {"invoice_kind"}:
        return ()
    stored = current.invoice_profile if current else None
    if _clears_invoice(invoice, stored) or _invoice(invoice, stored) is not None:
        return ()
    return (Problem(min(invoice), "invoice_incomplete"),)


def _without_balances(cells: Cells) -> Cells:
    """Return the cells that imports write to fields, without opening balances."""
    if _OPENING.isdisjoint(cells):
        return cells
    return {name: value for name, value in cells.items() if name not in _OPENING}


def _differing(cells: Cells, current: Customer | None) -> dict[str, Any]:
    """Return the cells that differ from the customer's exported cells."""
    if current is None:
        return {
            name: value
            for name, value in cells.items()
            if value is not None and name not in _IDENTIFIERS
        }
    columns = tuple(
        name for name in cells if name not in _IDENTIFIERS and not name.startswith(EXTERNAL)
    )
    exported = dict(zip(columns, _reader(columns)(current), strict=True))
    exported |= {EXTERNAL + platform: each for platform, each in current.external_ids.items()}
    differing = {
        name: value
        for name, value in cells.items()
        if name not in _IDENTIFIERS and not _same(value, exported.get(name))
    }
    if "invoice_kind" in differing:
        differing |= _cells_of("invoice_profile", cells)
    return differing


def _same(cell: object, exported: Plain) -> bool:
    if isinstance(cell, str) and isinstance(exported, str):
        return cell == exported or cell.strip() == exported.strip()
    return cell == exported


def _api_form(cells: Cells, current: Customer | None) -> dict[str, Any]:
    raw, parts = _split_parts(cells)
    if "full_name" in raw and raw["full_name"] is None:
        raw = {**dict.fromkeys(NAME_PARTS), **raw}
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
    stored = current.invoice_profile if current else None
    if _clears_invoice(invoice, stored):
        raw["invoice_profile"] = None
    elif (profile := _invoice(invoice, stored)) is not None:
        raw["invoice_profile"] = profile
    return raw


def _split_parts(cells: Cells) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the cells that are whole fields, and those that are parts, by field."""
    whole: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {}
    for name, value in cells.items():
        field = field_of(name)
        if field == name:
            whole[name] = value
        else:
            parts.setdefault(field, {})[name] = value
    return whole, parts


def _addresses(cells: Cells, current: Customer | None) -> list[dict[str, Any]] | None:
    """Return all addresses with the row applied to the default one; None if it has no address."""
    if not cells:
        return None
    stored = current.addresses if current else ()
    default = current.default_address if current else None
    if default is None and not any(value for name, value in cells.items() if name != "country"):
        return None
    patch = {_ADDRESS[name]: value for name, value in cells.items()}
    if default is None:
        return [{**patch, "is_default": True}]
    if not any(patch.get(part, getattr(default, part)) for part in _ADDRESS_HAS):
        return [{"id": each.id} for each in stored if each.id != default.id]
    return [{"id": each.id, **(patch if each is default else {})} for each in stored]


def _invoice(cells: Cells, current: InvoiceProfile | None) -> dict[str, Any] | None:
    """Return the profile as a merge patch; None if the row has no profile or half of one."""
    if not cells:
        return None
    kind = cells.get("invoice_kind") or (current.kind if current else kind_of_buyer(cells))
    same_kind = current is not None and current.kind == kind
    if not same_kind and not all(cells.get(name) for name in _INVOICE_NEEDS[kind]):
        return None
    parts = _INVOICE[kind]
    return {parts[name]: value for name, value in cells.items()} | {"kind": kind}


def _clears_invoice(cells: Cells, current: InvoiceProfile | None) -> bool:
    """Tell whether the row clears the profile: its kind, or every part that it has."""
    if not cells or any(cells.values()):
        return False
    stored = current and (current.name, current.code, current.address, current.email)
    return "invoice_kind" in cells or not stored or sum(map(bool, stored)) == len(cells)


def kind_of_buyer(cells: Cells) -> str:
    """Return individual for the twelve digits of a personal id, else company."""
    digits = [each for each in cells.get("invoice_tax_code") or "" if each.isdigit()]
    return "individual" if len(digits) == _PERSONAL_ID else "company"


def _cells_of(field: str, cells: Cells) -> dict[str, Any]:
    return {name: value for name, value in cells.items() if field_of(name) == field}


def _column(field: str) -> str:
    """Return the column of a field of the API: "addresses.0.ward" is ward."""
    first, *rest = field.split(".")
    return _PART_COLUMNS.get(f"{first}.{rest[-1]}", field) if rest else field


@lru_cache(maxsize=256)
def _reader(columns: Sequence[str]) -> Callable[[Customer], list[Plain]]:
    return row_reader(columns, "UTC")


@lru_cache(maxsize=16)
def _day(at: str) -> date:
    return day_of(at)
