"""The person that an event names, as another platform knows them: what can be read of it counts.

A platform's field that breaks our rules ("0000", "khách lẻ@") is as good as blank: the order still
counts. Only what has the wrong type makes an event invalid, and that is told at the door.
"""

from collections.abc import Mapping
from typing import Any

from crm.domain.customers.customer import Identity, external_identities
from crm.domain.customers.fields import read_fields
from crm.domain.kernel.errors import Invalid
from crm.domain.kernel.times import day_of

_IN_ADDRESS = frozenset(
    {
        "recipient",
        "phone",
        "line",
        "ward",
        "ward_code",
        "district",
        "province",
        "province_code",
        "country",
        "raw",
    }
)
_SAME = ("phone", "email", "birthday", "gender")


def read_person(
    source: str,
    raw: Mapping[str, Any],
    address: Mapping[str, Any] | None = None,
    *,
    at: str,
) -> dict[str, Any]:
    """Return the record's values of what can be read of a person; `address` is where they live."""
    fields: list[dict[str, Any]] = [{name: raw[name]} for name in _SAME if raw.get(name)]
    if raw.get("name"):
        fields.append({"full_name": raw["name"]})
    if raw.get("external_id"):
        fields.append({"external_ids": {source: raw["external_id"]}})
    lived_in = {name: value for name, value in (address or {}).items() if name in _IN_ADDRESS}
    if any(lived_in.values()):
        fields.append({"addresses": [lived_in]})
    values: dict[str, Any] = {}
    for field in fields:
        try:
            values |= read_fields(field, today=day_of(at), at=at)
        except Invalid:
            continue
    return {name: value for name, value in values.items() if value}


def identities_of(values: Mapping[str, Any]) -> tuple[Identity, ...]:
    """Return what names a person, in the order in which it is tried: phone, e-mail, ext (D3)."""
    named = [
        Identity(kind, values[kind]) for kind in ("phone", "email") if values.get(kind) is not None
    ]
    return (*named, *external_identities(values.get("external_ids", {})))
