"""Create, find, read, edit, archive and restore a customer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm.domain.customers.activities import ActivityKind
from crm.domain.customers.customer import Author, Customer, Identity, Status
from crm.domain.customers.fields import read_fields
from crm.domain.customers.invoices import read_invoice_profile
from crm.domain.customers.lookups import identity_of
from crm.domain.kernel.errors import Invalid, NotFound, Problem
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import day_of, stamp
from crm.domain.values.codes import spell_code
from crm.ports.customers import Customers
from crm.usecases.customers.editing import NewId, activity_of, seen, writable, write_edit
from crm.usecases.customers.survivors import survivor_of

_NO_NAME = Problem("full_name", "name_required")


def create_customer(
    merchant_id: MerchantId,
    fields: Mapping[str, Any],
    *,
    by: Author,
    now: datetime,
    new_id: NewId,
    customers: Customers,
    allow_duplicate: bool = False,
) -> Customer:
    """Keep a new customer made of fields in API form; a name is needed (D5)."""
    at = stamp(now)
    values = read_fields(fields, today=day_of(at), at=at)
    if not values.get("full_name"):
        raise Invalid("invalid_fields", _NO_NAME)
    customer = Customer(
        merchant_id=merchant_id,
        id=CustomerId(new_id(now)),
        code=spell_code(customers.reserve_codes(merchant_id, 1)),
        source=by.source,
        created_at=at,
        updated_at=at,
        created_by=by,
        **values,
    )
    activity = activity_of("created", by=by, now=now, new_id=new_id)
    customers.add(merchant_id, customer, activity, allow_duplicate=allow_duplicate)
    return customer


def get_customer(
    merchant_id: MerchantId, customer_id: CustomerId, *, customers: Customers
) -> Customer:
    """Return a customer, archived ones too; for a merged record its survivor."""
    return survivor_of(merchant_id, customer_id, customers=customers)


def look_up_customer(
    merchant_id: MerchantId, named: Mapping[str, str], *, customers: Customers
) -> Customer:
    """Return who holds the one identity that is named, typed in any way, or raise `NotFound`.

    What a merged record holds names its survivor.
    """
    identity: Identity = identity_of(named)
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
    by: Author,
    now: datetime,
    new_id: NewId,
    customers: Customers,
) -> Customer:
    """Change the named fields of a customer that still stands at the version the caller saw.

    An edit that changes nothing writes nothing and leaves the version.
    """
    before = seen(merchant_id, customer_id, seen_version, customers)
    at = stamp(now)
    values = read_fields(fields, today=day_of(at), at=at, current=before)
    if before.full_name and "full_name" in values and not values["full_name"]:
        raise Invalid("invalid_fields", _NO_NAME)
    return write_edit(before, values, by=by, now=now, new_id=new_id, customers=customers)


def replace_invoice_profile(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    profile: Mapping[str, Any] | None,
    *,
    seen_version: int,
    by: Author,
    now: datetime,
    new_id: NewId,
    customers: Customers,
) -> Customer:
    """Put a whole invoice profile in the place of what was there, or nothing."""
    before = seen(merchant_id, customer_id, seen_version, customers)
    values = {"invoice_profile": read_invoice_profile(profile) if profile else None}
    return write_edit(before, values, by=by, now=now, new_id=new_id, customers=customers)


def archive_customer(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    seen_version: int,
    by: Author,
    now: datetime,
    new_id: NewId,
    customers: Customers,
) -> Customer:
    """Take a customer off the lists; nothing is lost, its identities stay taken (D1)."""
    before = seen(merchant_id, customer_id, seen_version, customers)
    return _move(before, "archived", "archived", by, now, new_id, customers)


def restore_customer(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    by: Author,
    now: datetime,
    new_id: NewId,
    customers: Customers,
) -> Customer:
    """Put an archived customer back on the lists."""
    before = writable(merchant_id, customer_id, customers)
    return _move(before, "active", "restored", by, now, new_id, customers)


def _move(  # noqa: PLR0917 - the two use cases above say each by name
    before: Customer,
    status: Status,
    kind: ActivityKind,
    by: Author,
    now: datetime,
    new_id: NewId,
    customers: Customers,
) -> Customer:
    if before.status == status:
        return before
    after = before.moved_to(status, stamp(now))
    activity = activity_of(kind, by=by, now=now, new_id=new_id)
    customers.update(before.merchant_id, before, after, activity)
    return after
