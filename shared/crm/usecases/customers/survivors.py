"""Find the survivor of a merged record and all records of a person."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from crm.domain.customers.customer import Customer
from crm.domain.kernel.errors import Busy
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.ports.customers import Customers

_ROUNDS = 3


class Records(NamedTuple):
    """A customer (for a merged record its survivor) and the ids of all records of the person."""

    customer: Customer
    ids: tuple[CustomerId, ...]


def records_of(
    merchant_id: MerchantId, customer_id: CustomerId, *, customers: Customers
) -> Records:
    """Return the customer and all records of the person, or raise `NotFound`."""
    customer = survivor_of(merchant_id, customer_id, customers=customers)
    return Records(customer, (customer.id, *customer.merged_from))


def survivors_of(
    merchant_id: MerchantId, customer_ids: Collection[CustomerId], *, customers: Customers
) -> Mapping[CustomerId, Customer]:
    """Return the existing customers by the ids given; for a merged record its survivor."""
    found = dict(customers.get_many(merchant_id, customer_ids))
    for _ in range(_ROUNDS):
        merged = {loser: each.merged_into for loser, each in found.items() if each.merged_into}
        if not merged:
            break
        survivors = customers.get_many(merchant_id, set(merged.values()))
        found |= {loser: survivors[into] for loser, into in merged.items() if into in survivors}
    return found


def survivor_of(
    merchant_id: MerchantId, customer_id: CustomerId, *, customers: Customers
) -> Customer:
    """Return a customer, for a merged record its survivor, or raise `NotFound`."""
    current_id = customer_id
    for _ in range(_ROUNDS):
        customer = customers.get(merchant_id, current_id)
        if customer.merged_into is None:
            return customer
        current_id = customer.merged_into
    raise Busy("busy")
