"""Outbound events of customers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from crm.domain.customers.anonymization import erased
from crm.domain.customers.customer import Customer, Status
from crm.domain.customers.representation import customer_shape
from crm.domain.kernel.ids import derived_ulid
from crm.domain.kernel.sources import OutboundEvent
from crm.domain.kernel.times import moment

CustomerEventKind = Literal[
    "CustomerCreated",
    "CustomerUpdated",
    "CustomerArchived",
    "CustomerRestored",
    "CustomerMerged",
    "CustomerUnmerged",
    "CustomerErased",
]

#: Fields that differ after every write, so `changed` leaves them out.
_ALWAYS_CHANGED = frozenset({"version", "revision", "updated_at"})


#: The kind of a replayed event, by the customer's status.
_KIND_OF_STATUS: Mapping[Status, CustomerEventKind] = {
    "active": "CustomerUpdated",
    "archived": "CustomerArchived",
    "merged": "CustomerErased",
    "erased": "CustomerErased",
}


def event_of(before: Customer | None, after: Customer) -> OutboundEvent | None:
    """Return the event of a write to a customer, or None if no public field changed.

    The detail has the whole customer; `changed` names the fields that differ, and `revision`
    tells consumers which of two events is later. The same write always gives the same id. A merge
    is an event of the survivor, with the ids of the merged records. Writes to a merged record
    have no event, except its erasure.
    """
    if after.status == "merged" and not _was_emptied(before, after):
        return None
    shape = customer_shape(after)
    past = customer_shape(before) if before else {}
    changed = sorted(
        name
        for name in shape.keys() - _ALWAYS_CHANGED
        if before is None or shape[name] != past[name]
    )
    merged = _merged_ids(before, after)
    if not changed and not merged:
        return None
    event_id = derived_ulid(moment(after.updated_at), after.id, str(after.revision))
    return OutboundEvent(
        _kind(before, after),
        {
            "event_id": event_id,
            "merchant_id": after.merchant_id,
            "occurred_at": after.updated_at,
            "revision": after.revision,
            "changed": changed,
            "customer": shape,
            **merged,
        },
    )


def replayed_event(customer: Customer, at: datetime) -> OutboundEvent:
    """Return an event with a customer's current state, for consumers that missed earlier ones.

    As in `event_of`, a record that was merged and then erased gives `CustomerErased`.
    """
    merged = customer.status in {"active", "archived"} and bool(customer.merged_from)
    kind: CustomerEventKind = "CustomerMerged" if merged else _KIND_OF_STATUS[customer.status]
    return OutboundEvent(
        kind,
        {
            "event_id": derived_ulid(at, customer.id, str(customer.revision), "replay"),
            "merchant_id": customer.merchant_id,
            "occurred_at": customer.updated_at,
            "revision": customer.revision,
            "changed": [],
            "replayed": True,
            "customer": customer_shape(customer),
            **({"merged_ids": sorted(customer.merged_from)} if merged else {}),
        },
    )


def _kind(before: Customer | None, after: Customer) -> CustomerEventKind:
    if before is None:
        return "CustomerCreated"
    if after.status == "merged":
        return "CustomerErased"
    if before.status != after.status:
        if after.status == "erased":
            return "CustomerErased"
        if not _merged_ids(before, after):
            return "CustomerArchived" if after.status == "archived" else "CustomerRestored"
    merged = _merged_ids(before, after)
    if merged:
        return "CustomerMerged" if "merged_ids" in merged else "CustomerUnmerged"
    return "CustomerUpdated"


def _merged_ids(before: Customer | None, after: Customer) -> dict[str, list[str]]:
    """Return the ids that a write merged into a customer, or unmerged from it."""
    was, now = set(before.merged_from if before else ()), set(after.merged_from)
    if now - was:
        return {"merged_ids": sorted(now - was)}
    return {"unmerged_ids": sorted(was - now)} if was - now else {}


def _was_emptied(before: Customer | None, after: Customer) -> bool:
    """Tell whether a write erased a record's personal data."""
    return before is not None and erased(after, "") == after and erased(before, "") != before
