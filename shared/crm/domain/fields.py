"""The writable fields of a customer, read from API form into what the record holds.

Every door comes through here: the API, imports and events. A field that breaks its rule is a
`Problem`, and all of them are told at once.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from crm.domain.birthdays import read_birthday
from crm.domain.customer import Customer
from crm.domain.emails import read_email
from crm.domain.errors import Invalid, Problem, Refused
from crm.domain.genders import read_gender
from crm.domain.names import read_name
from crm.domain.phones import read_phone

_NAME_PARTS = ("full_name", "family_name", "given_name")

type _Reader = Callable[[Any, date], Any]

_READERS: Mapping[str, _Reader] = {
    "phone": lambda raw, _: read_phone(raw).e164,
    "email": lambda raw, _: read_email(raw),
    "birthday": lambda raw, today: read_birthday(raw, today=today),
    "gender": lambda raw, _: read_gender(raw),
}


def read_fields(
    raw: Mapping[str, Any], *, today: date, current: Customer | None = None
) -> dict[str, Any]:
    """Return the record's values of the fields named in `raw`; null and blank text empty a field.

    A part of a name is completed by the `current` one's other part (D6). Raises `Invalid`.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in raw.items():
        if name in _NAME_PARTS:
            continue
        try:
            values[name] = None if _blank(value) else _READERS[name](value, today)
        except Refused as refused:
            problems.append(Problem(name, refused.code, refused.params))
    if any(part in raw for part in _NAME_PARTS):
        try:
            values |= _read_name_parts(raw, current)
        except Refused as refused:
            field = next(part for part in _NAME_PARTS if not _blank(raw.get(part)))
            problems.append(Problem(field, refused.code, refused.params))
    if problems:
        raise Invalid("invalid_fields", *problems)
    return values


def _read_name_parts(raw: Mapping[str, Any], current: Customer | None) -> dict[str, str | None]:
    full, family, given = (None if _blank(raw.get(part)) else raw[part] for part in _NAME_PARTS)
    if full is None and current is not None:
        family = family if "family_name" in raw else current.family_name
        given = given if "given_name" in raw else current.given_name
    if full is None and family is None and given is None:
        return dict.fromkeys(_NAME_PARTS)
    return dict(zip(_NAME_PARTS, read_name(full=full, family=family, given=given), strict=True))


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
