"""Read an uploaded file, and split its rows into chunks."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Literal, NamedTuple

from crm.domain.customers.fingerprints import Fingerprints
from crm.domain.customers.groups import Groups
from crm.domain.imports import file_names as import_files
from crm.domain.imports.balances import BalanceReader, with_balances, without_balances
from crm.domain.imports.chunks import Chunker
from crm.domain.imports.columns import Header, find_header, split_name_column, unnamed_columns
from crm.domain.imports.job import MOST_BYTES, MOST_ROWS, ImportJob, ImportRefused
from crm.domain.imports.progress import sum_of
from crm.domain.imports.rows import RowReader, birthday_order, observe_dates
from crm.domain.kernel.errors import NotFound, Stale, TooLarge
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.domain.kernel.jobs import Failure
from crm.domain.kernel.tables import Sheet, Table
from crm.domain.kernel.times import stamp
from crm.domain.spreadsheets.dates import DateOrderCounter, Order
from crm.ports.customers import MerchantGroups
from crm.ports.files import FileStore
from crm.ports.imports import Imports, OpenTable

_ROWS_PER_PROGRESS = 10_000
_SAMPLE_ROWS = 1_000


class Reading(NamedTuple):
    """The result of reading: the number of chunks, a refusal stored on the job, or no work."""

    outcome: Literal["read", "refused", "ignored"]
    chunks: int = 0


class FoundSheet(NamedTuple):
    """The sheet that an import reads, and its header."""

    sheet: Sheet
    header: Header


def read_import(
    merchant_id: MerchantId,
    import_id: ImportId,
    *,
    execution: str,
    now: datetime,
    imports: Imports,
    files: FileStore,
    groups: MerchantGroups,
    fingerprints: Fingerprints,
    open_table: OpenTable,
) -> Reading:
    """Split the file of an import into chunks; a repeated event does nothing.

    The fingerprints of all identities are stored too, so that an erasure finds the import.
    """
    job = _claim(merchant_id, import_id, execution, imports)
    if job is None:
        return Reading("ignored")
    try:
        content = _download(job, files)
        job = _with_file_hash(job, content)
        table = open_table(content)
        chunker, job = _read(job, table, imports, groups.get(merchant_id))
    except ImportRefused as refused:
        failure = Failure(refused.code, refused.params)
        job = imports.get(merchant_id, import_id)
        if job.ended:  # cancelled meanwhile
            return Reading("ignored")
        applied = sum_of(imports.recorded(merchant_id, import_id, "applied").values())
        imports.replace(merchant_id, job, job.failed(failure, applied, stamp(now)))
        return Reading("refused")
    named = b"".join(fingerprints.of(merchant_id, each) for each in chunker.identities())
    files.write(merchant_id, "imports", import_files.fingerprints(import_id), named)
    chunks = 0
    for chunks, chunk in enumerate(chunker.chunks(), 1):
        files.write(merchant_id, "imports", import_files.rows(import_id, chunks - 1), chunk)
    imports.replace(merchant_id, job, job.has_read(len(chunker), chunks))
    return Reading("read", chunks)


def _claim(
    merchant_id: MerchantId, import_id: ImportId, execution: str, imports: Imports
) -> ImportJob | None:
    try:
        job = imports.get(merchant_id, import_id)
        if job.may_be_read_by(execution):
            return imports.replace(merchant_id, job, job.reading(execution))
    except (NotFound, Stale):
        pass  # a file without an import, or another execution was faster
    return None


def _download(job: ImportJob, files: FileStore) -> bytes:
    if job.file.refusal:
        raise ImportRefused(job.file.refusal.code, **job.file.refusal.params)
    try:
        return files.read(
            job.merchant_id, "uploads", import_files.upload(job.id), largest=MOST_BYTES
        )
    except TooLarge as large:
        raise ImportRefused("file_too_large", limit=MOST_BYTES // 2**20) from large


def _with_file_hash(job: ImportJob, content: bytes) -> ImportJob:
    """Return the job with its file's hash; refuse another file, as chunks may be applied."""
    file_hash = sha256(content).hexdigest()
    if job.file.hash not in {None, file_hash}:
        raise ImportRefused("file_changed")
    return replace(job, file=replace(job.file, hash=file_hash))


def _read(
    job: ImportJob, table: Table, imports: Imports, groups: Groups
) -> tuple[Chunker, ImportJob]:
    """Read all rows with the date order of the first ones.

    If the other rows imply another order, all rows are read again.
    """
    found = find_sheet(table, job)
    first = list(islice(found.sheet, _SAMPLE_ROWS))
    ignored = (
        *found.header.ignored,
        *unnamed_columns(found.header, first, found.sheet.left),
    )
    file = replace(job.file, ignored_columns=ignored, hidden_sheets=table.hidden_sheets)
    job = replace(job, file=file)
    order = birthday_order(first, found.header)
    seen = DateOrderCounter()
    chunker, job = _chunk_rows(job, found, order, seen, imports=imports, groups=groups)
    if seen.order != order:
        chunker, job = _chunk_rows(
            job, found, seen.order, DateOrderCounter(), imports=imports, groups=groups
        )
    return chunker, job


def _chunk_rows(
    job: ImportJob,
    found: FoundSheet,
    order: Order,
    seen: DateOrderCounter,
    *,
    imports: Imports,
    groups: Groups,
) -> tuple[Chunker, ImportJob]:
    sheet, header = found
    hidden = 0
    customers = without_balances(header, job)
    rows = RowReader(customers, order, job.created_at, groups)
    reader = BalanceReader(rows, header, job) if customers != header else rows
    chunker = Chunker()
    for row in observe_dates(sheet, header, seen):
        if len(chunker) == MOST_ROWS:
            raise ImportRefused("too_many_rows", limit=MOST_ROWS)
        hidden += row.number in sheet.hidden_rows
        chunker.add(reader.read(row))
        if len(chunker) % _ROWS_PER_PROGRESS == 0:
            job = imports.replace(job.merchant_id, job, job.with_rows_read(len(chunker)))
    if not len(chunker):
        raise ImportRefused("no_rows")
    return chunker, replace(job, file=replace(job.file, hidden_rows=hidden))


def find_sheet(table: Table, job: ImportJob) -> FoundSheet:
    """Return the first sheet with a known header, and the header; raise `ImportRefused`."""
    empty = True
    for sheet in table.sheets:
        if header := find_header(sheet, job.options.mapping):
            if "full_name" not in job.options.mapping.values():
                header = split_name_column(header, sheet.spans(header.number))
            return FoundSheet(sheet, with_balances(header, job))
        empty = empty and next(iter(sheet), None) is None
    raise ImportRefused("empty_file" if empty else "unknown_header")
