"""A customer as JSON of the API and of events, unmasked."""

from typing import Any

from crm.domain.customers.customer import Customer
from crm.domain.customers.fields import FIELDS, as_is

_LISTED = tuple(each for each in FIELDS if each.unlisted is None)
_LISTED_AS_IS = tuple(each.name for each in _LISTED if each.shape is as_is)
_LISTED_SHAPES = tuple((each.name, each.shape) for each in _LISTED if each.shape is not as_is)
_UNLISTED_SHAPES = tuple((each.name, each.shape) for each in FIELDS if each.unlisted is not None)


def customer_shape(customer: Customer) -> dict[str, Any]:
    """Return a customer with all its fields as JSON values."""
    return {
        **listed_shape(customer),
        **{name: shape(getattr(customer, name)) for name, shape in _UNLISTED_SHAPES},
    }


def listed_shape(customer: Customer) -> dict[str, Any]:
    """Return the fields of a customer that lists and the detail share."""
    metrics, membership = customer.metrics, customer.membership
    return {
        "id": customer.id,
        "code": customer.code,
        "status": customer.status,
        **{name: getattr(customer, name) for name in _LISTED_AS_IS},
        **{name: shape(getattr(customer, name)) for name, shape in _LISTED_SHAPES},
        "display_name": customer.display_name,
        "source": customer.source,
        "metrics": {
            "order_count": metrics.order_count,
            "total_spent": metrics.total_spent,
            "average_order_value": metrics.average_order_value,
            "first_order_at": metrics.first_order_at,
            "last_order_at": metrics.last_order_at,
            "open_checkout_count": metrics.open_checkout_count,
            "debt": metrics.debt,
            "median_days_between_orders": metrics.median_days_between_orders,
            "orders_per_active_month": metrics.orders_per_active_month(),
        },
        "membership": {
            "is_member": membership.joined_at is not None,
            "joined_at": membership.joined_at,
            "tier": membership.tier,
            "ranking_points": membership.ranking_points,
            "points": {
                "available": membership.points.available,
                "pending": membership.points.pending,
                "used": membership.points.used,
                "expired": membership.points.expired,
            },
        },
        "version": customer.version,
        "revision": customer.revision,
        "created_at": customer.created_at,
        "updated_at": customer.updated_at,
    }
