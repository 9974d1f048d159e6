"""Read the writable fields of a customer from API form into the values of the record.

The API, imports and events all use it. Each field that breaks its rule is a `Problem`; all are
reported at once.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from crm.domain.customers.customer import Customer
from crm.domain.customers.fields import FIELD, FIELDS, NAME_PARTS, ReadContext
from crm.domain.kernel.errors import Invalid, Problem, Refused
from crm.domain.values.names import read_name

_READERS = {each.name: each.read for each in FIELDS}


def read_fields(
    raw: Mapping[str, Any], *, today: date, at: str = "", current: Customer | None = None
) -> dict[str, Any]:
    """Return the record's values of the fields in `raw`; null and blank text clear a field.

    `at` is required for consents, which it stamps, and for addresses, whose ids derive from it.
    Objects and parts of a name are merged into those of the `current` customer (D6). Raises
    `Invalid`.
    """
    context = ReadContext(today, at, current)
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in raw.items():
        if name in NAME_PARTS:
            continue
        try:
            values[name] = _read(name, value, context)
        except Refused as refused:
            problems.append(refused.of(name))
        except Invalid as invalid:
            problems += [replace(each, field=f"{name}.{each.field}") for each in invalid.problems]
    if any(part in raw for part in NAME_PARTS):
        try:
            values |= _read_name_parts(raw, current)
        except Refused as refused:
            problems.append(refused.of(_refused_part(raw, context)))
    if problems:
        raise Invalid("invalid_fields", *problems)
    return values


def _read(name: str, value: object, context: ReadContext) -> Any:  # noqa: ANN401 - a field's value
    if name == "marketing_consent" and _blank(value):
        value = {"accepted": False}  # so that it keeps the moment of the withdrawal
    return FIELD[name].empty if _blank(value) else _READERS[name](value, context)


def _read_name_parts(raw: Mapping[str, Any], current: Customer | None) -> dict[str, str | None]:
    full, family, given = (None if _blank(raw.get(part)) else raw[part] for part in NAME_PARTS)
    if full is None and current is not None:
        family = family if "family_name" in raw else current.family_name
        given = given if "given_name" in raw else current.given_name
    if full is None and family is None and given is None:
        return dict.fromkeys(NAME_PARTS)
    return dict(zip(NAME_PARTS, read_name(full=full, family=family, given=given), strict=True))


def _refused_part(raw: Mapping[str, Any], context: ReadContext) -> str:
    """Return the first name part that is invalid alone, or the first part if none is."""
    given = [part for part in NAME_PARTS if not _blank(raw.get(part))]
    for part in given:
        try:
            _READERS[part](raw[part], context)
        except Refused:
            return part
    return given[0]


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
