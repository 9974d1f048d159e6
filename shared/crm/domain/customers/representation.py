"""A customer as JSON of the API and of events, unmasked."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from crm.domain.customers.customer import Customer, InvoiceProfile


def customer_shape(customer: Customer) -> dict[str, Any]:
    """Return a customer with all its fields as JSON values."""
    return {
        **listed_shape(customer),
        "note": customer.note,
        "addresses": [
            {**asdict(each), "candidates": list(each.candidates)} for each in customer.addresses
        ],
        "invoice_profile": invoice_shape(customer.invoice_profile),
    }


def listed_shape(customer: Customer) -> dict[str, Any]:
    """Return the fields of a customer that lists and the detail share."""
    metrics, membership = customer.metrics, customer.membership
    consent = customer.marketing_consent
    return {
        "id": customer.id,
        "code": customer.code,
        "status": customer.status,
        "full_name": customer.full_name,
        "family_name": customer.family_name,
        "given_name": customer.given_name,
        "display_name": customer.display_name,
        "phone": customer.phone,
        "email": customer.email,
        "birthday": customer.birthday,
        "gender": customer.gender,
        "marketing_consent": {
            "accepted": consent.accepted,
            "at": consent.at,
            "source": consent.source,
        },
        "has_account": customer.has_account,
        "group": customer.group,
        "skip_auto_group": customer.skip_auto_group,
        "tags": list(customer.tags),
        "card_code": customer.card_code,
        "external_ids": dict(customer.external_ids),
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


def invoice_shape(profile: InvoiceProfile | None) -> Mapping[str, Any] | None:
    """Return an invoice profile with the field names of its kind, a person or a company."""
    if profile is None:
        return None
    if profile.kind == "company":
        return {
            "kind": "company",
            "company_name": profile.name,
            "tax_code": profile.code,
            "address": profile.address,
            "buyer_name": profile.buyer_name,
            "email": profile.email,
        }
    return {
        "kind": "individual",
        "name": profile.name,
        "personal_id": profile.code,
        "address": profile.address,
        "email": profile.email,
        "phone": profile.phone,
    }
