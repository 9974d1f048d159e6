"""Take an erased person out of files: exports go whole, of imports what is the person's goes.

An import holds a person if the history says that it wrote to them, or if the marks of everybody in
its rows have one of theirs. What the merchant sent goes, its name too, and a report; rows, plans
and outcomes lose the person's lines, so that the others' before-images stay and the import can be
reverted.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
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
from crm.domain.kernel.jobs import Failure
from crm.domain.kernel.times import moment, stamp
from crm.domain.privacy.requests import Erasure
from crm.ports.exports import Exports
from crm.ports.files import FileVersions
from crm.ports.imports import Imports

#: The failure of an export that may have held somebody who was erased.
ERASED = "export_erased"

_A_PAGE = 50
#: Files of exports live for 7 days, and S3 takes up to three more to let go of their last version;
#: those of imports live for 30, of an import that was committed late or is being reverted longer.
_EXPORTS_LAST = timedelta(days=11)
_IMPORTS_LAST = timedelta(days=40)
#: A worker of an export that was given up may write for so long.
_WRITERS_LAST = timedelta(minutes=16)
#: An import whose file nobody read by then is not going to be read.
_UNREAD_LASTS = timedelta(hours=1)
_WRITING = frozenset({"created", "duplicated", "updated", "unchanged"})
#: What an import's line of a person keeps: numbers and outcomes.
_KEPT_OF_LINE = ("row", "outcome", "customer", "into", "version")


def forget_exports(
    merchant_id: MerchantId,
    *,
    until: str,
    now: datetime,
    exports: Exports,
    files: FileVersions,
) -> tuple[int, bool]:
    """Remove the exports of until a moment; return how many live ones, and if writers are left.

    Whoever is in one of them is not known any more once it is written: every one may hold the
    person, and is asked for again without them. Of one that was given up or has expired, S3 keeps
    for some days what was removed, and what a killed worker left.
    """
    at, removed, writing = stamp(now), 0, False
    for job in _recent_exports(merchant_id, now, exports):
        if job.created_at > until:
            continue
        if not job.ended or _is_live(job, at):
            try:
                job = exports.replace(merchant_id, job, job.failed(Failure(ERASED), at))  # noqa: PLW2901
            except Stale:
                writing = True
                continue
            removed += 1
        files.purge(merchant_id, "exports", f"{job.id}/")
        ended = moment(job.finished_at or at)
        writing = writing or (not job.is_written and now < ended + _WRITERS_LAST)
    return removed, writing


def live_exports(merchant_id: MerchantId, now: datetime, exports: Exports) -> Iterator[ExportJob]:
    """Yield the exports that have a file, or may come to have one."""
    at = stamp(now)
    for job in _recent_exports(merchant_id, now, exports):
        if not job.ended or _is_live(job, at):
            yield job


def recent_imports(
    merchant_id: MerchantId, *, now: datetime, before: ImportId | None, imports: Imports
) -> Iterator[ImportJob]:
    """Yield the imports that may have files, the newest first, older than `before`."""
    oldest = stamp(now - _IMPORTS_LAST)
    while True:
        page = imports.newest(merchant_id, limit=_A_PAGE, before=before)
        for job in page.items:
            if job.created_at < oldest:
                return
            yield job
        if not page.more:
            return
        before = page.items[-1].id


def is_moving(job: ImportJob) -> bool:
    """Tell whether an execution may still write files of an import."""
    if job.status == "awaiting_upload":
        return False
    return not job.is_idle or (job.status == "cancelled" and job.finished_at is None)


def forget_in_import(
    job: ImportJob,
    erasure: Erasure,
    *,
    now: datetime,
    fingerprints: Fingerprints,
    imports: Imports,
    files: FileVersions,
) -> bool:
    """Take a person out of the files of an import; tell whether it held them.

    Its report and its name are gone with the file. Raises `Stale` if the import moves on.
    """
    merchant_id, folder = job.merchant_id, f"{job.id}/"
    if job.status == "awaiting_upload":
        if now > moment(job.created_at) + _UNREAD_LASTS:
            forget_name(job, imports)
            files.purge(merchant_id, "uploads", folder)
        return False
    names = files.names(merchant_id, "imports", folder)
    if not _holds(job, erasure, names, files):
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
    """Forget what an import's file was called; raise `Stale` if the import moves on."""
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
    numbers = _numbers(job, erasure, lines, fingerprints, files)
    # The rows as they were read go last: by them the person is found if this is done again.
    for name in sorted(lines, key=lambda name: name.startswith(f"{job.id}/rows/")):
        content = files.read(job.merchant_id, "imports", name)
        stripped = b"\n".join(_without(job, line, numbers) for line in content.split(b"\n"))
        if stripped != content:
            files.write(job.merchant_id, "imports", name, stripped)


def _recent_exports(
    merchant_id: MerchantId, now: datetime, exports: Exports
) -> Iterator[ExportJob]:
    oldest, before = stamp(now - _EXPORTS_LAST), None
    while True:
        page = exports.newest(merchant_id, limit=_A_PAGE, before=before)
        for job in page.items:
            if job.created_at < oldest:
                return
            yield job
        if not page.more:
            return
        before = ExportId(page.items[-1].id)


def _is_live(job: ExportJob, at: str) -> bool:
    return job.expires_at is not None and job.expires_at > at


def _holds(job: ImportJob, erasure: Erasure, names: Sequence[str], files: FileVersions) -> bool:
    """Tell whether an import has a row of the person; one whose rows nobody marked may have."""
    if job.id in erasure.imports or import_files.fingerprints(job.id) not in names:
        return True
    marked = files.read(job.merchant_id, "imports", import_files.fingerprints(job.id))
    return not set(erasure.fingerprints).isdisjoint(fingerprints_in(marked))


def _numbers(
    job: ImportJob,
    erasure: Erasure,
    names: Sequence[str],
    fingerprints: Fingerprints,
    files: FileVersions,
) -> frozenset[int]:
    """Return the numbers of the person's rows: by identity, by customer, by what was joined."""
    known, ids = frozenset(erasure.fingerprints), frozenset[str](erasure.customer_ids)
    found, others = set[int](), set[int]()
    joined: dict[int, int] = {}
    for name in names:
        is_read = name.startswith(f"{job.id}/rows/")
        is_ahead = name.replace("/plan/", "/outcomes/") not in names
        for line in files.read(job.merchant_id, "imports", name).split(b"\n"):
            read = loads(line)
            if "into" in read:
                joined[read["row"]] = read["into"]
            if read.get("customer", "") not in {"", *ids}:
                if not (is_ahead and read.get("outcome") in CREATING):  # else nobody is there yet
                    others.add(read["row"])
            elif "customer" in read or (is_read and _is_marked(job, line, known, fingerprints)):
                found.add(read["row"])
    found -= others  # whoever has an identity by now that was the person's
    found |= {joined[number] for number in found if number in joined}
    return frozenset(found | {number for number, into in joined.items() if into in found})


def _is_marked(
    job: ImportJob, line: bytes, known: Collection[str], fingerprints: Fingerprints
) -> bool:
    named = import_rows.row_of_line(line).identities()
    return any(fingerprints.of(job.merchant_id, each).hex() in known for each in named)


def _without(job: ImportJob, line: bytes, numbers: Collection[int]) -> bytes:
    """Return a line as it is, or one of the person's with what is left of it.

    A plan that nobody committed yet cannot be carried out for them.
    """
    read: Mapping[str, Any] = loads(line)
    if read["row"] not in numbers:
        return line
    left = {name: read[name] for name in _KEPT_OF_LINE if name in read}
    if job.status == "awaiting_commit" and left.get("outcome") in _WRITING:
        left |= {"outcome": "conflict", "problems": problems_line([Problem("", "customer_gone")])}
    return json_line(left)
