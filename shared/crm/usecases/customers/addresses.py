"""Add, edit and remove an address of a customer, each as an edit of the customer."""

from collections.abc import Mapping
from typing import Any

from crm.domain.customers.addresses import address_of, read_address, with_address, without_address
from crm.domain.customers.customer import Address, Customer
from crm.domain.kernel.acts import Act
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.ports.customers import Customers
from crm.usecases.customers.editing import edit_latest, get_at_version, write_edit


def add_address(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    address_id: str,
    fields: Mapping[str, Any],
    *,
    act: Act,
    customers: Customers,
) -> tuple[Customer, Address]:
    """Add an address; the first becomes the default. Return the customer and the address."""
    address = read_address(fields, Address(id=address_id))
    customer = edit_latest(
        merchant_id,
        customer_id,
        lambda before: {"addresses": with_address(before.addresses, address)},
        act=act,
        customers=customers,
    )
    return customer, address_of(customer.addresses, address.id)


def edit_address(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    address_id: str,
    fields: Mapping[str, Any],
    *,
    seen_version: int,
    act: Act,
    customers: Customers,
) -> tuple[Customer, Address]:
    """Change the given parts of an address. Return the customer and the address."""
    before = get_at_version(merchant_id, customer_id, seen_version, customers)
    address = read_address(fields, address_of(before.addresses, address_id))
    values = {"addresses": with_address(before.addresses, address)}
    after = write_edit(before, values, act=act, customers=customers)
    return after, address_of(after.addresses, address_id)


def remove_address(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    address_id: str,
    *,
    seen_version: int,
    act: Act,
    customers: Customers,
) -> Customer:
    """Remove an address; if it was the default, the first remaining one becomes it."""
    before = get_at_version(merchant_id, customer_id, seen_version, customers)
    values = {"addresses": without_address(before.addresses, address_id)}
    return write_edit(before, values, act=act, customers=customers)
