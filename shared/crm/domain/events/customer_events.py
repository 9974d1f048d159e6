"""The events that tell others what became of a customer."""

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

#: Fields that move with every write and so say nothing of what changed.
_ALWAYS = frozenset({"version", "revision", "updated_at"})


#: What tells of a customer who stands like this.
_STANDING: Mapping[Status, CustomerEventKind] = {
    "active": "CustomerUpdated",
    "archived": "CustomerArchived",
    "merged": "CustomerErased",
    "erased": "CustomerErased",
}


def event_of(before: Customer | None, after: Customer) -> OutboundEvent | None:
    """Return the event of a write to a customer; none if nothing that others see changed.

    The whole customer is in the detail, `changed` names its fields that differ, and `revision`
    tells consumers which of two events is the later one. A repeated write has the same id. A
    merge is told of the survivor, with the ids of the others; what a merged record comes to by
    itself is told to nobody, but its erasure is.
    """
    if after.status == "merged" and not _was_emptied(before, after):
        return None
    shape = customer_shape(after)
    past = customer_shape(before) if before else {}
    changed = sorted(
        name for name in shape.keys() - _ALWAYS if before is None or shape[name] != past[name]
    )
    moved = _merged_ids(before, after)
    if not changed and not moved:
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
            **moved,
        },
    )


def replayed_event(customer: Customer, at: datetime) -> OutboundEvent:
    """Return the event that tells of a customer as they stand, to whoever missed the others.

    A record that was merged and then erased is told of as erased, as `event_of` does.
    """
    merged = customer.status in {"active", "archived"} and bool(customer.merged_from)
    kind: CustomerEventKind = "CustomerMerged" if merged else _STANDING[customer.status]
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
    moved = _merged_ids(before, after)
    if moved:
        return "CustomerMerged" if "merged_ids" in moved else "CustomerUnmerged"
    return "CustomerUpdated"


def _merged_ids(before: Customer | None, after: Customer) -> dict[str, list[str]]:
    """Return the records that were merged into a customer by a write, or that left it."""
    was, now = set(before.merged_from if before else ()), set(after.merged_from)
    if now - was:
        return {"merged_ids": sorted(now - was)}
    return {"unmerged_ids": sorted(was - now)} if was - now else {}


def _was_emptied(before: Customer | None, after: Customer) -> bool:
    """Tell whether a write took what was personal out of a record."""
    return before is not None and erased(after, "") == after and erased(before, "") != before
