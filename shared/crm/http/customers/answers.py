"""API answers for a customer, masked for callers who may not manage customers."""

from typing import Any

from crm.domain.customers.customer import Customer
from crm.domain.customers.listed import ListedCustomer
from crm.domain.customers.masking import masked_customer
from crm.domain.customers.representation import customer_shape, listed_shape
from crm.domain.kernel.texts import masked_text
from crm.http.caller import MerchantContext


def customer_answer(customer: Customer, caller: MerchantContext) -> dict[str, Any]:
    """Return a customer with all its fields, as `CustomerAnswer` documents it."""
    if _sees_contacts(caller):
        return customer_shape(customer)
    return _without_contact_in_name(customer_shape(masked_customer(customer)))


def listed_answer(listed: ListedCustomer, caller: MerchantContext) -> dict[str, Any]:
    """Return a customer of a list, as `ListedCustomerAnswer` documents it."""
    extra = {"default_address": listed.default_address, "province_code": listed.province_code}
    if _sees_contacts(caller):
        return {**listed_shape(listed.customer), **extra}
    if listed.default_address:
        extra["default_address"] = masked_text(listed.default_address)
    return {**_without_contact_in_name(listed_shape(masked_customer(listed.customer))), **extra}


def _sees_contacts(caller: MerchantContext) -> bool:
    return "customers:manage" in caller.permissions


def _without_contact_in_name(shape: dict[str, Any]) -> dict[str, Any]:
    """Return the answer with a display name that reveals no masked contact."""
    return {**shape, "display_name": shape["full_name"] or shape["code"]}


def content_location(requested: str, shown: str, part: str = "") -> dict[str, str]:
    """Return the header that names the survivor, if a merged record was requested."""
    return {} if requested == shown else {"Content-Location": f"/customers/{shown}{part}"}
