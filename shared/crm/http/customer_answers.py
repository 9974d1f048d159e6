"""A customer as the API answers it, masked for callers who may not manage customers."""

from dataclasses import asdict
from typing import Any

from crm.domain.birthdays import masked_birthday
from crm.domain.customer import Customer, InvoiceProfile
from crm.domain.emails import masked_email
from crm.domain.lists import ListedCustomer
from crm.domain.phones import masked_phone
from crm.http.context import MerchantContext

#: What stands where a text is hidden that shows nothing of itself.
_HIDDEN = "•••"


def customer_answer(customer: Customer, caller: MerchantContext) -> dict[str, Any]:
    """Return a customer, whole, as `CustomerAnswer` documents it."""
    clear = "customers:manage" in caller.permissions
    addresses = [
        {**asdict(each), "candidates": list(each.candidates)} for each in customer.addresses
    ]
    return {
        **_listed(customer, clear=clear),
        "note": customer.note,
        "addresses": addresses if clear else [_masked_address(each) for each in addresses],
        "invoice_profile": _invoice_profile(customer.invoice_profile, clear=clear),
    }


def listed_answer(listed: ListedCustomer, caller: MerchantContext) -> dict[str, Any]:
    """Return a customer of a list, as `ListedCustomerAnswer` documents it."""
    clear = "customers:manage" in caller.permissions
    line = listed.default_address
    return {
        **_listed(listed.customer, clear=clear),
        "default_address": line if clear or line is None else _HIDDEN,
        "province_code": listed.province_code,
    }


def _listed(customer: Customer, *, clear: bool) -> dict[str, Any]:
    metrics, membership = customer.metrics, customer.membership
    phone, email, birthday = customer.phone, customer.email, customer.birthday
    if not clear:
        phone = masked_phone(phone) if phone else None
        email = masked_email(email) if email else None
        birthday = masked_birthday(birthday) if birthday else None
    consent = customer.marketing_consent
    return {
        "id": customer.id,
        "code": customer.code,
        "status": customer.status,
        "full_name": customer.display_name if clear else customer.full_name or customer.code,
        "family_name": customer.family_name,
        "given_name": customer.given_name,
        "phone": phone,
        "email": email,
        "birthday": birthday,
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
            "points": asdict(membership.points),
        },
        "version": customer.version,
        "revision": customer.revision,
        "created_at": customer.created_at,
        "updated_at": customer.updated_at,
    }


def _masked_address(address: dict[str, Any]) -> dict[str, Any]:
    """Hide who and where, keep the ward and province that statistics need."""
    phone = address["phone"]
    return {
        **address,
        "phone": masked_phone(phone) if phone else None,
        **{name: _HIDDEN for name in ("recipient", "line", "raw") if address[name]},
    }


def _invoice_profile(profile: InvoiceProfile | None, *, clear: bool) -> dict[str, Any] | None:
    if profile is None:
        return None
    shown = {
        "code": profile.code if clear or profile.code is None else _HIDDEN,
        "address": profile.address if clear or profile.address is None else _HIDDEN,
        "email": profile.email if clear or profile.email is None else masked_email(profile.email),
        "phone": profile.phone if clear or profile.phone is None else masked_phone(profile.phone),
    }
    if profile.kind == "company":
        return {
            "kind": "company",
            "company_name": profile.name,
            "tax_code": shown["code"],
            "address": shown["address"],
            "buyer_name": profile.buyer_name,
            "email": shown["email"],
        }
    return {
        "kind": "individual",
        "name": profile.name,
        "personal_id": shown["code"],
        "address": shown["address"],
        "email": shown["email"],
        "phone": shown["phone"],
    }
