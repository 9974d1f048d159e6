"""Revert the changes of a chunk of an import; retries revert nothing twice."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import Customer
from crm.domain.imports.balances import opening_id
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import CREATING, PlannedRow
from crm.domain.imports.progress import Counts
from crm.domain.imports.reverts import Blocked, Undone, may_have_written, revert_author, undo
from crm.domain.kernel.conflicts import retry_on_conflict
from crm.domain.kernel.errors import Busy, DuplicateCustomer, Invalid, NotFound
from crm.domain.kernel.ids import CustomerId, ImportId, MerchantId, derived_ulid
from crm.domain.kernel.times import stamp
from crm.ports.customers import Customers
from crm.ports.files import FileStore
from crm.ports.imports import Imports
from crm.usecases.imports.chunk_rows import record_rows, rows_of_chunk
from crm.usecases.imports.lock import keep_lock
from crm.usecases.imports.points import revert_points
from crm.usecases.imports.ranking import rank_unfrozen
from crm.usecases.orders.metrics import MetricsPorts, reverse_opening


def revert_chunk(
    merchant_id: MerchantId,
    import_id: ImportId,
    chunk: int,
    *,
    now: datetime,
    imports: Imports,
    files: FileStore,
    metrics: MetricsPorts,
) -> Counts:
    """Undo a chunk's changes that nobody has overwritten, and store the outcome of each row."""
    job = imports.get(merchant_id, import_id)
    done = imports.recorded(merchant_id, import_id, "reverted")
    if chunk in done or job.status != "reverting":
        return done.get(chunk, Counts())
    keep_lock(merchant_id, import_id, now=now, imports=imports)
    rows = _rows(job, chunk, imports, files)
    if job.options.kind == "points":
        by = revert_author(job.id)
        changesets, points = metrics.changesets, metrics.points
        undone = revert_points(job, rows.changing, by=by, changesets=changesets, points=points)
    else:
        undone = _Undoing(job, now, metrics.customers, metrics).undo(rows)
        rank_unfrozen(job, undone, now=now, changesets=metrics.changesets)
    return record_rows(job, "reverted", chunk, undone, now=now, imports=imports, files=files)


class _Rows:
    """Rows of a chunk that changed something, or may have if its worker was killed.

    `bringing` may have added opening balances. `sure`: the chunk was recorded as applied.
    """

    def __init__(self, rows: Iterable[PlannedRow], *, sure: bool) -> None:
        named = [row for row in rows if row.customer_id]
        self.changing = [row for row in named if row.outcome in CREATING | {"updated"}]
        self.bringing = [row for row in named if row.brings]
        self.sure = sure


def _rows(job: ImportJob, chunk: int, imports: Imports, files: FileStore) -> _Rows:
    merchant_id, import_id = job.merchant_id, job.id
    if chunk in imports.recorded(merchant_id, import_id, "applied"):
        return _Rows(rows_of_chunk(job, "applied", chunk, files), sure=True)
    if chunk in imports.recorded(merchant_id, import_id, "planned"):
        return _Rows(rows_of_chunk(job, "planned", chunk, files), sure=False)
    return _Rows([], sure=False)


class _Undoing:
    """Undoes rows of one import at one moment."""

    def __init__(
        self, job: ImportJob, now: datetime, customers: Customers, metrics: MetricsPorts
    ) -> None:
        self._job = job
        self._now = now
        self._customers = customers
        self._metrics = metrics

    def undo(self, rows: _Rows) -> list[PlannedRow]:
        """Undo the rows that changed something, and return them as reverted or kept.

        Opening balances go first: a customer without other activity can then be archived.
        """
        reversed_rows = [row for row in rows.bringing if self._reverse_opening(row)]
        named = {row.customer_id for row in rows.changing if row.customer_id}
        current = self._customers.get_many(self._job.merchant_id, named)
        changed = [
            row
            for row in rows.changing
            if rows.sure or may_have_written(row, _of(row, current), self._job.id)
        ]
        steps = [
            (row, step) for row in changed if (step := self._step(row, _of(row, current), {}))
        ]
        edits = [step.edit for _, step in steps if step.edit]
        refusals = self._customers.update_all(self._job.merchant_id, edits) if edits else ()
        done = {
            row.number: self._undo_alone(row, {})
            if step.edit and row.customer_id in refusals
            else step.row
            for row, step in steps
        }
        done = {row.number: replace(row, outcome="reverted") for row in reversed_rows} | done
        return [done[number] for number in sorted(done)]

    def _reverse_opening(self, row: PlannedRow) -> bool:
        """Reverse the opening balance that the row added; tell whether it had one."""
        if row.customer_id is None:
            return False
        try:
            reverse_opening(
                self._job.merchant_id,
                row.customer_id,
                opening_id(self._job.id, row.number),
                by=revert_author(self._job.id),
                now=self._now,
                ports=self._metrics,
            )
        except NotFound:
            return False
        return True

    def _undo_alone(self, row: PlannedRow, blocked: Blocked) -> PlannedRow:
        """Undo a row after a refusal: its customer changed, or an identity or group is gone."""
        try:
            return retry_on_conflict(partial(self._undo_once, row, blocked))
        except DuplicateCustomer as duplicate:
            field, reason = str(duplicate.params["field"]), "taken_since"
        except Invalid:
            field, reason = "group", "group_unknown"
        if field in blocked:
            raise Busy("busy")
        return self._undo_alone(row, {**blocked, field: reason})

    def _undo_once(self, row: PlannedRow, blocked: Blocked) -> PlannedRow:
        step = self._step(row, self._current(row), blocked)
        if step is None:
            raise NotFound("customer_not_found")
        if step.edit is not None:
            self._customers.update(self._job.merchant_id, *step.edit)
        return step.row

    def _step(self, row: PlannedRow, current: Customer | None, blocked: Blocked) -> Undone | None:
        line = Activity(
            id=derived_ulid(self._now, self._job.id, "revert", str(row.number)),
            at=stamp(self._now),
            kind="edited",
            by=revert_author(self._job.id),
        )
        return undo(row, current, self._job, line, blocked)

    def _current(self, row: PlannedRow) -> Customer | None:
        if row.customer_id is None:
            return None
        found = self._customers.get_many(self._job.merchant_id, [row.customer_id])
        return found.get(row.customer_id)


def _of(row: PlannedRow, current: Mapping[CustomerId, Customer]) -> Customer | None:
    return current.get(row.customer_id) if row.customer_id else None
