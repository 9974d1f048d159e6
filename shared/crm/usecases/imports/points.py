"""Points by file: each row puts some into the ledger of who it names, or takes some out.

a row that names …                 is
---------------------------------  ------------------------------
one member, with enough points     updated
nobody                             invalid: customer_unknown
two customers                      conflict: names_two_customers
no member, or too few points       conflict: not_a_member, points_insufficient
who is merged or erased            conflict: customer_gone

Rows of one customer are not joined: each is a line of the ledger of its own, in the file's order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from crm.domain.customers.customer import Author, Customer, FieldChange
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import Holders, PlannedRow, author_of, refused, told_apart
from crm.domain.imports.rows import DataRow
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
    """Return what becomes of rows of points, those before them in the file taken into account.

    An identity of a merged record names its survivor.
    """
    found = customers.get_many(job.merchant_id, set(holders.values()))
    into = {each.id: each.merged_into for each in found.values() if each.merged_into}
    current = {**found, **customers.get_many(job.merchant_id, set(into.values()))}
    holders = {each: into.get(holder, holder) for each, holder in holders.items()}
    said = (told_apart(row.identities(), holders, current) for row in rows)
    named = [{holders[each] for each in identities if each in holders} for identities in said]
    left = {each.id: each.membership.points.available for each in current.values()}
    return [_planned(row, whose, current, left) for row, whose in zip(rows, named, strict=True)]


def apply_points(
    job: ImportJob,
    plan: Sequence[PlannedRow],
    *,
    now: datetime,
    changesets: Changesets,
    points: Points,
) -> list[PlannedRow]:
    """Move the points of planned rows, each once however often it is begun."""
    at = moment(job.applying_at) if job.applying_at else now
    return [
        _adjusted(job, row, at, changesets, points) if row.outcome == "updated" else row
        for row in plan
    ]


def take_points_back(
    job: ImportJob,
    rows: Sequence[PlannedRow],
    *,
    by: Author,
    changesets: Changesets,
    points: Points,
) -> list[PlannedRow]:
    """Take the points of rows back, each once; what was spent since stays, and is told."""
    taken = (_taken_back(job, row, by, changesets, points) for row in rows)
    return [row for row in taken if row]


def _planned(
    row: DataRow,
    whose: set[CustomerId],
    current: Mapping[CustomerId, Customer],
    left: dict[CustomerId, int],
) -> PlannedRow:
    said = PlannedRow(number=row.number, outcome="updated", fields=row.fields, notices=row.notices)
    if row.problems:
        return replace(said, outcome="invalid", fields={}, problems=row.problems)
    if len(whose) != 1:
        unknown = refused(said, "invalid", "customer_unknown")
        return refused(said, "conflict", "names_two_customers") if whose else unknown
    (customer_id,) = whose
    customer = current.get(customer_id)
    if customer is None or customer.status not in {"active", "archived"}:
        return refused(said, "conflict", "customer_gone")
    said = replace(said, customer_id=customer_id, version=customer.version)
    if customer.membership.joined_at is None:
        return refused(said, "conflict", "not_a_member")
    before = left[customer_id]
    after = before + row.fields["points"]
    if row.fields["points"] < 0 and after < 0:
        return _refused_by(said, Conflict("points_insufficient", available=before))
    left[customer_id] = after
    return replace(said, changes=(FieldChange(_COLUMN, before, after),))


def _adjusted(
    job: ImportJob, row: PlannedRow, at: datetime, changesets: Changesets, points: Points
) -> PlannedRow:
    if row.customer_id is None:
        return row
    if not row.fields:  # of somebody who was erased since it was planned
        return refused(row, "conflict", "customer_gone")
    try:
        adjust_points(
            job.merchant_id,
            row.customer_id,
            row.fields["points"],
            row.fields["reason"],
            by=author_of(job.id, row.number),
            now=at,
            seed=_seed(job, row, at),
            changesets=changesets,
            points_known=points,
        )
    except Conflict as conflict:
        return _refused_by(row, conflict)
    return row


def _taken_back(
    job: ImportJob, row: PlannedRow, by: Author, changesets: Changesets, points: Points
) -> PlannedRow | None:
    """Return a row as it is left; None if its points never moved."""
    if row.customer_id is None or job.applying_at is None:
        return None
    began = moment(job.applying_at)
    place = PointsPosition(stamp(began), _seed(job, row, began))
    line = points.line(job.merchant_id, row.customer_id, place)
    if line is None:
        return None
    at = moment(job.finished_at) if job.finished_at else began
    try:
        adjust_points(
            job.merchant_id,
            row.customer_id,
            -line.points,
            text("points_taken_back", job.locale),
            by=by,
            now=at,
            seed=derived_ulid(at, "points back", job.id, str(row.number)),
            changesets=changesets,
            points_known=points,
        )
    except Conflict as conflict:
        return replace(_refused_by(row, conflict), outcome="kept", changes=row.changes)
    return replace(row, outcome="reverted")


def _seed(job: ImportJob, row: PlannedRow, at: datetime) -> str:
    return derived_ulid(at, "points", job.id, str(row.number))


def _refused_by(row: PlannedRow, conflict: Conflict) -> PlannedRow:
    params = {name: each for name, each in conflict.params.items() if isinstance(each, str | int)}
    problem = Problem("points", conflict.code, params)
    return replace(refused(row, "conflict", conflict.code), problems=(problem,))
