"""Read the writable fields of a customer from API form into the values of the record.

The API, imports and events all use it. Each field that breaks its rule is a `Problem`; all are
reported at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from crm.domain.customers.addresses import read_addresses
from crm.domain.customers.consents import read_consent
from crm.domain.customers.customer import Consent, Customer
from crm.domain.customers.groups import read_group_code
from crm.domain.customers.invoices import read_invoice_profile
from crm.domain.kernel.errors import Invalid, Problem, Refused
from crm.domain.kernel.texts import read_text
from crm.domain.values.birthdays import read_birthday
from crm.domain.values.cards import read_card
from crm.domain.values.emails import read_email
from crm.domain.values.external_ids import read_external_ids
from crm.domain.values.genders import read_gender
from crm.domain.values.names import read_name
from crm.domain.values.phones import read_phone
from crm.domain.values.tags import read_tags

LONGEST_NOTE = 5_000
_NAME_PARTS = ("full_name", "family_name", "given_name")


class _ReadContext(NamedTuple):
    """The date and moment of reading, and the customer as stored, if there is one."""

    today: date
    at: str
    current: Customer | None


type _Reader = Callable[[Any, _ReadContext], Any]

_READERS: Mapping[str, _Reader] = {
    "phone": lambda raw, _: read_phone(raw).e164,
    "email": lambda raw, _: read_email(raw),
    "birthday": lambda raw, context: read_birthday(raw, today=context.today),
    "gender": lambda raw, _: read_gender(raw),
    "group": lambda raw, _: read_group_code(raw),
    "skip_auto_group": lambda raw, _: bool(raw),
    "tags": lambda raw, _: read_tags(raw),
    "card_code": lambda raw, _: read_card(raw),
    "external_ids": lambda raw, context: _read_external_ids(raw, context.current),
    "note": lambda raw, _: read_text(raw, LONGEST_NOTE) or None,
    "marketing_consent": lambda raw, context: read_consent(
        raw, _consent(context.current), context.at
    ),
    "has_account": lambda raw, _: bool(raw),
    "addresses": lambda raw, context: read_addresses(raw, _addresses(context.current), context.at),
    "invoice_profile": lambda raw, context: read_invoice_profile(
        raw, context.current.invoice_profile if context.current else None
    ),
}

#: The value that null gives a field whose blank value is not None.
_EMPTY: Mapping[str, Any] = {
    "skip_auto_group": False,
    "tags": (),
    "external_ids": {},
    "has_account": False,
    "addresses": (),
}


def read_fields(
    raw: Mapping[str, Any], *, today: date, at: str = "", current: Customer | None = None
) -> dict[str, Any]:
    """Return the record's values of the fields in `raw`; null and blank text clear a field.

    `at` is required for consents, which it stamps, and for addresses, whose ids derive from it.
    Objects and parts of a name are merged into those of the `current` customer (D6). Raises
    `Invalid`.
    """
    context = _ReadContext(today, at, current)
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in raw.items():
        if name in _NAME_PARTS:
            continue
        try:
            values[name] = _read(name, value, context)
        except Refused as refused:
            problems.append(Problem(name, refused.code, refused.params))
        except Invalid as invalid:
            problems += [replace(each, field=f"{name}.{each.field}") for each in invalid.problems]
    if any(part in raw for part in _NAME_PARTS):
        try:
            values |= _read_name_parts(raw, current)
        except Refused as refused:
            problems.append(Problem(_refused_part(raw), refused.code, refused.params))
    if problems:
        raise Invalid("invalid_fields", *problems)
    return values


def _read(name: str, value: object, context: _ReadContext) -> Any:  # noqa: ANN401 - a field's value
    if not _blank(value):
        return _READERS[name](value, context)
    if name == "marketing_consent":
        return read_consent({"accepted": False}, _consent(context.current), context.at)
    return _EMPTY.get(name)


def _read_name_parts(raw: Mapping[str, Any], current: Customer | None) -> dict[str, str | None]:
    full, family, given = (None if _blank(raw.get(part)) else raw[part] for part in _NAME_PARTS)
    if full is None and current is not None:
        family = family if "family_name" in raw else current.family_name
        given = given if "given_name" in raw else current.given_name
    if full is None and family is None and given is None:
        return dict.fromkeys(_NAME_PARTS)
    return dict(zip(_NAME_PARTS, read_name(full=full, family=family, given=given), strict=True))


def _refused_part(raw: Mapping[str, Any]) -> str:
    """Return the first name part that is invalid alone, or the first part if none is."""
    given = [part for part in _NAME_PARTS if not _blank(raw.get(part))]
    for part in given:
        try:
            read_name(full=raw[part])
        except Refused:
            return part
    return given[0]


def _read_external_ids(raw: Mapping[str, str | None], current: Customer | None) -> dict[str, str]:
    """Return the ids after a merge patch; null removes a platform's id."""
    merged: dict[str, str | None] = {**(current.external_ids if current else {}), **raw}
    return read_external_ids({name: value for name, value in merged.items() if value})


def _consent(current: Customer | None) -> Consent:
    return current.marketing_consent if current else Consent()


def _addresses(current: Customer | None) -> tuple[Any, ...]:
    return current.addresses if current else ()


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
