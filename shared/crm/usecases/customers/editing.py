"""Read a customer for writing, and write an edit with its line of the history."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from crm.domain.customers.activities import Activity, ActivityKind
from crm.domain.customers.customer import Customer, FieldChange
from crm.domain.kernel.acts import Act
from crm.domain.kernel.conflicts import require_version, retry_on_conflict
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.ports.customers import Customers


def get_writable(
    merchant_id: MerchantId, customer_id: CustomerId, customers: Customers
) -> Customer:
    """Return a customer; raise `Conflict` if it is merged or erased."""
    customer = customers.get(merchant_id, customer_id)
    refuse_unwritable(customer)
    return customer


def refuse_unwritable(customer: Customer) -> None:
    """Raise `Conflict` if the customer was merged into another or erased."""
    if customer.status == "merged":
        raise Conflict("customer_merged", survivor_id=customer.merged_into)
    if customer.status == "erased":
        raise Conflict("customer_erased")


def refuse_restricted(
    customer: Customer, changes: Iterable[FieldChange], customers: Customers
) -> None:
    """Raise `Conflict` if a customer gives marketing consent whose data processing is restricted.

    The restriction may be on a record merged into the customer.
    """
    if not any(change.field == "marketing_consent" and change.new.accepted for change in changes):
        return
    merged = customers.get_many(customer.merchant_id, customer.merged_from)
    if any(record.restricted_by for record in (customer, *merged.values())):
        raise Conflict("processing_restricted")


def get_at_version(
    merchant_id: MerchantId, customer_id: CustomerId, version: int, customers: Customers
) -> Customer:
    """Return a customer; raise `Stale` if its version is not the one the caller saw."""
    customer = get_writable(merchant_id, customer_id, customers)
    require_version(version, customer.version)
    return customer


def write_edit(
    before: Customer,
    values: Mapping[str, Any],
    *,
    act: Act,
    customers: Customers,
) -> Customer:
    """Write the actual changes and a history line; without changes, write nothing."""
    changes = before.changes(values)
    if not changes:
        return before
    refuse_restricted(before, changes, customers)
    after = before.edited(changes, act.by, act.at)
    activity = activity_of("edited", act, changes=changes)
    customers.update(before.merchant_id, before, after, activity)
    return after


def edit_latest(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    values_of: Callable[[Customer], Mapping[str, Any]],
    *,
    act: Act,
    customers: Customers,
) -> Customer:
    """Apply an edit to the latest version, retrying on conflict; raise `Busy` if that fails."""

    def attempt() -> Customer:
        before = get_writable(merchant_id, customer_id, customers)
        return write_edit(before, values_of(before), act=act, customers=customers)

    return retry_on_conflict(attempt)


def activity_of(
    kind: ActivityKind,
    act: Act,
    *,
    text: str | None = None,
    changes: tuple[FieldChange, ...] = (),
) -> Activity:
    """Return a new line of a customer's history."""
    return Activity(id=act.new_id(), at=act.at, kind=kind, by=act.by, text=text, changes=changes)
