"""Whose a record is: a merged one stands for the survivor that it was merged into."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from crm.domain.customers.customer import Customer
from crm.domain.kernel.errors import Busy
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.ports.customers import Customers

_ROUNDS = 3


class Records(NamedTuple):
    """A customer, for a merged record its survivor, and the ids of all records of the person."""

    customer: Customer
    ids: tuple[CustomerId, ...]


def records_of(
    merchant_id: MerchantId, customer_id: CustomerId, *, customers: Customers
) -> Records:
    """Return whose record this is, or raise `NotFound`."""
    customer = survivor_of(merchant_id, customer_id, customers=customers)
    return Records(customer, (customer.id, *customer.merged_from))


def survivors_of(
    merchant_id: MerchantId, customer_ids: Collection[CustomerId], *, customers: Customers
) -> Mapping[CustomerId, Customer]:
    """Return those of the customers that exist, a merged record's survivor under its id."""
    found = dict(customers.get_many(merchant_id, customer_ids))
    for _ in range(_ROUNDS):
        merged = {name: each.merged_into for name, each in found.items() if each.merged_into}
        if not merged:
            break
        known = customers.get_many(merchant_id, set(merged.values()))
        found |= {name: known[into] for name, into in merged.items() if into in known}
    return found


def survivor_of(
    merchant_id: MerchantId, customer_id: CustomerId, *, customers: Customers
) -> Customer:
    """Return a customer, for a merged record its survivor, or raise `NotFound`."""
    wanted = customer_id
    for _ in range(_ROUNDS):
        customer = customers.get(merchant_id, wanted)
        if customer.merged_into is None:
            return customer
        wanted = customer.merged_into
    raise Busy("busy")
