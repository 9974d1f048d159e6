"""The buyer on an e-invoice: a person or a company (Decree 70/2025/NĐ-CP)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from crm.domain.customers.customer import InvoiceProfile
from crm.domain.kernel.errors import Invalid, Problem, Refused
from crm.domain.kernel.texts import masked_text, read_line
from crm.domain.values.emails import masked_email, read_email
from crm.domain.values.phones import masked_phone, read_phone
from crm.domain.values.tax_codes import masked_tax_code, read_personal_id, read_tax_code

_LONGEST_NAME = 400
_LONGEST_ADDRESS = 400

type _Reader = Callable[[str], str]

_PERSON: Mapping[str, tuple[str, _Reader]] = {
    "name": ("name", lambda raw: read_line(raw, _LONGEST_NAME)),
    "personal_id": ("code", lambda raw: read_personal_id(raw).code),
    "address": ("address", lambda raw: read_line(raw, _LONGEST_ADDRESS)),
    "email": ("email", read_email),
    "phone": ("phone", lambda raw: read_phone(raw).e164),
}
_COMPANY: Mapping[str, tuple[str, _Reader]] = {
    "company_name": ("name", lambda raw: read_line(raw, _LONGEST_NAME)),
    "tax_code": ("code", read_tax_code),
    "address": ("address", lambda raw: read_line(raw, _LONGEST_ADDRESS)),
    "buyer_name": ("buyer_name", lambda raw: read_line(raw, _LONGEST_NAME)),
    "email": ("email", read_email),
}
_FIELDS = {"individual": _PERSON, "company": _COMPANY}
#: The parts that each kind of buyer must have.
REQUIRED = {
    "individual": ("name",),
    "company": ("company_name", "tax_code", "address"),
}


def read_invoice_profile(
    raw: Mapping[str, Any], current: InvoiceProfile | None = None
) -> InvoiceProfile:
    """Return the profile after a merge patch; another kind than the current one starts anew.

    Raises `Invalid`, its fields relative to the profile.
    """
    kind = raw.get("kind") or (current.kind if current else None)
    if kind not in _FIELDS:
        options = ", ".join(_FIELDS)
        raise Invalid("invalid_fields", Problem("kind", "not_one_of", {"expected": options}))
    same = invoice_shape(current) if current and current.kind == kind else None
    merged = {**(same or {}), **raw}
    readers = _FIELDS[kind]
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for name, value in merged.items():
        if name == "kind" or value is None or not value.strip():
            continue
        if name not in readers:
            problems.append(Problem(name, "unknown_field"))
            continue
        attribute, read = readers[name]
        try:
            values[attribute] = read(value)
        except Refused as refused:
            problems.append(refused.of(name))
    missing = [name for name in REQUIRED[kind] if not (merged.get(name) or "").strip()]
    problems += [Problem(name, "required") for name in missing]
    if problems:
        raise Invalid("invalid_fields", *problems)
    return InvoiceProfile(kind="company" if kind == "company" else "individual", **values)


def invoice_shape(profile: InvoiceProfile | None) -> Mapping[str, Any] | None:
    """Return an invoice profile with the field names of its kind, a person or a company."""
    if profile is None:
        return None
    if profile.kind == "company":
        return {
            "kind": "company",
            "company_name": profile.name,
            "tax_code": profile.code,
            "address": profile.address,
            "buyer_name": profile.buyer_name,
            "email": profile.email,
        }
    return {
        "kind": "individual",
        "name": profile.name,
        "personal_id": profile.code,
        "address": profile.address,
        "email": profile.email,
        "phone": profile.phone,
    }


def decode_invoice_profile(stored: Mapping[str, Any]) -> InvoiceProfile:
    """Return a profile from its stored JSON, which may lack blank parts."""
    return InvoiceProfile(**stored)


def masked_invoice_profile(profile: InvoiceProfile) -> InvoiceProfile:
    """Return a profile that shows only kind and names."""
    return replace(
        profile,
        code=profile.code and masked_tax_code(profile.code),
        address=profile.address and masked_text(profile.address),
        email=profile.email and masked_email(profile.email),
        phone=profile.phone and masked_phone(profile.phone),
    )
