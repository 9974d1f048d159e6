"""Add an opening balance to a person's metrics and points, or reverse it."""

from dataclasses import replace
from typing import NamedTuple

from crm.domain.customers.activities import Activity, ActivityKind
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.ids import CustomerId, derived_ulid
from crm.domain.kernel.times import moment
from crm.domain.loyalty.earning import after_opening
from crm.domain.loyalty.membership import LoyaltyContext
from crm.domain.loyalty.points import PointsEntry
from crm.domain.merges.changeset import Changeset, Entry, LedgerMove, revised
from crm.domain.merges.person import Person, moves_between
from crm.domain.orders.orders import Opening


class OpeningChange(NamedTuple):
    """An opening balance that was added or reversed, its record, and that record's metrics now."""

    customer_id: CustomerId
    metrics: Metrics
    opening: Opening

    @property
    def kind(self) -> ActivityKind:
        """The kind of the history line of this change."""
        return "opening_reversed" if self.opening.reversed_at else "opening"


def opening_changeset(
    person: Person, change: OpeningChange, lot: PointsEntry | None, context: LoyaltyContext
) -> Changeset:
    """Apply an opening balance to its record and its person; `lot` is the line of its points."""
    record_id, metrics, opening = change
    line = Activity(
        id=derived_ulid(moment(context.at), opening.id, change.kind),
        at=context.at,
        kind=change.kind,
        by=context.by,
        text=f"{opening.order_count} · {opening.total_spent} · {opening.debt}",
    )
    counted = replace(person.standalone(record_id), metrics=metrics)
    result = after_opening(counted, opening, lot, context)
    after, activities = person.changed(result, context, "opening")
    return Changeset(
        customers=revised(moves_between(person, after), context.at),
        opening=(record_id, opening),
        points=tuple(LedgerMove(record_id, each) for each in result.points),
        entries=(
            Entry(record_id, line),
            *(Entry(after.survivor.id, each) for each in activities),
        ),
    )
