"""Read the person of an event into customer values, ignoring what cannot be read.

A field that breaks our rules ("0000", "khách lẻ@") counts as blank, so that the order still
counts. Only a field of the wrong type makes an event invalid; the models in `crm.bus` check that.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from crm.domain.customers.customer import Identity, external_identities
from crm.domain.customers.reading import read_fields
from crm.domain.kernel.errors import Invalid
from crm.domain.kernel.times import day_of

_ADDRESS_FIELDS = frozenset(
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
#: Fields with the same name in an event and in a customer.
_SAME_NAME = ("phone", "email", "birthday", "gender")


class NamedPerson(NamedTuple):
    """The person that an event names, as customer values, and the identities among them."""

    values: Mapping[str, Any]
    identities: tuple[Identity, ...]


def read_person(
    source: str,
    raw: Mapping[str, Any],
    address: Mapping[str, Any] | None = None,
    *,
    at: str,
) -> NamedPerson:
    """Return what can be read of a person and their home `address`."""
    fields: list[dict[str, Any]] = [{name: raw[name]} for name in _SAME_NAME if raw.get(name)]
    if raw.get("name"):
        fields.append({"full_name": raw["name"]})
    if raw.get("external_id"):
        fields.append({"external_ids": {source: raw["external_id"]}})
    home = {name: value for name, value in (address or {}).items() if name in _ADDRESS_FIELDS}
    if any(home.values()):
        fields.append({"addresses": [home]})
    values: dict[str, Any] = {}
    for field in fields:
        try:
            values |= read_fields(field, today=day_of(at), at=at)
        except Invalid:
            continue
    values = {name: value for name, value in values.items() if value}
    return NamedPerson(values, identities_of(values))


def identities_of(values: Mapping[str, Any]) -> tuple[Identity, ...]:
    """Return a person's identities in lookup order: phone, email, external ids (D3)."""
    contacts = [
        Identity(kind, values[kind]) for kind in ("phone", "email") if values.get(kind) is not None
    ]
    return (*contacts, *external_identities(values.get("external_ids", {})))
