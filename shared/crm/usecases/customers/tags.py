"""Put a tag on a customer and take it off; each is done over whatever else changed meanwhile."""

from datetime import datetime

from crm.domain.customers.customer import Author, Customer
from crm.domain.kernel.errors import Invalid, Problem, Refused
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.values.tags import read_tag, read_tags
from crm.ports.customers import Customers
from crm.usecases.customers.editing import NewId, edit_as_it_stands


def add_tag(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    tag: str,
    *,
    by: Author,
    now: datetime,
    new_id: NewId,
    customers: Customers,
) -> Customer:
    """Put a tag on a customer, once."""
    wanted = _read(tag)
    return edit_as_it_stands(
        merchant_id,
        customer_id,
        lambda before: {"tags": _united(before.tags, wanted)},
        by=by,
        now=now,
        new_id=new_id,
        customers=customers,
    )


def remove_tag(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    tag: str,
    *,
    by: Author,
    now: datetime,
    new_id: NewId,
    customers: Customers,
) -> Customer:
    """Take a tag off a customer, if it is there."""
    unwanted = _read(tag)
    return edit_as_it_stands(
        merchant_id,
        customer_id,
        lambda before: {"tags": tuple(each for each in before.tags if each != unwanted)},
        by=by,
        now=now,
        new_id=new_id,
        customers=customers,
    )


def _read(tag: str) -> str:
    try:
        return read_tag(tag)
    except Refused as refused:
        raise _refusal(refused) from refused


def _united(tags: tuple[str, ...], tag: str) -> tuple[str, ...]:
    try:
        return tags if tag in tags else read_tags([*tags, tag])
    except Refused as refused:
        raise _refusal(refused) from refused


def _refusal(refused: Refused) -> Invalid:
    return Invalid("invalid_fields", Problem("tag", refused.code, refused.params))
