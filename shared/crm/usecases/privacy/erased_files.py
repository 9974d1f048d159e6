"""Remove an erased person from files: whole exports, and the person's lines of imports.

An import contains a person if their history says that it wrote to them, or if the fingerprints of
its rows include one of theirs. The uploaded file, its name and the report are removed; rows, plans
and outcomes lose the person's lines only, so that the before-images of others stay and the import
can be reverted.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from json import loads
from typing import Any

from crm.domain.customers.fingerprints import Fingerprints, fingerprints_in
from crm.domain.exports.job import ExportJob
from crm.domain.imports import file_names as import_files
from crm.domain.imports import rows as import_rows
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import CREATING
from crm.domain.imports.rows import json_line, problems_line
from crm.domain.kernel.errors import Problem, Stale
from crm.domain.kernel.ids import ExportId, ImportId, MerchantId
from crm.domain.kernel.jobs import JobPage
from crm.domain.kernel.paging import items_of_pages
from crm.domain.kernel.times import moment, stamp
from crm.domain.privacy.requests import Erasure
from crm.ports.exports import Exports
from crm.ports.files import FileVersions
from crm.ports.imports import Imports

_A_PAGE = 50
#: Files of exports live for 7 days, and S3 takes up to 3 more to delete their last version; those
#: of imports live for 30, and longer if the import was committed late or is being reverted.
_EXPORT_LIFETIME = timedelta(days=11)
_IMPORT_LIFETIME = timedelta(days=40)
#: How long a worker of a cancelled export may still write.
_WRITER_LIFETIME = timedelta(minutes=16)
#: An import whose file is not read by then is never read.
_UNREAD_LIFETIME = timedelta(hours=1)
_WRITING_OUTCOMES = frozenset({"created", "duplicated", "updated", "unchanged"})
#: The fields that a stripped line of an import keeps: numbers and outcomes.
_KEPT_FIELDS = ("row", "outcome", "customer", "into", "version")


def forget_exports(
    merchant_id: MerchantId,
    *,
    until: str,
    now: datetime,
    exports: Exports,
    files: FileVersions,
) -> tuple[int, bool]:
    """Remove the exports created up to `until`; return how many were live, and if any still write.

    No export records whom it contains, so each may contain the person; the merchant requests it
    again without them. Cancelled and expired exports are purged too: S3 keeps removed versions for
    some days, and a killed worker may have left files.
    """
    at, removed, still_writing = stamp(now), 0, False
    for job in _recent_exports(merchant_id, now, exports):
        if job.created_at > until:
            continue
        if not job.ended or _is_live(job, at):
            try:
                job = exports.replace(merchant_id, job, job.erased(at))  # noqa: PLW2901
            except Stale:
                still_writing = True
                continue
            removed += 1
        files.purge(merchant_id, "exports", f"{job.id}/")
        ended = moment(job.finished_at or at)
        still_writing = still_writing or (not job.is_written and now < ended + _WRITER_LIFETIME)
    return removed, still_writing


def live_exports(merchant_id: MerchantId, now: datetime, exports: Exports) -> Iterator[ExportJob]:
    """Yield the exports that have a file or may still get one."""
    at = stamp(now)
    for job in _recent_exports(merchant_id, now, exports):
        if not job.ended or _is_live(job, at):
            yield job


def recent_imports(
    merchant_id: MerchantId, *, now: datetime, before: ImportId | None, imports: Imports
) -> Iterator[ImportJob]:
    """Return the imports older than `before` that may have files, newest first."""
    oldest = stamp(now - _IMPORT_LIFETIME)

    def older(last: ImportJob | None) -> JobPage[ImportJob]:
        start = last.id if last else before
        return imports.newest(merchant_id, limit=_A_PAGE, before=start)

    return takewhile(lambda job: job.created_at >= oldest, items_of_pages(older))


def is_running(job: ImportJob) -> bool:
    """Tell whether an execution may still write files of an import."""
    if job.status == "awaiting_upload":
        return False
    return not job.is_idle or job.is_stopping


def forget_in_import(
    job: ImportJob,
    erasure: Erasure,
    *,
    now: datetime,
    fingerprints: Fingerprints,
    imports: Imports,
    files: FileVersions,
) -> bool:
    """Remove a person from the files of an import; return whether it contained them.

    The uploaded file, its name and the report are removed whole. Raises `Stale` if the import
    changes meanwhile.
    """
    merchant_id, folder = job.merchant_id, f"{job.id}/"
    if job.status == "awaiting_upload":
        if now > moment(job.created_at) + _UNREAD_LIFETIME:
            forget_name(job, imports)
            files.purge(merchant_id, "uploads", folder)
        return False
    names = files.names(merchant_id, "imports", folder)
    if not _contains_person(job, erasure, names, files):
        return False
    forget_name(job, imports)
    files.purge(merchant_id, "uploads", folder)
    _strip_lines(job, erasure, names, fingerprints, files)
    for name in names:
        if not name.endswith((".jsonl", ".json")) and name != import_files.fingerprints(job.id):
            files.purge(merchant_id, "imports", name)
    files.purge(merchant_id, "imports", folder, older_only=True)
    return True


def forget_name(job: ImportJob, imports: Imports) -> None:
    """Remove the file name of an import; raise `Stale` if the import changed."""
    if (after := job.nameless()) != job:
        imports.replace(job.merchant_id, job, after)


def _strip_lines(
    job: ImportJob,
    erasure: Erasure,
    names: Sequence[str],
    fingerprints: Fingerprints,
    files: FileVersions,
) -> None:
    lines = [name for name in names if name.endswith(".jsonl")]
    numbers = _row_numbers(job, erasure, lines, fingerprints, files)
    # Strip the rows as read last: a repeated run finds the person by them.
    for name in sorted(lines, key=lambda name: name.startswith(f"{job.id}/rows/")):
        content = files.read(job.merchant_id, "imports", name)
        stripped = b"\n".join(_stripped_line(job, line, numbers) for line in content.split(b"\n"))
        if stripped != content:
            files.write(job.merchant_id, "imports", name, stripped)


def _recent_exports(
    merchant_id: MerchantId, now: datetime, exports: Exports
) -> Iterator[ExportJob]:
    oldest = stamp(now - _EXPORT_LIFETIME)

    def older(last: ExportJob | None) -> JobPage[ExportJob]:
        start = ExportId(last.id) if last else None
        return exports.newest(merchant_id, limit=_A_PAGE, before=start)

    return takewhile(lambda job: job.created_at >= oldest, items_of_pages(older))


def _is_live(job: ExportJob, at: str) -> bool:
    return job.expires_at is not None and job.expires_at > at


def _contains_person(
    job: ImportJob, erasure: Erasure, names: Sequence[str], files: FileVersions
) -> bool:
    """Tell whether an import may have a row of the person; without fingerprints it may."""
    if job.id in erasure.imports or import_files.fingerprints(job.id) not in names:
        return True
    stored = files.read(job.merchant_id, "imports", import_files.fingerprints(job.id))
    return not set(erasure.fingerprints).isdisjoint(fingerprints_in(stored))


def _row_numbers(
    job: ImportJob,
    erasure: Erasure,
    names: Sequence[str],
    fingerprints: Fingerprints,
    files: FileVersions,
) -> frozenset[int]:
    """Return the numbers of the person's rows: by identity, by customer id, by joined rows."""
    hashes, ids = frozenset(erasure.fingerprints), frozenset[str](erasure.customer_ids)
    found, others = set[int](), set[int]()
    joined: dict[int, int] = {}
    for name in names:
        is_as_read = name.startswith(f"{job.id}/rows/")
        is_planned = name.replace("/plan/", "/outcomes/") not in names
        for line in files.read(job.merchant_id, "imports", name).split(b"\n"):
            read = loads(line)
            if "into" in read:
                joined[read["row"]] = read["into"]
            if read.get("customer", "") not in {"", *ids}:
                # A planned customer does not exist yet, so the row names nobody.
                if not (is_planned and read.get("outcome") in CREATING):
                    others.add(read["row"])
            elif "customer" in read or (
                is_as_read and _names_person(job, line, hashes, fingerprints)
            ):
                found.add(read["row"])
    found -= others  # customers who now have an identity that was the person's
    found |= {joined[number] for number in found if number in joined}
    return frozenset(found | {number for number, into in joined.items() if into in found})


def _names_person(
    job: ImportJob, line: bytes, hashes: Collection[str], fingerprints: Fingerprints
) -> bool:
    identities = import_rows.row_of_line(line).identities()
    return any(fingerprints.of(job.merchant_id, each).hex() in hashes for each in identities)


def _stripped_line(job: ImportJob, line: bytes, numbers: Collection[int]) -> bytes:
    """Return a line of others unchanged, or one of the person's without personal data.

    In a plan that is not committed yet, the line becomes a conflict and is not applied.
    """
    read: Mapping[str, Any] = loads(line)
    if read["row"] not in numbers:
        return line
    left = {name: read[name] for name in _KEPT_FIELDS if name in read}
    if job.status == "awaiting_commit" and left.get("outcome") in _WRITING_OUTCOMES:
        left |= {"outcome": "conflict", "problems": problems_line([Problem("", "customer_gone")])}
    return json_line(left)
