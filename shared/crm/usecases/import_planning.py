"""Plan an import: each chunk by itself, then what only all chunks together can tell."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from json import loads
from typing import NamedTuple

from crm.domain import import_files, import_plan, import_rows
from crm.domain.ids import CustomerId, ImportId, MerchantId
from crm.domain.import_plan import PlannedRow, assign_rows, checked, compare
from crm.domain.import_rows import json_line
from crm.domain.imports import Outcome, counts_of
from crm.ports import Customers, FileStore, Imports
from crm.usecases.import_turns import keep_turn

_CREATING: tuple[Outcome, ...] = ("created", "duplicated")


class ReadyChunk(NamedTuple):
    """A chunk whose plan may be carried out, and the number of its first new customer's code."""

    chunk: int
    first_code: int


class _Target(NamedTuple):
    """A row that overwrites a customer, by its chunk."""

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
) -> None:
    """Decide what becomes of the rows of a chunk, and keep that plan."""
    keep_turn(merchant_id, import_id, now=now, imports=imports)
    if chunk in imports.recorded(merchant_id, import_id, "planned"):
        return
    job = imports.get(merchant_id, import_id)
    lines = files.read(merchant_id, "imports", import_files.rows(import_id, chunk)).split(b"\n")
    rows = [import_rows.row_of_line(line) for line in lines]
    identities = {identity for row in rows for identity in row.identities()}
    holders = customers.holders(merchant_id, identities)
    plan = assign_rows(rows, holders, job.mode)
    plan = _compared(merchant_id, plan, job.created_at, customers)
    _write(merchant_id, import_id, chunk, plan, files)
    counts = counts_of(row.outcome for row in plan)
    imports.record(merchant_id, import_id, "planned", chunk, counts, now=now)


def settle_plan(
    merchant_id: MerchantId,
    import_id: ImportId,
    *,
    now: datetime,
    imports: Imports,
    files: FileStore,
    customers: Customers,
) -> list[ReadyChunk]:
    """Join the rows of different chunks that overwrite one customer, and take the codes.

    Rows that share no identity in the file may still name one customer of the book.
    """
    keep_turn(merchant_id, import_id, now=now, imports=imports)
    job = imports.get(merchant_id, import_id)
    if job.mode == "overwrite" and job.chunks > 1:
        at = job.created_at
        for rows in _met_again(merchant_id, import_id, job.chunks, files).values():
            _join(merchant_id, import_id, rows, at, files=files, customers=customers)
    counts = imports.recorded(merchant_id, import_id, "planned")
    new = [
        sum(counts[chunk].by_outcome()[outcome] for outcome in _CREATING)
        for chunk in range(job.chunks)
    ]
    first = customers.reserve_codes(merchant_id, sum(new)) if any(new) else 0
    imports.replace(merchant_id, job, replace(job, status="applying", planned=job.total or 0))
    return [ReadyChunk(chunk, first + sum(new[:chunk])) for chunk in range(job.chunks)]


def read_plan(
    merchant_id: MerchantId, import_id: ImportId, chunk: int, files: FileStore
) -> list[PlannedRow]:
    """Return the plan of a chunk."""
    content = files.read(merchant_id, "imports", import_files.plan(import_id, chunk))
    return [import_plan.row_of_line(line) for line in content.split(b"\n")]


def _compared(
    merchant_id: MerchantId, plan: Sequence[PlannedRow], at: str, customers: Customers
) -> list[PlannedRow]:
    """Return the plan with every row that overwrites a customer held against that customer."""
    targets = [row.customer_id for row in plan if row.outcome == "updated" and row.customer_id]
    current = customers.get_many(merchant_id, targets)
    compared: list[PlannedRow] = []
    for row in plan:
        if row.outcome == "updated" and row.customer_id:
            compared.append(compare(row, current.get(row.customer_id), at))
        else:
            compared.append(checked(row, at) if row.outcome in _CREATING else row)
    return compared


def _write(
    merchant_id: MerchantId,
    import_id: ImportId,
    chunk: int,
    plan: Sequence[PlannedRow],
    files: FileStore,
) -> None:
    targets = [
        [row.number, row.customer_id] for row in plan if row.outcome in {"updated", "unchanged"}
    ]
    content = b"\n".join(map(import_plan.line_of, plan))
    files.write(merchant_id, "imports", import_files.plan(import_id, chunk), content)
    files.write(merchant_id, "imports", import_files.targets(import_id, chunk), json_line(targets))


def _met_again(
    merchant_id: MerchantId, import_id: ImportId, chunks: int, files: FileStore
) -> dict[CustomerId, list[_Target]]:
    """Return the customers that rows of several chunks overwrite, with those rows."""
    rows: dict[CustomerId, list[_Target]] = {}
    for chunk in range(chunks):
        name = import_files.targets(import_id, chunk)
        for number, customer_id in loads(files.read(merchant_id, "imports", name)):
            rows.setdefault(customer_id, []).append(_Target(number, chunk))
    return {customer_id: sorted(met) for customer_id, met in rows.items() if len(met) > 1}


def _join(
    merchant_id: MerchantId,
    import_id: ImportId,
    rows: Sequence[_Target],
    at: str,
    *,
    files: FileStore,
    customers: Customers,
) -> None:
    """Fold later rows of a customer into the first; done again, it gives the same."""
    first, *later = rows
    plans = {
        chunk: read_plan(merchant_id, import_id, chunk, files)
        for chunk in dict.fromkeys(row.chunk for row in rows)
    }
    person = _row(plans[first.chunk], first.number)
    for target in later:
        person = person.with_later(_row(plans[target.chunk], target.number))
    customer_id = person.customer_id
    current = customers.get_many(merchant_id, [customer_id] if customer_id else [])
    person = compare(person, next(iter(current.values()), None), at)
    merged = {row.number for row in later}
    for chunk, plan in plans.items():
        joined = [
            person
            if row.number == first.number
            else _into(row, first.number)
            if row.number in merged or row.into in merged
            else row
            for row in plan
        ]
        _write(merchant_id, import_id, chunk, joined, files)


def _row(plan: Sequence[PlannedRow], number: int) -> PlannedRow:
    return next(row for row in plan if row.number == number)


def _into(row: PlannedRow, number: int) -> PlannedRow:
    return PlannedRow(
        number=row.number, outcome="merged_in_file", into=number, notices=row.notices
    )
