"""Import points: each row adds points to a customer's ledger, or deducts them.

a row that names …                 outcome
---------------------------------  ------------------------------
one member, with enough points     updated
nobody                             invalid: customer_unknown
two customers                      conflict: names_two_customers
no member, or too few points       conflict: not_a_member, points_insufficient
a merged or erased customer        conflict: customer_gone

Rows of one customer are not merged: each is a separate line of the ledger, in the file's order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from crm.domain.customers.customer import Customer, FieldChange
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import Holders, PlannedRow, author_of, disambiguate, refused
from crm.domain.imports.rows import DataRow
from crm.domain.kernel.acts import Act, Author
from crm.domain.kernel.errors import Conflict, Problem
from crm.domain.kernel.ids import CustomerId, derived_ulid
from crm.domain.kernel.times import moment, stamp
from crm.domain.loyalty.points import PointsPosition
from crm.domain.messages.catalogue import text
from crm.ports.customers import Customers
from crm.ports.loyalty import Points
from crm.ports.orders import Changesets
from crm.usecases.loyalty.membership import adjust_points

_COLUMN = "points_available"


def plan_points(
    job: ImportJob, rows: Sequence[DataRow], holders: Holders, customers: Customers
) -> list[PlannedRow]:
    """Plan rows of points, each with the balance that the rows before it leave.

    An identity of a merged record names its survivor.
    """
    found = customers.get_many(job.merchant_id, set(holders.values()))
    into = {each.id: each.merged_into for each in found.values() if each.merged_into}
    current = {**found, **customers.get_many(job.merchant_id, set(into.values()))}
    holders = {each: into.get(holder, holder) for each, holder in holders.items()}
    resolved = (disambiguate(row.identities(), holders, current) for row in rows)
    matched = [{holders[each] for each in some if each in holders} for some in resolved]
    balances = {each.id: each.membership.points.available for each in current.values()}
    return [_planned(row, ids, current, balances) for row, ids in zip(rows, matched, strict=True)]


def apply_points(
    job: ImportJob,
    plan: Sequence[PlannedRow],
    *,
    now: datetime,
    changesets: Changesets,
    points: Points,
) -> list[PlannedRow]:
    """Adjust the points of planned rows, each once, even when retried."""
    at = moment(job.progress.applying_at) if job.progress.applying_at else now
    return [
        _adjust(job, row, at, changesets, points) if row.outcome == "updated" else row
        for row in plan
    ]


def revert_points(
    job: ImportJob,
    rows: Sequence[PlannedRow],
    *,
    by: Author,
    changesets: Changesets,
    points: Points,
) -> list[PlannedRow]:
    """Reverse the points of rows, each once; keep rows whose points were spent since."""
    reverted = (_revert(job, row, by, changesets, points) for row in rows)
    return [row for row in reverted if row]


def _planned(
    row: DataRow,
    matched: set[CustomerId],
    current: Mapping[CustomerId, Customer],
    balances: dict[CustomerId, int],
) -> PlannedRow:
    plan = PlannedRow(number=row.number, outcome="updated", fields=row.fields, notices=row.notices)
    if row.problems:
        return replace(plan, outcome="invalid", fields={}, problems=row.problems)
    if len(matched) != 1:
        unknown = refused(plan, "invalid", "customer_unknown")
        return refused(plan, "conflict", "names_two_customers") if matched else unknown
    (customer_id,) = matched
    customer = current.get(customer_id)
    if customer is None or customer.status not in {"active", "archived"}:
        return refused(plan, "conflict", "customer_gone")
    plan = replace(plan, customer_id=customer_id, version=customer.version)
    if customer.membership.joined_at is None:
        return refused(plan, "conflict", "not_a_member")
    before = balances[customer_id]
    after = before + row.fields["points"]
    if row.fields["points"] < 0 and after < 0:
        return _refused_by(plan, Conflict("points_insufficient", available=before))
    balances[customer_id] = after
    return replace(plan, changes=(FieldChange(_COLUMN, before, after),))


def _adjust(
    job: ImportJob, row: PlannedRow, at: datetime, changesets: Changesets, points: Points
) -> PlannedRow:
    if row.customer_id is None:
        return row
    if not row.fields:  # the person was erased since the row was planned
        return refused(row, "conflict", "customer_gone")
    act = Act(author_of(job.id, row.number), at, partial(_seed, job, row))
    try:
        adjust_points(
            job.merchant_id,
            row.customer_id,
            row.fields["points"],
            row.fields["reason"],
            entry_id=act.new_id(),
            act=act,
            changesets=changesets,
            points_known=points,
        )
    except Conflict as conflict:
        return _refused_by(row, conflict)
    return row


def _revert(
    job: ImportJob, row: PlannedRow, by: Author, changesets: Changesets, points: Points
) -> PlannedRow | None:
    """Reverse the points of a row; return None if they were never adjusted."""
    if row.customer_id is None or job.progress.applying_at is None:
        return None
    applied_at = moment(job.progress.applying_at)
    position = PointsPosition(stamp(applied_at), _seed(job, row, applied_at))
    line = points.line(job.merchant_id, row.customer_id, position)
    if line is None:
        return None
    at = moment(job.finished_at) if job.finished_at else applied_at
    act = Act(by, at, partial(_seed_back, job, row))
    try:
        adjust_points(
            job.merchant_id,
            row.customer_id,
            -line.points,
            text("points_taken_back", job.locale),
            entry_id=act.new_id(),
            act=act,
            changesets=changesets,
            points_known=points,
        )
    except Conflict as conflict:
        return replace(_refused_by(row, conflict), outcome="kept", changes=row.changes)
    return replace(row, outcome="reverted")


def _seed(job: ImportJob, row: PlannedRow, at: datetime) -> str:
    return derived_ulid(at, "points", job.id, str(row.number))


def _seed_back(job: ImportJob, row: PlannedRow, at: datetime) -> str:
    return derived_ulid(at, "points back", job.id, str(row.number))


def _refused_by(row: PlannedRow, conflict: Conflict) -> PlannedRow:
    params = {name: each for name, each in conflict.params.items() if isinstance(each, str | int)}
    problem = Problem("points", conflict.code, params)
    return replace(refused(row, "conflict", conflict.code), problems=(problem,))
