"""API answers for a customer, masked for callers who may not manage customers."""

from collections.abc import Callable
from typing import Any

from crm.domain.customers.customer import Customer
from crm.domain.customers.listed import ListedCustomer
from crm.domain.customers.masking import masked_customer
from crm.domain.customers.representation import customer_shape, listed_shape
from crm.domain.kernel.texts import masked_text
from crm.http.caller import MerchantContext


def customer_answer(customer: Customer, caller: MerchantContext) -> dict[str, Any]:
    """Return a customer with all its fields, as `CustomerAnswer` documents it."""
    return _shown(customer, caller, customer_shape)


def listed_answer(listed: ListedCustomer, caller: MerchantContext) -> dict[str, Any]:
    """Return a customer of a list, as `ListedCustomerAnswer` documents it."""
    address = listed.default_address
    if address and not sees_contacts(caller):
        address = masked_text(address)
    return {
        **_shown(listed.customer, caller, listed_shape),
        "default_address": address,
        "province_code": listed.province_code,
    }


def sees_contacts(caller: MerchantContext) -> bool:
    """Tell whether a caller sees the fields that are masked for others."""
    return "customers:manage" in caller.permissions


def _shown(
    customer: Customer, caller: MerchantContext, shape: Callable[[Customer], dict[str, Any]]
) -> dict[str, Any]:
    """Return the shape of a customer, masked if need be, even in the display name."""
    if sees_contacts(caller):
        return shape(customer)
    shown = shape(masked_customer(customer))
    return {**shown, "display_name": shown["full_name"] or shown["code"]}


def content_location(requested: str, shown: str, part: str = "") -> dict[str, str]:
    """Return the header that names the survivor, if a merged record was requested."""
    return {} if requested == shown else {"Content-Location": f"/customers/{shown}{part}"}
