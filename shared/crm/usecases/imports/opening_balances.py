"""Opening balances of an import: decided with its plan, brought when it is applied (B-16)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from crm.domain.customers.customer import Customer
from crm.domain.imports.balances import brought_by, opening_of
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import CREATING, PlannedRow, author_of
from crm.domain.kernel.errors import Problem
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import stamp
from crm.ports.orders import Orders
from crm.usecases.orders.metrics import MetricsPorts, bring_opening

_TAKEN = CREATING | {"updated", "unchanged"}


def with_openings(
    job: ImportJob, plan: Sequence[PlannedRow], known: Iterable[Customer], orders: Orders
) -> list[PlannedRow]:
    """Return the plan with the balances that its rows bring to customers who have none.

    So a file that is imported again brings nothing twice. `known` are those that rows overwrite:
    what was brought to a record that was merged into one of them is that person's too.
    """
    if not job.opening_balances:
        return list(plan)
    merged = {each.id: tuple(each.merged_from) for each in known}
    return [_with_opening(job, row, merged, orders) for row in plan]


def bring_openings(
    job: ImportJob, rows: Sequence[PlannedRow], *, now: datetime, figures: MetricsPorts
) -> list[PlannedRow]:
    """Bring the balances of rows along that are written; return the rows as they ended."""
    if not any(row.brings for row in rows):
        return list(rows)
    zone = figures.merchants.get(job.merchant_id).zone
    return [
        _brought(job, row, zone, now, figures) if row.brings and row.outcome in _TAKEN else row
        for row in rows
    ]


def _with_opening(
    job: ImportJob,
    row: PlannedRow,
    merged: Mapping[CustomerId, tuple[CustomerId, ...]],
    orders: Orders,
) -> PlannedRow:
    brought = brought_by(row.fields)
    if not brought or row.customer_id is None or row.outcome not in _TAKEN:
        return row
    if row.outcome not in CREATING:
        records = (row.customer_id, *merged.get(row.customer_id, ()))
        histories = (orders.history(job.merchant_id, each) for each in records)
        if any(each.reversed_at is None for history in histories for each in history.openings):
            return _left_out(row, next(iter(brought)))
    return _bringing(replace(row, brings=brought))


def _brought(
    job: ImportJob, row: PlannedRow, zone: str, now: datetime, figures: MetricsPorts
) -> PlannedRow:
    if row.customer_id is None:
        return row
    by = author_of(job.id, row.number)
    opening = opening_of(job.id, row.number, row.brings, at=stamp(now), by=by, zone=zone)
    taken = bring_opening(
        job.merchant_id, row.customer_id, opening, now=now, ports=figures, alone=True
    )
    return _bringing(row) if taken else _left_out(row, next(iter(row.brings)))


def _bringing(row: PlannedRow) -> PlannedRow:
    return replace(row, outcome="updated") if row.outcome == "unchanged" else row


def _left_out(row: PlannedRow, column: str) -> PlannedRow:
    """Return a row whose balances are left out; it changes nothing if they were all it brought."""
    nothing = row.outcome == "updated" and not row.changes and not row.restores
    return replace(
        row,
        outcome="unchanged" if nothing else row.outcome,
        brings={},
        notices=(*row.notices, Problem(column, "opening_known")),
    )
