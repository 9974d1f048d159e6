"""Opening balances of an import: decided in its plan, written when it is applied (B-16)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from crm.domain.customers.customer import Customer
from crm.domain.imports.balances import opening_of, opening_values
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import CREATING, PlannedRow, author_of
from crm.domain.kernel.errors import Problem
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import stamp
from crm.ports.orders import Orders
from crm.usecases.orders.metrics import MetricsPorts, add_opening

_WRITTEN = CREATING | {"updated", "unchanged"}


def with_openings(
    job: ImportJob, plan: Sequence[PlannedRow], existing: Iterable[Customer], orders: Orders
) -> list[PlannedRow]:
    """Return the plan with the balances that its rows add to customers who have none.

    So importing a file again adds nothing twice. `existing` are the customers that rows overwrite:
    a balance of a record that was merged into one of them counts as theirs.
    """
    if not job.options.opening_balances:
        return list(plan)
    merged = {each.id: tuple(each.merged_from) for each in existing}
    return [_with_opening(job, row, merged, orders) for row in plan]


def apply_openings(
    job: ImportJob, rows: Sequence[PlannedRow], *, now: datetime, metrics: MetricsPorts
) -> list[PlannedRow]:
    """Write the opening balances of applied rows; return the rows with their final outcomes."""
    if not any(row.brings for row in rows):
        return list(rows)
    zone = metrics.merchants.get(job.merchant_id).zone
    return [
        _apply_opening(job, row, zone, now, metrics)
        if row.brings and row.outcome in _WRITTEN
        else row
        for row in rows
    ]


def _with_opening(
    job: ImportJob,
    row: PlannedRow,
    merged: Mapping[CustomerId, tuple[CustomerId, ...]],
    orders: Orders,
) -> PlannedRow:
    values = opening_values(row.fields)
    if not values or row.customer_id is None or row.outcome not in _WRITTEN:
        return row
    if row.outcome not in CREATING:
        records = (row.customer_id, *merged.get(row.customer_id, ()))
        histories = (orders.history(job.merchant_id, each) for each in records)
        if any(each.reversed_at is None for history in histories for each in history.openings):
            return _without_opening(row, next(iter(values)))
    return _as_updated(replace(row, brings=values))


def _apply_opening(
    job: ImportJob, row: PlannedRow, zone: str, now: datetime, metrics: MetricsPorts
) -> PlannedRow:
    if row.customer_id is None:
        return row
    by = author_of(job.id, row.number)
    opening = opening_of(job.id, row.number, row.brings, at=stamp(now), by=by, zone=zone)
    added = add_opening(
        job.merchant_id, row.customer_id, opening, now=now, ports=metrics, alone=True
    )
    return _as_updated(row) if added else _without_opening(row, next(iter(row.brings)))


def _as_updated(row: PlannedRow) -> PlannedRow:
    return replace(row, outcome="updated") if row.outcome == "unchanged" else row


def _without_opening(row: PlannedRow, column: str) -> PlannedRow:
    """Return a row without its balances, unchanged if it has no other effect."""
    no_effect = row.outcome == "updated" and not row.changes and not row.restores
    return replace(
        row,
        outcome="unchanged" if no_effect else row.outcome,
        brings={},
        notices=(*row.notices, Problem(column, "opening_known")),
    )
