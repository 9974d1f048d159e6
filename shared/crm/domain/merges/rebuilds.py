"""Recompute a person's metrics, months and tier from stored rows, and tell what drifted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import Customer
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.ids import CustomerId
from crm.domain.loyalty.membership import LoyaltyContext, after_rebuild
from crm.domain.loyalty.points import PointsEntry
from crm.domain.merges.person import Person, PersonChange, standalone
from crm.domain.orders.orders import History, metrics_of_history


class RecordRows(NamedTuple):
    """What a record's numbers are computed from: its history, and the lots of its orders."""

    history: History
    lots: Sequence[PointsEntry]


def rebuilt(
    person: Person, rows: Mapping[CustomerId, RecordRows], context: LoyaltyContext
) -> PersonChange:
    """Recompute every record of a person alone; return the person and its history lines."""
    after = person
    lines: dict[str, Activity] = {}
    for record in person.records:
        history, lots = rows[record.id]
        alone = after.standalone(record.id)
        counted = replace(alone, metrics=metrics_from(alone, history, context.zone))
        result = after_rebuild(counted, history, lots, context)
        after, activities = after.changed(result, context, "rebuild")
        lines |= {each.id: each for each in activities}
    return PersonChange(after, tuple(lines.values()))


def metrics_from(customer: Customer, history: History, zone: str) -> Metrics:
    """Return the metrics of a history; open checkouts are counted apart and stay."""
    return metrics_of_history(history, zone, open_checkouts=customer.metrics.open_checkout_count)


def drifted(stored: Person, recomputed: Person, at: str) -> bool:
    """Tell whether any record of a person, or its pooled values, differs from the stored rows."""
    pairs = [(each, recomputed.record(each.id)) for each in stored.records]
    pairs += [(standalone(was), standalone(now)) for was, now in pairs if was.standalone_values]
    return any(_differs(was, now, at) for was, now in pairs)


def _differs(stored: Customer, recomputed: Customer, at: str) -> bool:
    """Tell whether anything drifted; a tier whose review is due is left to the sweep."""
    was, now = stored.membership, recomputed.membership
    if stored.metrics != recomputed.metrics or was.months != now.months:
        return True
    if was.ranking_points != now.ranking_points:
        return True
    if was.review_at is not None and was.review_at <= at:
        return False
    never_reviewed = now.review_at is not None and (
        was.review_at is None or was.review_at > now.review_at
    )
    return was.tier != now.tier or never_reviewed
