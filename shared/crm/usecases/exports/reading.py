"""Read the customers of an export into parts, bucket by bucket; each part is stored once."""

from collections.abc import Callable, Collection
from datetime import datetime
from hashlib import sha256
from json import dumps, loads
from typing import NamedTuple

from crm.domain.customers.column import Plain
from crm.domain.customers.masking import masked_customer
from crm.domain.exports import file_names as export_files
from crm.domain.exports.job import ExportJob, ReadPart, SnapshotFilter
from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import CustomerId, ExportId, MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.lists.pages import WalkedPage
from crm.domain.spreadsheets.cells import row_reader
from crm.ports.exports import Exports
from crm.ports.files import ExportFiles
from crm.ports.lists import CustomerWalk
from crm.ports.merchants import Merchants

#: A page is at most 1 MB of customers, so a part has a few thousand of them.
_PAGES_A_PART = 8
_ROWS_A_PART = 8_000

type _Pages = Callable[[CustomerId | None], WalkedPage]


class Started(NamedTuple):
    """The buckets that an export reads; empty if there is nothing to do."""

    buckets: list[str]


class Progress(NamedTuple):
    """The progress of a bucket: the next part, and the customer after whom it starts."""

    done: bool
    number: int
    after: CustomerId | None


def start_export(
    merchant_id: MerchantId,
    export_id: ExportId,
    *,
    execution: str,
    now: datetime,
    exports: Exports,
    walk: CustomerWalk,
    merchants: Merchants,
) -> Started:
    """Start an export: it includes the customers that exist at this moment."""
    zone = merchants.get(merchant_id).zone
    try:
        job = exports.get(merchant_id, export_id)
        if job.may_be_read_by(execution):
            exports.replace(merchant_id, job, job.reading(execution, zone, stamp(now)))
            return Started([*walk.buckets(merchant_id)])
    except (NotFound, Stale):
        pass  # the export is unknown, cancelled, or another execution started it
    return Started([])


def read_part(
    merchant_id: MerchantId,
    export_id: ExportId,
    bucket: str,
    number: int,
    after: CustomerId | None,
    *,
    now: datetime,
    exports: Exports,
    files: ExportFiles,
    walk: CustomerWalk,
) -> Progress:
    """Read and store a part of a bucket, or return the progress of the part already stored.

    So a part begins where the previous one ended, however often readers are killed.
    """
    part = exports.recorded(merchant_id, export_id, bucket, number)
    if part is None:
        job = exports.get(merchant_id, export_id)
        if job.status != "reading":
            return Progress(done=True, number=number, after=None)
        pages = _pages(job, bucket, files, walk)
        part = exports.record(
            merchant_id,
            export_id,
            _read(job, bucket, number, after, pages=pages, files=files),
            now=now,
        )
    return Progress(done=part.last is None, number=number + 1, after=part.last)


def _pages(job: ExportJob, bucket: str, files: ExportFiles, walk: CustomerWalk) -> _Pages:
    if job.selected is None:
        return lambda after: walk.page(job.merchant_id, bucket, after)
    name = export_files.selection(job.id)
    ids: Collection[CustomerId] = loads(files.read(job.merchant_id, "exports", name))
    return lambda after: walk.chosen(job.merchant_id, bucket, after, ids)


def _read(
    job: ExportJob,
    bucket: str,
    number: int,
    after: CustomerId | None,
    *,
    pages: _Pages,
    files: ExportFiles,
) -> ReadPart:
    rows_of, snapshot = row_reader(job.columns, job.zone), SnapshotFilter(job)
    lines: list[bytes] = []
    for _ in range(_PAGES_A_PART):
        page = pages(after)
        after = page.last
        included = filter(snapshot.includes, page.customers)
        shown = map(masked_customer, included) if job.masked else included
        lines += map(line_of, map(rows_of, shown))
        if after is None or len(lines) >= _ROWS_A_PART:
            break
    content = b"".join(lines)
    name = ""
    if lines:
        digest = sha256(content).hexdigest()
        name = export_files.part(job.id, bucket, number, digest)
        files.write(job.merchant_id, "exports", name, content)
    return ReadPart(bucket, number, name, len(lines), after)


def line_of(row: list[Plain]) -> bytes:
    """Return a canonical row: a compact JSON array and a line feed."""
    return dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
