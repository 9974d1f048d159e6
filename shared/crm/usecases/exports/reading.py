"""Read the customers of an export into parts, bucket by bucket, each part once."""

from collections.abc import Callable, Collection
from datetime import datetime
from hashlib import sha256
from json import dumps, loads
from typing import NamedTuple

from crm.domain.customers.masking import masked_customer
from crm.domain.exports import file_names as export_files
from crm.domain.exports.job import Choice, ExportJob, ReadPart
from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import CustomerId, ExportId, MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.lists.pages import WalkedPage
from crm.domain.spreadsheets.cells import Plain, row_reader
from crm.ports.exports import Exports
from crm.ports.files import ExportFiles
from crm.ports.lists import CustomerWalk
from crm.ports.merchants import Merchants

#: A page is at most 1 MB of customers: some thousand of them make a part.
_PAGES_A_PART = 8
_ROWS_A_PART = 8_000

type _Pages = Callable[[CustomerId | None], WalkedPage]


class Started(NamedTuple):
    """Which buckets an export is to be read from; none if there is nothing to do."""

    buckets: list[str]


class Progress(NamedTuple):
    """How far a bucket is: the next part, and the customer after whom it starts."""

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
    """Take an export up: this moment is the one at which a customer must have been there."""
    zone = merchants.get(merchant_id).zone
    try:
        job = exports.get(merchant_id, export_id)
        if job.may_be_read_by(execution):
            exports.replace(merchant_id, job, job.reading(execution, zone, stamp(now)))
            return Started([*walk.buckets(merchant_id)])
    except (NotFound, Stale):
        pass  # nobody asked for it, another execution was faster, or it was given up
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
    """Read a part of a bucket and keep it; a reader that comes second takes what the first kept.

    So a part begins where the one before it ended, however often readers are killed on the way.
    """
    part = exports.recorded(merchant_id, export_id, bucket, number)
    if part is None:
        job = exports.get(merchant_id, export_id)
        if job.status != "reading":
            return Progress(done=True, number=number, after=None)
        pages = _pages(job, bucket, files, walk)
        part = exports.record(
            merchant_id, export_id, _read(job, bucket, number, after, pages, files), now=now
        )
    return Progress(done=part.last is None, number=number + 1, after=part.last)


def _pages(job: ExportJob, bucket: str, files: ExportFiles, walk: CustomerWalk) -> _Pages:
    if job.selected is None:
        return lambda after: walk.page(job.merchant_id, bucket, after)
    name = export_files.selection(job.id)
    ids: Collection[CustomerId] = loads(files.read(job.merchant_id, "exports", name))
    return lambda after: walk.chosen(job.merchant_id, bucket, after, ids)


def _read(  # noqa: PLR0917 - what a part is made of
    job: ExportJob,
    bucket: str,
    number: int,
    after: CustomerId | None,
    pages: _Pages,
    files: ExportFiles,
) -> ReadPart:
    rows_of, chosen = row_reader(job.columns, job.zone), Choice(job)
    lines: list[bytes] = []
    for _ in range(_PAGES_A_PART):
        page = pages(after)
        after = page.last
        seen = filter(chosen.takes, page.customers)
        lines += map(line_of, map(rows_of, map(masked_customer, seen) if job.masked else seen))
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
