"""Outbound events of a customer: what a write changed, and the envelope that every event has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from crm.domain.customers.anonymization import erased
from crm.domain.customers.customer import Customer, Membership, Status
from crm.domain.customers.representation import customer_shape
from crm.domain.kernel.ids import derived_ulid
from crm.domain.kernel.sources import OutboundEvent, outbound_event
from crm.domain.kernel.times import moment

#: Fields that differ after every write, so `changed` leaves them out.
_ALWAYS_CHANGED = frozenset({"version", "revision", "updated_at"})
#: The name of a replayed event, by the customer's status.
_NAME_OF_STATUS: Mapping[Status, str] = {
    "active": "CustomerUpdated",
    "archived": "CustomerArchived",
    "merged": "CustomerErased",
    "erased": "CustomerErased",
}


@dataclass(frozen=True)
class CustomerWrite:
    """A write to a customer's row, with what several events compare."""

    before: Customer | None
    after: Customer

    @cached_property
    def shape(self) -> Mapping[str, Any]:
        """The customer as the API shows it."""
        return customer_shape(self.after)

    @cached_property
    def changed(self) -> list[str]:
        """The names of the public fields that differ."""
        past = customer_shape(self.before) if self.before else None
        names = self.shape.keys() - _ALWAYS_CHANGED
        return sorted(name for name in names if past is None or self.shape[name] != past[name])

    @cached_property
    def merged_ids(self) -> list[str]:
        """The ids of the records that the write merged into the customer."""
        return sorted(self.after.merged_from.keys() - self._merged_before)

    @cached_property
    def unmerged_ids(self) -> list[str]:
        """The ids of the records that the write unmerged from the customer."""
        return sorted(self._merged_before - self.after.merged_from.keys())

    @property
    def was(self) -> Membership:
        """The membership before the write; that of a new customer is empty."""
        return self.before.membership if self.before else Membership()

    @property
    def now(self) -> Membership:
        """The membership after the write."""
        return self.after.membership

    @property
    def is_of_merge(self) -> bool:
        """Tell whether the write merged records, or undid a merge of this record."""
        return self.before is not None and (
            self.before.status == "merged" or self.before.merged_from != self.after.merged_from
        )

    @property
    def changes_status(self) -> bool:
        """Tell whether the write gave the customer another status."""
        return self.before is not None and self.before.status != self.after.status

    @property
    def is_public(self) -> bool:
        """Tell whether consumers see a difference: of a merged record, only its erasure."""
        if self.after.status == "merged" and not self._empties:
            return False
        return bool(self.changed or self.merged_ids or self.unmerged_ids)

    @property
    def _merged_before(self) -> set[str]:
        return {*self.before.merged_from} if self.before else set()

    @property
    def _empties(self) -> bool:
        """Tell whether the write erased the record's personal data."""
        before = self.before
        return (
            before is not None
            and erased(self.after, "") == self.after
            and erased(before, "") != before
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteEvent:
    """An event of a whole write. A write has at most one: the first whose condition it meets.

    `detail` returns what the event adds to the envelope.
    """

    name: str
    when: Callable[[CustomerWrite], object]
    detail: Callable[[CustomerWrite], Mapping[str, Any]] = lambda _: {}

    def of(self, write: CustomerWrite) -> OutboundEvent:
        """Return the event of a write; `changed` names all fields that differ."""
        return _event(self.name, write, write.changed, self.detail(write))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartEvent:
    """An event of one field of a customer, beside the event of the whole write.

    A write has each whose condition it meets, unless it wrote to a merged record.
    """

    name: str
    field: str
    when: Callable[[CustomerWrite], object]
    detail: Callable[[CustomerWrite], Mapping[str, Any]]

    def of(self, write: CustomerWrite) -> OutboundEvent:
        """Return the event of a write; its id has the event's name, since there may be several."""
        return _event(self.name, write, [self.field], self.detail(write), self.name)


def replayed_event(customer: Customer, at: datetime) -> OutboundEvent:
    """Return an event with a customer's current state, for consumers that missed earlier ones.

    A record that was merged and then erased gives `CustomerErased`.
    """
    merged = customer.status in {"active", "archived"} and bool(customer.merged_from)
    return outbound_event(
        "CustomerMerged" if merged else _NAME_OF_STATUS[customer.status],
        derived_ulid(at, customer.id, str(customer.revision), "replay"),
        customer.merchant_id,
        occurred_at=customer.updated_at,
        revision=customer.revision,
        detail={
            "changed": [],
            "replayed": True,
            "customer": customer_shape(customer),
            **({"merged_ids": sorted(customer.merged_from)} if merged else {}),
        },
    )


def _event(
    name: str,
    write: CustomerWrite,
    changed: list[str],
    detail: Mapping[str, Any],
    *id_parts: str,
) -> OutboundEvent:
    """Return an event with the whole customer; the same write always gives the same id."""
    after = write.after
    return outbound_event(
        name,
        derived_ulid(moment(after.updated_at), after.id, str(after.revision), *id_parts),
        after.merchant_id,
        occurred_at=after.updated_at,
        revision=after.revision,
        detail={"changed": changed, "customer": write.shape, **detail},
    )
