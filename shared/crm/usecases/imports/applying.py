"""Apply the plan of a chunk; retries write nothing twice."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

from crm.domain.customers.activities import Activity, Edit
from crm.domain.customers.customer import Customer, FieldChange
from crm.domain.imports.balances import opening_id
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import (
    CREATING,
    PlannedRow,
    author_of,
    diff_row,
    new_customer,
    new_customer_id,
    only_restores,
    overwritten,
    refused,
    was_written_by,
)
from crm.domain.imports.progress import Counts
from crm.domain.imports.values import values_for
from crm.domain.kernel.errors import DuplicateCustomer, Invalid, Stale
from crm.domain.kernel.ids import CustomerId, ImportId, MerchantId, derived_ulid
from crm.domain.kernel.times import stamp
from crm.domain.values.codes import spell_code
from crm.ports.customers import Customers
from crm.ports.files import FileStore
from crm.ports.imports import Imports
from crm.ports.orders import Orders
from crm.usecases.customers.survivors import survivors_of
from crm.usecases.imports.chunk_rows import record_rows, rows_of_chunk
from crm.usecases.imports.lock import keep_lock
from crm.usecases.imports.opening_balances import apply_openings
from crm.usecases.imports.planning import write_plan
from crm.usecases.imports.points import apply_points
from crm.usecases.imports.ranking import rank_unfrozen
from crm.usecases.orders.metrics import MetricsPorts


def apply_chunk(
    merchant_id: MerchantId,
    import_id: ImportId,
    chunk: int,
    *,
    first_code: int,
    now: datetime,
    imports: Imports,
    files: FileStore,
    metrics: MetricsPorts,
) -> Counts:
    """Apply a chunk's plan, and store the outcome of each row.

    Nothing more is written for a cancelled import.
    """
    job = imports.get(merchant_id, import_id)
    done = imports.recorded(merchant_id, import_id, "applied")
    if chunk in done or job.status != "applying":
        return done.get(chunk, Counts())
    keep_lock(merchant_id, import_id, now=now, imports=imports)
    plan = list(rows_of_chunk(job, "planned", chunk, files))
    if job.options.kind == "points":
        changesets = metrics.changesets
        rows = apply_points(job, plan, now=now, changesets=changesets, points=metrics.points)
    else:
        keep = partial(write_plan, merchant_id, import_id, chunk, files=files)
        rows = _Writer(job, now, metrics.customers, metrics.orders, keep).write(plan, first_code)
        rows = apply_openings(job, rows, now=now, metrics=metrics)
        rank_unfrozen(job, rows, now=now, changesets=metrics.changesets)
    kept = [replace(row, fields={}) for row in rows]
    return record_rows(job, "applied", chunk, kept, now=now, imports=imports, files=files)


class _Step(NamedTuple):
    """A row with its outcome, and the edit that it needs, if any."""

    row: PlannedRow
    edit: Edit | None = None


class _Writer:
    """Writes planned rows of one import at one moment.

    A committed plan is binding: if a customer has changed since, or an identity was taken, the
    row is a conflict. Otherwise such a row is planned once more, and the new plan is stored
    before it is applied, so that the successor of a killed worker finds it.
    """

    def __init__(
        self,
        job: ImportJob,
        now: datetime,
        customers: Customers,
        orders: Orders,
        keep: Callable[[Sequence[PlannedRow]], None],
    ) -> None:
        self._job = job
        self._binding = job.was_committed
        self._now = now
        self._at = stamp(now)
        self._customers = customers
        self._orders = orders
        self._keep = keep

    def write(self, plan: Sequence[PlannedRow], first_code: int) -> list[PlannedRow]:
        """Write the rows, and return them with their actual outcomes.

        New customers are written before the duplicates that share an identity with them. A row
        without fields belongs to a person who was erased since it was planned.
        """
        new = [row for row in plan if row.outcome in CREATING]
        made = {
            row.number: self._customer(row, first_code + place)
            for place, row in enumerate(new)
            if row.fields
        }
        done = {
            row.number: refused(row, "conflict", "customer_gone") for row in new if not row.fields
        }
        created = [row for row in new if row.outcome == "created" and row.number in made]
        replanned = self._create(created, made, done)
        if replanned:
            plan = [replanned.get(row.number, row) for row in plan]
            self._keep(plan)
        duplicated = [row for row in plan if row.outcome == "duplicated" and row.number in made]
        self._duplicate(duplicated, made, done)
        compared = {"updated", "unchanged"} if self._binding else {"updated"}
        self._overwrite([row for row in plan if row.outcome in compared], done)
        return [done.get(row.number, row) for row in plan]

    def _create(
        self,
        rows: Sequence[PlannedRow],
        made: Mapping[int, Customer],
        done: dict[int, PlannedRow],
    ) -> dict[int, PlannedRow]:
        """Create customers; return new plans for the rows whose identities were claimed."""
        replanned: dict[int, PlannedRow] = {}
        refusals = self._customers.add_all(
            self._job.merchant_id, [made[row.number] for row in rows]
        )
        for row in rows:
            customer = made[row.number]
            refusal = refusals.get(customer.id)
            if refusal is None:
                done[row.number] = replace(row, customer_id=customer.id)
            elif isinstance(refusal, Invalid):
                done[row.number] = _invalid(row, refusal)
            elif self._binding:
                done[row.number] = refused(replace(row, customer_id=None), "conflict", "moved")
            else:
                replanned[row.number] = self._replan(row)
        return replanned

    def _duplicate(
        self,
        rows: Sequence[PlannedRow],
        made: Mapping[int, Customer],
        done: dict[int, PlannedRow],
    ) -> None:
        refusals = self._customers.add_all(
            self._job.merchant_id, [made[row.number] for row in rows], allow_duplicate=True
        )
        for row in rows:
            customer_id = made[row.number].id
            refusal = refusals.get(customer_id)
            done[row.number] = (
                _invalid(row, refusal)
                if isinstance(refusal, Invalid)
                else replace(row, customer_id=customer_id)
            )

    def _overwrite(self, rows: Sequence[PlannedRow], done: dict[int, PlannedRow]) -> None:
        current = self._load([row.customer_id for row in rows if row.customer_id])
        steps = [self._step(row, current.get(row.customer_id)) for row in rows if row.customer_id]
        edits = [step.edit for step in steps if step.edit]
        refusals = self._customers.update_all(self._job.merchant_id, edits) if edits else ()
        for row, step in zip(rows, steps, strict=True):
            if step.edit and step.edit.after.id in refusals:
                done[row.number] = self._update(row, self._current(step.edit.after.id))
            else:
                done[row.number] = step.row

    def _replan(self, row: PlannedRow) -> PlannedRow:
        """Return the second and last plan of a row whose identity was taken since the first."""
        if self._job.options.mode == "create_duplicate":
            return replace(row, outcome="duplicated")
        row = replace(row, customer_id=None)
        if self._job.options.mode == "skip":
            return replace(row, outcome="skipped")
        holders = {each.id: each for each in self._load(self._holders(row)).values()}
        if len(holders) != 1:
            return refused(row, "conflict", "names_two_customers" if holders else "moved")
        ((customer_id, current),) = holders.items()
        same = replace(row, outcome="unchanged", customer_id=customer_id)
        return diff_row(same, current, self._job.created_at).row

    def _update(self, row: PlannedRow, current: Customer | None) -> PlannedRow:
        """Overwrite a customer, trying once more if it changes meanwhile."""
        for _ in range(2):
            done, edit = self._step(row, current)
            if edit is None:
                return done
            try:
                self._customers.update(self._job.merchant_id, *edit)
            except Stale:
                current = self._current(edit.before.id)
            except DuplicateCustomer:
                taken = "moved" if self._binding else "names_two_customers"
                return refused(row, "conflict", taken)
            except Invalid as invalid:
                return _invalid(done, invalid)
            else:
                return done
        return refused(row, "conflict", "moved")

    def _step(self, row: PlannedRow, current: Customer | None) -> _Step:
        """Return how a row changes a customer; an earlier attempt's write counts as done."""
        if current is not None and not self._binding:
            row = replace(row, customer_id=current.id)
        if self._binding and (current is None or current.version != row.version):
            written = row.outcome == "updated" and current and self._was_done(current, row)
            return _Step(row if written else refused(row, "conflict", "moved"))
        if self._binding and row.outcome == "unchanged":
            return _Step(row)
        compared, changes = diff_row(row, current, self._job.created_at)
        if current is None or compared.outcome not in {"updated", "unchanged"}:
            return _Step(compared)
        if compared.outcome == "updated":
            return _Step(compared, self._edit(row, current, changes))
        if self._wrote(current, row):
            return _Step(replace(row, outcome="updated"))
        return _Step(replace(compared, outcome=row.outcome, changes=(), was={}))

    def _was_done(self, current: Customer, row: PlannedRow) -> bool:
        """Tell whether a row was applied; its balances may have changed the customer's group."""
        if self._wrote(current, row):
            return True
        if not row.brings:
            return False
        openings = self._orders.history(self._job.merchant_id, current.id).openings
        return any(each.id == opening_id(self._job.id, row.number) for each in openings)

    def _wrote(self, current: Customer, row: PlannedRow) -> bool:
        if only_restores(row):
            return current.status == "active"
        return was_written_by(current, self._job.id, row)

    def _edit(self, row: PlannedRow, current: Customer, changes: Sequence[FieldChange]) -> Edit:
        job = self._job
        line = Activity(
            id=derived_ulid(self._now, job.id, str(row.number)),
            at=self._at,
            kind="restored" if current.status == "archived" else "edited",
            by=author_of(job.id, row.number),
            changes=tuple(changes),
        )
        return Edit(current, overwritten(current, job.id, row, changes, self._at), line)

    def _customer(self, row: PlannedRow, code: int) -> Customer:
        job = self._job
        return new_customer(
            job.merchant_id,
            job.id,
            row,
            values_for(row.fields, self._job.created_at),
            customer_id=new_customer_id(job.id, job.created_at, row.number),
            code=spell_code(code),
            at=self._at,
        )

    def _holders(self, row: PlannedRow) -> set[CustomerId]:
        identities = row.data_row.identities()
        return set(self._customers.holders(self._job.merchant_id, identities).values())

    def _current(self, customer_id: CustomerId) -> Customer | None:
        return self._load([customer_id]).get(customer_id)

    def _load(self, customer_ids: Collection[CustomerId]) -> Mapping[CustomerId, Customer]:
        """Return the current customers.

        A record merged since the plan is replaced by its survivor, unless the plan was committed.
        """
        if self._binding:
            return self._customers.get_many(self._job.merchant_id, customer_ids)
        return survivors_of(self._job.merchant_id, customer_ids, customers=self._customers)


def _invalid(row: PlannedRow, invalid: Invalid) -> PlannedRow:
    """Return a row that cannot be written: its group was deleted since the file was read."""
    customer_id = None if row.outcome in CREATING else row.customer_id
    return replace(row, outcome="invalid", customer_id=customer_id, problems=invalid.problems)
