"""Mask the fields of a customer for callers who may not manage customers."""

from dataclasses import replace

from crm.domain.customers.customer import Customer
from crm.domain.customers.fields import FIELDS

_MASKS = tuple((each.name, each.mask) for each in FIELDS if each.mask is not None)
#: The fields that are masked, in the record and in its history.
MASKED = frozenset(name for name, _ in _MASKS)


def masked_customer(customer: Customer) -> Customer:
    """Return the customer with a mask for each field that has one and is not blank."""
    masked = {name: mask(value) for name, mask in _MASKS if (value := getattr(customer, name))}
    return replace(customer, **masked)
