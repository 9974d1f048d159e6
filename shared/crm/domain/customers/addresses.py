"""A customer's addresses: keep the text as typed, add the codes of 2025 where known."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from crm.domain.customers.customer import Address
from crm.domain.kernel.errors import Invalid, NotFound, Problem, Refused, read_each
from crm.domain.kernel.ids import derived_ulid
from crm.domain.kernel.texts import masked_text, read_line
from crm.domain.kernel.times import moment
from crm.domain.values.names import folded
from crm.domain.values.phones import masked_phone, read_phone

MOST_ADDRESSES = 20
#: A bare "Phường 1" matches many wards; a longer list helps nobody to choose.
_MOST_CANDIDATES = 12
HOME = "VN"

_LONGEST: Mapping[str, int] = {
    "recipient": 200,
    "line": 300,
    "ward": 100,
    "district": 100,
    "province": 100,
    "raw": 500,
}
_ADMINISTRATIVE = frozenset({"ward", "ward_code", "district", "province", "province_code", "raw"})
_country_code = re.compile(r"[A-Z]{2}").fullmatch


def read_address(raw: Mapping[str, Any], current: Address) -> Address:
    """Return the current address with the given parts changed; null and blank clear a part.

    Given codes must exist; missing ones are derived from the names (B-11). Raises `Invalid`,
    its fields relative to the address.
    """
    values: dict[str, Any] = read_each(raw, _read_part)
    if _ADMINISTRATIVE.isdisjoint(raw) and "country" not in raw:
        return replace(current, **values)
    if "ward_code" not in raw and {"ward", "district", "province"} & raw.keys():
        values["ward_code"] = None
    if "province_code" not in raw and "province" in raw:
        values["province_code"] = None
    return _with_codes(replace(current, **values))


def read_addresses(
    raw: Sequence[Mapping[str, Any]], current: Sequence[Address], at: str
) -> tuple[Address, ...]:
    """Return the new list; an item with the `id` of a current address is a patch of that address.

    Raises `Invalid`, its fields relative to the list, or `Refused` for too many.
    """
    if len(raw) > MOST_ADDRESSES:
        raise Refused("too_many", limit=MOST_ADDRESSES)
    current_by_id = {address.id: address for address in current}
    read: list[Address] = []
    problems: list[Problem] = []
    for index, fields in enumerate(raw):
        parts = {name: value for name, value in fields.items() if name != "id"}
        existing = current_by_id.get(fields.get("id") or "")
        if existing and any(each.id == existing.id for each in read):
            problems.append(Problem(f"{index}.id", "address_repeated"))
            continue
        try:
            read.append(read_address(parts, existing or new_address(at, index)))
        except Invalid as invalid:
            problems += [replace(each, field=f"{index}.{each.field}") for each in invalid.problems]
    if problems:
        raise Invalid("invalid_fields", *problems)
    return with_one_default(read)


def new_address(at: str, index: int) -> Address:
    """Return a blank address with an id derived from the moment and its index in the list."""
    return Address(id=derived_ulid(moment(at), "address", str(index)), conversion="none")


def with_address(addresses: Sequence[Address], address: Address) -> tuple[Address, ...]:
    """Return the addresses with this one added, or replacing the one with its id."""
    if all(each.id != address.id for each in addresses):
        if len(addresses) >= MOST_ADDRESSES:
            raise Invalid(
                "invalid_fields", Problem("addresses", "too_many", {"limit": MOST_ADDRESSES})
            )
        addresses = (*addresses, address)
    others = [
        replace(each, is_default=False) if address.is_default else each for each in addresses
    ]
    return with_one_default([address if each.id == address.id else each for each in others])


def without_address(addresses: Sequence[Address], address_id: str) -> tuple[Address, ...]:
    """Return the addresses without the one with this id, or raise `NotFound`."""
    address_of(addresses, address_id)
    return with_one_default([each for each in addresses if each.id != address_id])


def address_of(addresses: Sequence[Address], address_id: str) -> Address:
    """Return the address with this id, or raise `NotFound`."""
    for address in addresses:
        if address.id == address_id:
            return address
    raise NotFound("address_not_found")


def with_one_default(addresses: Sequence[Address]) -> tuple[Address, ...]:
    """Return the addresses with exactly one default: the last marked as such, else the first."""
    chosen = next((each.id for each in reversed(addresses) if each.is_default), None)
    if chosen is None and addresses:
        chosen = addresses[0].id
    return tuple(
        each
        if each.is_default == (each.id == chosen)
        else replace(each, is_default=not each.is_default)
        for each in addresses
    )


def addresses_shape(addresses: Iterable[Address]) -> list[dict[str, Any]]:
    """Return addresses as JSON of the API and of events."""
    return [{**asdict(each), "candidates": list(each.candidates)} for each in addresses]


def decode_addresses(stored: Iterable[Mapping[str, Any]]) -> tuple[Address, ...]:
    """Return addresses from their stored JSON, which may lack blank parts."""
    return tuple(
        Address(**{**each, "candidates": tuple(each.get("candidates", ()))}) for each in stored
    )


def masked_addresses(addresses: Iterable[Address]) -> tuple[Address, ...]:
    """Return addresses that show no more than the administrative units."""
    return tuple(
        replace(
            each,
            recipient=each.recipient and masked_text(each.recipient),
            phone=each.phone and masked_phone(each.phone),
            line=each.line and masked_text(each.line),
            raw=each.raw and masked_text(each.raw),
        )
        for each in addresses
    )


def _read_part(name: str, value: object) -> object:
    if name == "is_default":
        return bool(value)
    if not isinstance(value, str) or not value.strip():
        return HOME if name == "country" else None
    if name == "phone":
        return read_phone(value).e164
    if name == "country":
        return _read_country(value)
    if name in {"ward_code", "province_code"}:
        return _read_code(name, value.strip())
    return read_line(value, _LONGEST[name]) or None


def _read_country(typed: str) -> str:
    if folded(typed).replace(" ", "") in {"vietnam", "vn", "vnm"}:
        return HOME
    code = typed.strip().upper()
    if not _country_code(code):
        raise Refused("country_invalid")
    return code


def _read_code(name: str, code: str) -> str:
    # Imported here: most requests contain no unit and need not load them.
    from crm.domain.values.administrative_units import units  # noqa: PLC0415

    catalogue = units()
    if name == "ward_code" and catalogue.ward(code):
        return code
    if name == "province_code" and any(each.code == code for each in catalogue.provinces()):
        return code
    raise Refused(f"{name}_unknown")


def _with_codes(address: Address) -> Address:
    """Return the address with its codes and `conversion`, which says how they were found."""
    if address.country != HOME:
        return replace(
            address, ward_code=None, province_code=None, conversion="none", candidates=()
        )
    from crm.domain.values.administrative_units import converted, units  # noqa: PLC0415

    if address.ward_code is not None:
        ward = units().ward(address.ward_code)
        province = ward.province_code if ward else None
        if address.province_code not in {None, province}:
            raise Invalid("invalid_fields", Problem("ward_code", "ward_of_other_province"))
        return replace(address, province_code=province, conversion="typed", candidates=())
    if not (address.ward or address.province):
        return replace(address, conversion="typed" if address.province_code else "none")
    found = converted(address.ward, address.district, address.province_code or address.province)
    return replace(
        address,
        ward_code=found.ward_code,
        province_code=found.province_code or address.province_code,
        conversion=found.kind,
        candidates=found.candidates[:_MOST_CANDIDATES],
    )
