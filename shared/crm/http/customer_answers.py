"""A customer as the API answers it, masked for callers who may not manage customers."""

from typing import Any

from crm.domain.birthdays import masked_birthday
from crm.domain.customer import Customer
from crm.domain.customer_shape import customer_shape, listed_shape
from crm.domain.emails import masked_email
from crm.domain.lists import ListedCustomer
from crm.domain.phones import masked_phone
from crm.domain.tax_codes import masked_tax_code
from crm.domain.texts import masked_text
from crm.http.context import MerchantContext

_MASKS = {
    "phone": masked_phone,
    "email": masked_email,
    "birthday": masked_birthday,
    "personal_id": masked_tax_code,
    "tax_code": masked_tax_code,
}
_HIDDEN_IN_ADDRESS = frozenset({"recipient", "line", "raw"})
_HIDDEN_IN_INVOICE = frozenset({"address"})


def customer_answer(customer: Customer, caller: MerchantContext) -> dict[str, Any]:
    """Return a customer, whole, as `CustomerAnswer` documents it."""
    shape = customer_shape(customer)
    if _sees_contacts(caller):
        return shape
    profile = shape["invoice_profile"]
    return {
        **_masked(_named_by_mask(shape)),
        "addresses": [_masked(each, _HIDDEN_IN_ADDRESS) for each in shape["addresses"]],
        "invoice_profile": _masked(profile, _HIDDEN_IN_INVOICE) if profile else None,
    }


def listed_answer(listed: ListedCustomer, caller: MerchantContext) -> dict[str, Any]:
    """Return a customer of a list, as `ListedCustomerAnswer` documents it."""
    shape = {
        **listed_shape(listed.customer),
        "default_address": listed.default_address,
        "province_code": listed.province_code,
    }
    if _sees_contacts(caller):
        return shape
    return _masked(_named_by_mask(shape), frozenset({"default_address"}))


def _sees_contacts(caller: MerchantContext) -> bool:
    return "customers:manage" in caller.permissions


def _named_by_mask(shape: dict[str, Any]) -> dict[str, Any]:
    """Return the shape with a display name that does not give a masked contact away."""
    return {**shape, "display_name": shape["full_name"] or shape["code"]}


def _masked(shape: dict[str, Any], hidden: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the shape with contacts masked and the named fields hidden; blank stays blank."""
    return {
        name: masked_text(value)
        if value and name in hidden
        else _MASKS[name](value)
        if value and name in _MASKS
        else value
        for name, value in shape.items()
    }
