"""Apply one edit to many customers, with an outcome for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from crm.domain.customers.activities import ActivityKind
from crm.domain.customers.customer import Customer
from crm.domain.customers.groups import read_group_code
from crm.domain.kernel.acts import Act
from crm.domain.kernel.conflicts import retry_on_conflict
from crm.domain.kernel.errors import Busy, Conflict, Invalid, NotFound, Problem, Refused
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.values.tags import read_tags
from crm.ports.customers import Customers
from crm.usecases.customers.editing import activity_of, refuse_unwritable

Outcome = Literal["updated", "unchanged", "not_found", "refused", "busy"]
_ROUNDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkEdit:
    """The edit; a `group` of None leaves the group, "" removes it."""

    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    group: str | None = None
    archive: bool = False


class BulkOutcome(NamedTuple):
    """The outcome for one customer, with the message code of a refusal."""

    id: CustomerId
    outcome: Outcome
    code: str | None = None
    params: Mapping[str, Any] = MappingProxyType({})


def read_bulk_edit(values: Mapping[str, Any]) -> BulkEdit:
    """Return the edit of a request; raise `Invalid` if a value is invalid or nothing changes."""
    problems: list[Problem] = []
    read: dict[str, Any] = {"archive": values.get("archive", False)}
    for name in ("add_tags", "remove_tags"):
        try:
            read[name] = read_tags(values.get(name) or ())
        except Refused as refused:
            problems.append(refused.of(name))
    if "group" in values:
        try:
            read["group"] = read_group_code(values["group"]) if values["group"] else ""
        except Refused as refused:
            problems.append(refused.of("group"))
    both = set(read.get("add_tags", ())) & set(read.get("remove_tags", ()))
    if both:
        problems.append(Problem("remove_tags", "tag_added_and_removed"))
    if problems:
        raise Invalid("invalid_fields", *problems)
    edit = BulkEdit(**read)
    if edit == BulkEdit():
        raise Invalid("nothing_to_do")
    return edit


def edit_customers(
    merchant_id: MerchantId,
    customer_ids: Sequence[CustomerId],
    edit: BulkEdit,
    *,
    act: Act,
    customers: Customers,
) -> list[BulkOutcome]:
    """Edit customers one by one; repeating the edit changes nothing."""
    existing = customers.get_many(merchant_id, customer_ids)
    outcomes = []
    for customer_id in dict.fromkeys(customer_ids):
        customer = existing.get(customer_id)
        outcomes.append(
            BulkOutcome(customer_id, "not_found", "customer_not_found")
            if customer is None
            else _edit_customer(customer, edit, act=act, customers=customers)
        )
    return outcomes


def _edit_customer(
    customer: Customer,
    edit: BulkEdit,
    *,
    act: Act,
    customers: Customers,
) -> BulkOutcome:
    """Edit one customer, reading it again if it changed in between."""

    def attempt(current: Customer) -> bool:
        refuse_unwritable(current)
        return _write(current, _new_values(current, edit), edit, act=act, customers=customers)

    try:
        changed = retry_on_conflict(
            lambda: attempt(customers.get(customer.merchant_id, customer.id)),
            first=lambda: attempt(customer),
            rounds=_ROUNDS,
        )
    except (Conflict, Refused) as refused:
        return BulkOutcome(customer.id, "refused", refused.code, refused.params)
    except Invalid as invalid:
        (problem, *_) = invalid.problems
        return BulkOutcome(customer.id, "refused", problem.code, problem.params)
    except (Busy, NotFound):
        return BulkOutcome(customer.id, "busy", "busy")
    return BulkOutcome(customer.id, "updated" if changed else "unchanged")


def _new_values(customer: Customer, edit: BulkEdit) -> dict[str, Any]:
    kept = [tag for tag in customer.tags if tag not in edit.remove_tags]
    values: dict[str, Any] = {"tags": read_tags([*kept, *edit.add_tags])}
    if edit.group is not None:
        values["group"] = edit.group or None
    return values


def _write(
    before: Customer,
    values: Mapping[str, Any],
    edit: BulkEdit,
    *,
    act: Act,
    customers: Customers,
) -> bool:
    """Write actual changes and archive in one update; return whether anything changed."""
    changes = before.changes(values)
    archives = edit.archive and before.status != "archived"
    if not changes and not archives:
        return False
    after = before.edited(changes, act.by, act.at)
    if archives:
        after = replace(after, status="archived", status_since=after.updated_at)
    kind: ActivityKind = "archived" if archives else "edited"
    activity = activity_of(kind, act, changes=changes)
    customers.update(before.merchant_id, before, after, activity)
    return True
