"""Create, look up, read, edit, archive and restore a customer."""

from collections.abc import Mapping
from typing import Any

from crm.domain.customers.activities import ActivityKind
from crm.domain.customers.customer import Customer, Identity, Status
from crm.domain.customers.invoices import read_invoice_profile
from crm.domain.customers.lookups import identity_of
from crm.domain.customers.reading import read_fields
from crm.domain.kernel.acts import Act
from crm.domain.kernel.errors import Invalid, NotFound, Problem
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import day_of
from crm.domain.values.codes import spell_code
from crm.ports.customers import Customers
from crm.usecases.customers.editing import activity_of, get_at_version, get_writable, write_edit
from crm.usecases.customers.survivors import survivor_of

_NO_NAME = Problem("full_name", "name_required")


def create_customer(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    fields: Mapping[str, Any],
    *,
    act: Act,
    customers: Customers,
    allow_duplicate: bool = False,
) -> Customer:
    """Create a customer from fields in API form; raise `Invalid` without a name (D5)."""
    at = act.at
    values = read_fields(fields, today=day_of(at), at=at)
    if not values.get("full_name"):
        raise Invalid("invalid_fields", _NO_NAME)
    customer = Customer(
        merchant_id=merchant_id,
        id=customer_id,
        code=spell_code(customers.reserve_codes(merchant_id, 1)),
        source=act.by.source,
        created_at=at,
        updated_at=at,
        created_by=act.by,
        **values,
    )
    activity = activity_of("created", act)
    customers.add(merchant_id, customer, activity, allow_duplicate=allow_duplicate)
    return customer


def get_customer(
    merchant_id: MerchantId, customer_id: CustomerId, *, customers: Customers
) -> Customer:
    """Return a customer, even an archived one; for a merged record its survivor."""
    return survivor_of(merchant_id, customer_id, customers=customers)


def look_up_customer(
    merchant_id: MerchantId, lookup: Mapping[str, str], *, customers: Customers
) -> Customer:
    """Return the holder of the identity, in any notation, or raise `NotFound`.

    If a merged record holds it, return the survivor.
    """
    identity: Identity = identity_of(lookup)
    holder = customers.holders(merchant_id, [identity]).get(identity)
    if holder is None:
        raise NotFound("nobody_has_it")
    return survivor_of(merchant_id, holder, customers=customers)


def edit_customer(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    fields: Mapping[str, Any],
    *,
    seen_version: int,
    act: Act,
    customers: Customers,
) -> Customer:
    """Change the given fields of a customer; raise `Stale` if its version is not `seen_version`.

    An edit without changes writes nothing and keeps the version.
    """
    before = get_at_version(merchant_id, customer_id, seen_version, customers)
    at = act.at
    values = read_fields(fields, today=day_of(at), at=at, current=before)
    if before.full_name and "full_name" in values and not values["full_name"]:
        raise Invalid("invalid_fields", _NO_NAME)
    return write_edit(before, values, act=act, customers=customers)


def replace_invoice_profile(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    profile: Mapping[str, Any] | None,
    *,
    seen_version: int,
    act: Act,
    customers: Customers,
) -> Customer:
    """Replace the invoice profile, or remove it if `profile` is empty or None."""
    before = get_at_version(merchant_id, customer_id, seen_version, customers)
    values = {"invoice_profile": read_invoice_profile(profile) if profile else None}
    return write_edit(before, values, act=act, customers=customers)


def archive_customer(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    seen_version: int,
    act: Act,
    customers: Customers,
) -> Customer:
    """Remove a customer from the lists, keeping its data and identities (D1)."""
    before = get_at_version(merchant_id, customer_id, seen_version, customers)
    return _change_status(before, "archived", "archived", act, customers)


def restore_customer(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    act: Act,
    customers: Customers,
) -> Customer:
    """Return an archived customer to the lists."""
    before = get_writable(merchant_id, customer_id, customers)
    return _change_status(before, "active", "restored", act, customers)


def _change_status(
    before: Customer,
    status: Status,
    kind: ActivityKind,
    act: Act,
    customers: Customers,
) -> Customer:
    if before.status == status:
        return before
    after = before.moved_to(status, act.at)
    activity = activity_of(kind, act)
    customers.update(before.merchant_id, before, after, activity)
    return after
