"""Carry out the plan of a chunk, once, however often it is begun."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from crm.domain import import_files
from crm.domain.activities import Activity
from crm.domain.codes import spell_code
from crm.domain.customer import Customer
from crm.domain.errors import DuplicateCustomer, Invalid, NotFound, Stale
from crm.domain.ids import CustomerId, ImportId, MerchantId, derived_ulid
from crm.domain.import_plan import (
    PlannedRow,
    author_of,
    compare,
    new_customer,
    overwritten,
    refused,
    was_written_by,
)
from crm.domain.import_rows import json_line, problems_line
from crm.domain.import_values import values_for
from crm.domain.imports import Counts, ImportJob, counts_of
from crm.domain.times import moment, stamp
from crm.ports import Customers, FileStore, Imports
from crm.usecases.import_planning import read_plan
from crm.usecases.import_turns import keep_turn


def apply_chunk(
    merchant_id: MerchantId,
    import_id: ImportId,
    chunk: int,
    *,
    first_code: int,
    now: datetime,
    imports: Imports,
    files: FileStore,
    customers: Customers,
) -> Counts:
    """Write what a chunk's plan says, and keep what became of each row."""
    keep_turn(merchant_id, import_id, now=now, imports=imports)
    done = imports.recorded(merchant_id, import_id, "applied")
    if chunk in done:
        return done[chunk]
    job = imports.get(merchant_id, import_id)
    plan = read_plan(merchant_id, import_id, chunk, files)
    rows = _Writer(job, now, customers).write(plan, first_code)
    content = b"\n".join(map(_outcome_line, rows))
    files.write(merchant_id, "imports", import_files.outcomes(import_id, chunk), content)
    counts = counts_of(row.outcome for row in rows)
    imports.record(merchant_id, import_id, "applied", chunk, counts, now=now)
    return counts


class _Writer:
    """Writes planned rows of one import at one moment."""

    def __init__(self, job: ImportJob, now: datetime, customers: Customers) -> None:
        self._job = job
        self._now = now
        self._at = stamp(now)
        self._began = moment(job.created_at)
        self._customers = customers

    def write(self, plan: Sequence[PlannedRow], first_code: int) -> list[PlannedRow]:
        """Return the rows with what really became of them.

        New customers are written before those that share an identity with them.
        """
        new = [row for row in plan if row.outcome in {"created", "duplicated"}]
        made = {
            row.number: self._customer(row, first_code + place) for place, row in enumerate(new)
        }
        done: dict[int, PlannedRow] = {}
        self._create([row for row in new if row.outcome == "created"], made, done)
        self._duplicate([row for row in new if row.outcome == "duplicated"], made, done)
        self._overwrite([row for row in plan if row.outcome == "updated"], done)
        return [done.get(row.number, row) for row in plan]

    def _create(
        self,
        rows: Sequence[PlannedRow],
        made: Mapping[int, Customer],
        done: dict[int, PlannedRow],
    ) -> None:
        held = self._customers.add_all(self._job.merchant_id, [made[row.number] for row in rows])
        for row in rows:
            customer = made[row.number]
            done[row.number] = (
                self._planned_again(row, customer)
                if customer.id in held
                else replace(row, customer_id=customer.id)
            )

    def _duplicate(
        self,
        rows: Sequence[PlannedRow],
        made: Mapping[int, Customer],
        done: dict[int, PlannedRow],
    ) -> None:
        self._customers.add_all(
            self._job.merchant_id, [made[row.number] for row in rows], allow_duplicate=True
        )
        for row in rows:
            done[row.number] = replace(row, customer_id=made[row.number].id)

    def _overwrite(self, rows: Sequence[PlannedRow], done: dict[int, PlannedRow]) -> None:
        current = self._customers.get_many(
            self._job.merchant_id, [row.customer_id for row in rows if row.customer_id]
        )
        for row in rows:
            if row.customer_id:
                done[row.number] = self._update(row, current.get(row.customer_id))

    def _planned_again(self, row: PlannedRow, customer: Customer) -> PlannedRow:
        """Give a row whose identity someone took since it was planned its second and last plan."""
        if self._job.mode == "skip":
            return replace(row, outcome="skipped")
        if self._job.mode == "create_duplicate":
            try:
                self._customers.add(self._job.merchant_id, customer, allow_duplicate=True)
            except Invalid as invalid:  # its group went since the file was read
                return replace(row, outcome="invalid", problems=invalid.problems)
            return replace(row, outcome="duplicated", customer_id=customer.id)
        holders = self._holders(row)
        if len(holders) != 1:
            return refused(row, "conflict", "names_two_customers" if holders else "moved")
        (customer_id,) = holders
        current = self._current(customer_id)
        return self._update(replace(row, outcome="unchanged", customer_id=customer_id), current)

    def _update(self, row: PlannedRow, current: Customer | None) -> PlannedRow:
        """Overwrite a customer; what was written by an earlier try counts as written."""
        for _ in range(2):
            compared = compare(row, current, self._job.created_at)
            if current is None or compared.outcome not in {"updated", "unchanged"}:
                return compared
            if compared.outcome == "unchanged":
                mine = was_written_by(current, self._job.id, row)
                outcome = "updated" if mine else row.outcome
                return replace(compared, outcome=outcome, changes=row.changes if mine else ())
            try:
                self._write_changes(row, current)
            except Stale:
                current = self._current(current.id)
            except DuplicateCustomer:
                return refused(row, "conflict", "names_two_customers")
            except Invalid as invalid:
                return replace(compared, outcome="invalid", problems=invalid.problems)
            else:
                return compared
        return refused(row, "conflict", "moved")

    def _write_changes(self, row: PlannedRow, current: Customer) -> None:
        job = self._job
        changes = current.changes(values_for(row.fields, self._job.created_at, current))
        after = overwritten(current, job.id, row, changes, self._at)
        activity = Activity(
            id=derived_ulid(self._now, job.id, str(row.number)),
            at=self._at,
            kind="restored" if current.status == "archived" else "edited",
            by=author_of(job.id, row.number),
            changes=changes,
        )
        self._customers.update(job.merchant_id, current, after, activity)

    def _customer(self, row: PlannedRow, code: int) -> Customer:
        job = self._job
        return new_customer(
            job.merchant_id,
            job.id,
            row,
            values_for(row.fields, self._job.created_at),
            customer_id=CustomerId(derived_ulid(self._began, job.id, str(row.number))),
            code=spell_code(code),
            at=self._at,
        )

    def _holders(self, row: PlannedRow) -> set[CustomerId]:
        identities = row.says.identities()
        return set(self._customers.holders(self._job.merchant_id, identities).values())

    def _current(self, customer_id: CustomerId) -> Customer | None:
        try:
            return self._customers.get(self._job.merchant_id, customer_id)
        except NotFound:
            return None


def _outcome_line(row: PlannedRow) -> bytes:
    line = {
        "row": row.number,
        "outcome": row.outcome,
        "customer": row.customer_id,
        "into": row.into,
        "problems": problems_line(row.problems),
        "notices": problems_line(row.notices),
        "changes": row.changes,
    }
    return json_line({name: value for name, value in line.items() if value})
