"""Add a tag to a customer and remove it, whatever version the customer has."""

from crm.domain.customers.customer import Customer
from crm.domain.kernel.acts import Act
from crm.domain.kernel.errors import read_field
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.values.tags import read_tag, read_tags
from crm.ports.customers import Customers
from crm.usecases.customers.editing import edit_latest


def add_tag(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    tag: str,
    *,
    act: Act,
    customers: Customers,
) -> Customer:
    """Add a tag to a customer, unless the customer has it."""
    new_tag = read_field("tag", lambda: read_tag(tag))
    return edit_latest(
        merchant_id,
        customer_id,
        lambda before: {"tags": _with_tag(before.tags, new_tag)},
        act=act,
        customers=customers,
    )


def remove_tag(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    tag: str,
    *,
    act: Act,
    customers: Customers,
) -> Customer:
    """Remove a tag from a customer, if the customer has it."""
    old_tag = read_field("tag", lambda: read_tag(tag))
    return edit_latest(
        merchant_id,
        customer_id,
        lambda before: {"tags": tuple(each for each in before.tags if each != old_tag)},
        act=act,
        customers=customers,
    )


def _with_tag(tags: tuple[str, ...], tag: str) -> tuple[str, ...]:
    return tags if tag in tags else read_field("tag", lambda: read_tags([*tags, tag]))
