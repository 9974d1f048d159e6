"""Create, read, edit and archive a customer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from crm.domain.activities import Activity, ActivityKind
from crm.domain.codes import spell_code
from crm.domain.customer import Author, Customer, FieldChange
from crm.domain.errors import Conflict, Invalid, Problem, Stale
from crm.domain.fields import read_fields
from crm.domain.ids import CustomerId, MerchantId
from crm.domain.times import day_of, stamp
from crm.ports import Customers

#: Makes the id of something that came to be at a moment.
type NewId = Callable[[datetime], str]


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
    values = read_fields(fields, today=day_of(at))
    if not values.get("full_name"):
        raise Invalid("invalid_fields", Problem("full_name", "name_required"))
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
    activity = _activity("created", by, now, new_id)
    customers.add(merchant_id, customer, activity, allow_duplicate=allow_duplicate)
    return customer


def get_customer(
    merchant_id: MerchantId, customer_id: CustomerId, *, customers: Customers
) -> Customer:
    """Return a customer, archived ones too."""
    return customers.get(merchant_id, customer_id)


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
    before = _writable(merchant_id, customer_id, seen_version, customers)
    at = stamp(now)
    changes = before.changes(read_fields(fields, today=day_of(at), current=before))
    if not changes:
        return before
    after = before.edited(changes, by, at)
    if not after.full_name and before.full_name:
        raise Invalid("invalid_fields", Problem("full_name", "name_required"))
    activity = _activity("edited", by, now, new_id, changes)
    customers.update(merchant_id, before, after, activity)
    return after


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
    before = _writable(merchant_id, customer_id, seen_version, customers)
    if before.status == "archived":
        return before
    after = before.moved_to("archived", stamp(now))
    customers.update(merchant_id, before, after, _activity("archived", by, now, new_id))
    return after


def _writable(
    merchant_id: MerchantId, customer_id: CustomerId, seen_version: int, customers: Customers
) -> Customer:
    customer = customers.get(merchant_id, customer_id)
    if customer.status == "merged":
        raise Conflict("customer_merged", survivor_id=customer.merged_into)
    if customer.status == "erased":
        raise Conflict("customer_erased")
    if customer.version != seen_version:
        raise Stale("stale", current_version=customer.version)
    return customer


def _activity(
    kind: ActivityKind,
    by: Author,
    now: datetime,
    new_id: NewId,
    changes: tuple[FieldChange, ...] = (),
) -> Activity:
    return Activity(id=new_id(now), at=stamp(now), kind=kind, by=by, changes=changes)
