"""Plan an import: each chunk by itself, then the rows that span several chunks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from json import loads
from typing import NamedTuple

from crm.domain.customers.customer import Customer
from crm.domain.imports import file_names as import_files
from crm.domain.imports import plan as import_plan
from crm.domain.imports import rows as import_rows
from crm.domain.imports.job import PLAN_LASTS, ImportJob
from crm.domain.imports.plan import (
    CREATING,
    PlannedRow,
    RowHash,
    assign_rows,
    compare,
    hash_of_plan,
    hash_of_row,
    new_customer_id,
    validate_new_row,
)
from crm.domain.imports.progress import Counts, counts_of, sum_of
from crm.domain.imports.rows import json_line
from crm.domain.kernel.ids import CustomerId, ImportId, MerchantId
from crm.domain.kernel.times import stamp
from crm.ports.customers import Customers
from crm.ports.files import FileStore
from crm.ports.imports import Imports
from crm.ports.orders import Orders
from crm.usecases.customers.survivors import survivors_of
from crm.usecases.imports.chunk_rows import rows_of_chunk
from crm.usecases.imports.lock import keep_lock
from crm.usecases.imports.opening_balances import with_openings
from crm.usecases.imports.points import plan_points


class ReadyChunk(NamedTuple):
    """A chunk whose plan can be applied, and the number of its first new customer's code."""

    chunk: int
    first_code: int


class _Target(NamedTuple):
    """A row that overwrites a customer, and its chunk."""

    number: int
    chunk: int


def plan_chunk(
    merchant_id: MerchantId,
    import_id: ImportId,
    chunk: int,
    *,
    now: datetime,
    imports: Imports,
    files: FileStore,
    customers: Customers,
    orders: Orders,
) -> None:
    """Plan the rows of a chunk, and store the plan."""
    job = imports.get(merchant_id, import_id)
    if job.is_idle:
        return
    keep_lock(merchant_id, import_id, now=now, imports=imports)
    if chunk in imports.recorded(merchant_id, import_id, "planned"):
        return
    lines = files.read(merchant_id, "imports", import_files.rows(import_id, chunk)).split(b"\n")
    rows = [import_rows.row_of_line(line) for line in lines]
    identities = {identity for row in rows for identity in row.identities()}
    holders = customers.holders(merchant_id, identities)
    if job.options.kind == "points":
        plan = plan_points(job, rows, holders, customers)
    else:
        existing: Mapping[CustomerId, Customer] = {}
        if job.options.mode == "overwrite":
            existing = survivors_of(merchant_id, set(holders.values()), customers=customers)
            holders = {
                each: existing[holder].id for each, holder in holders.items() if holder in existing
            }
        plan = _compared(
            job, assign_rows(rows, holders, job.options.mode, existing), existing.values()
        )
        plan = with_openings(job, plan, existing.values(), orders)
    write_plan(merchant_id, import_id, chunk, plan, files)
    counts = counts_of(row.outcome for row in plan)
    imports.record(merchant_id, import_id, "planned", chunk, counts, now=now)


def settle_plan(
    merchant_id: MerchantId,
    import_id: ImportId,
    *,
    execution: str,
    now: datetime,
    imports: Imports,
    files: FileStore,
    customers: Customers,
    orders: Orders,
) -> list[ReadyChunk]:
    """Merge the rows of different chunks that overwrite one customer; return the chunks to apply.

    Rows that share no identity in the file may still match the same customer. A plan that awaits
    a commit returns no chunks; a committed plan is not changed. New customers get their codes
    here, once.
    """
    job = imports.get(merchant_id, import_id)
    if job.is_idle or not job.is_run_by(execution):
        return []
    keep_lock(merchant_id, import_id, now=now, imports=imports)
    chunks = job.progress.chunks
    if job.options.folds_rows and chunks > 1 and not job.was_committed:
        for rows in _shared_targets(merchant_id, import_id, chunks, files).values():
            _merge_rows(
                job,
                rows,
                now=now,
                imports=imports,
                files=files,
                customers=customers,
                orders=orders,
            )
    counts = imports.recorded(merchant_id, import_id, "planned")
    if job.waits_for_commit:
        result = sum_of(counts.values())
        plan = hash_of_plan(job.file.hash or "", _hashes(job, files))
        imports.release_lock(merchant_id, import_id)
        planned = job.with_plan(result, plan, stamp(now + PLAN_LASTS))
        imports.replace(merchant_id, job, planned)
        return []
    new = [_creating(counts[chunk]) for chunk in range(chunks)]
    first = job.progress.first_code
    if first is None:
        first = customers.reserve_codes(merchant_id, sum(new)) if any(new) else 0
    imports.replace(merchant_id, job, job.applying(first, stamp(now)))
    return [ReadyChunk(chunk, first + sum(new[:chunk])) for chunk in range(chunks)]


def write_plan(
    merchant_id: MerchantId,
    import_id: ImportId,
    chunk: int,
    plan: Sequence[PlannedRow],
    files: FileStore,
) -> None:
    """Store the plan of a chunk, and separately the customers that it overwrites."""
    targets = [
        [row.number, row.customer_id] for row in plan if row.outcome in {"updated", "unchanged"}
    ]
    content = b"\n".join(map(import_plan.line_of, plan))
    files.write(merchant_id, "imports", import_files.plan(import_id, chunk), content)
    files.write(merchant_id, "imports", import_files.targets(import_id, chunk), json_line(targets))


def _hashes(job: ImportJob, files: FileStore) -> Iterator[RowHash]:
    for chunk in range(job.progress.chunks):
        for row in rows_of_chunk(job, "planned", chunk, files):
            yield hash_of_row(row)


def _creating(counts: Counts) -> int:
    return sum(counts.rows.get(outcome, 0) for outcome in CREATING)


def _compared(
    job: ImportJob, plan: Sequence[PlannedRow], existing: Iterable[Customer]
) -> list[PlannedRow]:
    """Compare overwriting rows with their customers, and give creating rows their new ids."""
    at = job.created_at
    current = {customer.id: customer for customer in existing}
    compared: list[PlannedRow] = []
    for row in plan:
        if row.outcome == "updated" and row.customer_id:
            compared.append(compare(row, current.get(row.customer_id), at))
        elif row.outcome in CREATING:
            row = validate_new_row(row, at)  # noqa: PLW2901
            new_id = new_customer_id(job.id, at, row.number) if row.outcome in CREATING else None
            compared.append(replace(row, customer_id=new_id))
        else:
            compared.append(row)
    return compared


def _shared_targets(
    merchant_id: MerchantId, import_id: ImportId, chunks: int, files: FileStore
) -> dict[CustomerId, list[_Target]]:
    """Return the customers that several rows overwrite, with those rows."""
    rows: dict[CustomerId, list[_Target]] = {}
    for chunk in range(chunks):
        name = import_files.targets(import_id, chunk)
        for number, customer_id in loads(files.read(merchant_id, "imports", name)):
            rows.setdefault(customer_id, []).append(_Target(number, chunk))
    return {customer_id: sorted(each) for customer_id, each in rows.items() if len(each) > 1}


def _merge_rows(
    job: ImportJob,
    rows: Sequence[_Target],
    *,
    now: datetime,
    imports: Imports,
    files: FileStore,
    customers: Customers,
    orders: Orders,
) -> None:
    """Merge later rows of a customer into the first; repeating it gives the same plan."""
    merchant_id, import_id = job.merchant_id, job.id
    first, *later = rows
    plans = {
        chunk: list(rows_of_chunk(job, "planned", chunk, files))
        for chunk in dict.fromkeys(row.chunk for row in rows)
    }
    person = _row(plans[first.chunk], first.number)
    for target in later:
        person = person.with_later(_row(plans[target.chunk], target.number))
    customer_id = person.customer_id
    current = customers.get_many(merchant_id, [customer_id] if customer_id else [])
    person = compare(person, next(iter(current.values()), None), job.created_at)
    (person,) = with_openings(job, [replace(person, brings={})], current.values(), orders)
    merged = {row.number for row in later}
    for chunk, plan in plans.items():
        updated = [
            person
            if row.number == first.number
            else _merged_into(row, first.number)
            if row.number in merged or row.into in merged
            else row
            for row in plan
        ]
        counts = counts_of(row.outcome for row in updated)
        imports.record(merchant_id, import_id, "planned", chunk, counts, now=now)
        write_plan(merchant_id, import_id, chunk, updated, files)


def _row(plan: Sequence[PlannedRow], number: int) -> PlannedRow:
    return next(row for row in plan if row.number == number)


def _merged_into(row: PlannedRow, number: int) -> PlannedRow:
    return PlannedRow(
        number=row.number, outcome="merged_in_file", into=number, notices=row.notices
    )
