"""Continue an erasure in bounded steps: history, pairs, merges, exports, imports.

A killed worker resumes from the progress stored in the request; a page stripped before its
progress was stored is stripped again. The fingerprints of the identities in a page are stored
before the page is stripped.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from crm.domain.customers.fingerprints import Fingerprints
from crm.domain.imports.job import ImportJob
from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import CustomerId, ImportId, MerchantId, UserId
from crm.domain.kernel.jobs import JobPage
from crm.domain.kernel.paging import items_of_pages
from crm.domain.kernel.times import stamp
from crm.domain.merges.merge import Merge, MergePage, overlaps
from crm.domain.privacy.personal_data import PersonalDataRow, identities_in, imports_in
from crm.domain.privacy.requests import Erasure, ErasureStep, PrivacyRequest
from crm.ports.customers import Customers
from crm.ports.duplicates import Pairs
from crm.ports.exports import Exports
from crm.ports.files import FileVersions
from crm.ports.imports import Imports
from crm.ports.merges import Merges
from crm.ports.privacy import PersonalDataRows, PrivacyRequests
from crm.usecases.privacy.erased_files import (
    forget_exports,
    forget_in_import,
    forget_name,
    is_running,
    recent_imports,
)
from crm.usecases.privacy.erasure import MACHINE, erase_records
from crm.usecases.privacy.requests import line_of

#: Rows per page, and pages per call of the worker, which may take some minutes.
ROWS_A_PAGE = 100
PAGES_A_CALL = 50
#: How many imports without the person one call skips.
_IMPORTS_A_CALL = 20
_A_PAGE = 100
#: Sorts before every ULID: the end of the list of imports.
_END_OF_LIST = "0"

#: How long to wait for running exports and imports before checking them again.
_WAIT_SECONDS = 30


class Progress(NamedTuple):
    """Whether an erasure is done; if not, how long to wait before the next call.

    `settled` means that this wait precedes the step `late`.
    """

    done: bool
    wait_seconds: int = 0
    settled: bool = False


class ErasurePorts(NamedTuple):
    """The ports from which an erasure removes data."""

    fingerprints: Fingerprints
    customers: Customers
    requests: PrivacyRequests
    personal_data: PersonalDataRows
    pairs: Pairs
    merges: Merges
    exports: Exports
    imports: Imports
    files: FileVersions
    export_files: FileVersions


def continue_erasure(
    merchant_id: MerchantId,
    request_id: str,
    *,
    settled: bool,
    settle_seconds: int,
    now: datetime,
    ports: ErasurePorts,
) -> Progress:
    """Continue an erasure for one call of a worker.

    `settled` means that writes in flight when the records were stripped have ended.
    """
    request = ports.requests.get(merchant_id, request_id)
    erasure = request.erasure
    if erasure is None or erasure.step == "done":
        return Progress(done=True)
    if erasure.step == "late" and not settled:
        return Progress(done=False, wait_seconds=settle_seconds, settled=True)
    return _STEPS[erasure.step](request, erasure, now, ports)


def _strip_records(
    request: PrivacyRequest, erasure: Erasure, now: datetime, ports: ErasurePorts
) -> Progress:
    """Strip records that are not yet stripped, and the reasons of the person's other requests."""
    request = _erase_records(request, now, ports)
    erasure = request.erasure or erasure
    for other in _other_requests(request, erasure, ports):
        if other.reason is not None:
            without_reason = replace(other, reason=None)
            ports.requests.replace(request.merchant_id, other, without_reason)
    clean = replace(erasure, clean_at=stamp(now))
    return _save_progress(request, clean.at_next_step(), ports)


def _other_requests(
    request: PrivacyRequest, erasure: Erasure, ports: ErasurePorts
) -> Iterator[PrivacyRequest]:
    """Yield the other requests of the person."""

    def older(last: PrivacyRequest | None) -> JobPage[PrivacyRequest]:
        before = last.id if last else None
        return ports.requests.newest(request.merchant_id, limit=_A_PAGE, before=before)

    for other in items_of_pages(older):
        if other.customer_id in erasure.customer_ids and other.id != request.id:
            yield other


def _erase_records(request: PrivacyRequest, now: datetime, ports: ErasurePorts) -> PrivacyRequest:
    return erase_records(
        request,
        by=MACHINE,
        now=now,
        fingerprints=ports.fingerprints,
        customers=ports.customers,
        privacy=ports.requests,
    )


def _strip_late_writes(
    request: PrivacyRequest, erasure: Erasure, now: datetime, ports: ErasurePorts
) -> Progress:
    """Strip writes that were in flight when the records were stripped: fields, lines, orders."""
    if erasure.after is None:
        request = _erase_records(request, now, ports)
    return _strip_history(request, request.erasure or erasure, now, ports)


def _strip_history(
    request: PrivacyRequest, erasure: Erasure, now: datetime, ports: ErasurePorts
) -> Progress:
    """Strip some pages of the histories of all records, one record after the other."""
    merchant_id = request.merchant_id
    for _ in range(PAGES_A_CALL):
        customer_id, after = _position(erasure)
        page = ports.personal_data.page(merchant_id, customer_id, limit=ROWS_A_PAGE, after=after)
        personal = [row for row in page.items if row.personal]
        traced = _with_traces(merchant_id, erasure, page.items, ports.fingerprints)
        if traced != erasure:
            request = _save(request, traced, ports)
        ports.personal_data.strip(merchant_id, customer_id, personal)
        for section, count in sorted(Counter(row.section for row in personal).items()):
            traced = traced.with_stripped(section, count)
        following = _next_position(traced, customer_id, page.next)
        if following is None:
            return _complete_step(request, traced.at_next_step(), now, ports)
        erasure = replace(traced, after=following)
        request = _save(request, erasure, ports)
    return Progress(done=False)


def _forget_pairs(
    request: PrivacyRequest, erasure: Erasure, _: datetime, ports: ErasurePorts
) -> Progress:
    """Remove the pairs of the records, racing with duplicate detection, which does the same."""
    removed = 0
    for customer_id in erasure.customer_ids:
        for pair in ports.pairs.of(request.merchant_id, customer_id):
            try:
                ports.pairs.replace(request.merchant_id, pair, None)
            except Stale:  # duplicate detection was faster: read the pairs again
                return Progress(done=False)
            removed += 1
    return _save_progress(request, erasure.with_stripped("pair", removed).at_next_step(), ports)


def _forget_merges(
    request: PrivacyRequest, erasure: Erasure, _: datetime, ports: ErasurePorts
) -> Progress:
    """Remove the before-images that merges keep of the person."""
    merchant_id, ids = request.merchant_id, frozenset(erasure.customer_ids)

    def older(last: Merge | None) -> MergePage:
        before = last.id if last else None
        return ports.merges.newest(merchant_id, limit=_A_PAGE, before=before)

    merges = list(items_of_pages(older))
    own = [each for each in merges if ids.intersection((each.survivor_id, each.loser_id))]
    for merge in merges:
        if merge in own or any(overlaps(merge, each, ids) for each in own):
            ports.merges.forget(merchant_id, merge.id)
    return _save_progress(request, erasure.with_stripped("merge", len(own)).at_next_step(), ports)


def _forget_exports(
    request: PrivacyRequest, erasure: Erasure, now: datetime, ports: ErasurePorts
) -> Progress:
    removed, still_writing = forget_exports(
        request.merchant_id,
        until=_clean_at(erasure),
        now=now,
        exports=ports.exports,
        files=ports.export_files,
    )
    after = erasure.with_stripped("export", removed)
    if not still_writing:
        return _save_progress(request, after.at_next_step(), ports)
    if after != erasure:
        _save(request, after, ports)
    return Progress(done=False, wait_seconds=_WAIT_SECONDS)


def _forget_imports(
    request: PrivacyRequest, erasure: Erasure, now: datetime, ports: ErasurePorts
) -> Progress:
    """Process the imports, newest first, up to one that contained the person.

    Running imports are processed after the end of the list. An import created after the records
    were stripped is skipped: it cannot match the person, or it creates somebody new.
    """
    before = ImportId(erasure.after) if erasure.after else None
    jobs = recent_imports(request.merchant_id, now=now, before=before, imports=ports.imports)
    for count, job in enumerate(jobs, 1):
        if job.created_at > _clean_at(erasure):
            continue
        after = erasure
        if is_running(job):
            after = replace(erasure, waiting=(*erasure.waiting, job.id))
        elif _forget_import(job, erasure, now, ports):
            after = erasure.with_stripped("import", 1)
        if after != erasure or count % _IMPORTS_A_CALL == 0:
            return _save_progress(request, replace(after, after=job.id), ports)
    if not erasure.waiting:
        _forget_names(request.merchant_id, erasure, ports)
        return _save_progress(request, erasure.at_next_step(), ports)
    first, *others = erasure.waiting
    job = ports.imports.get(request.merchant_id, ImportId(first))
    if is_running(job):
        return Progress(done=False, wait_seconds=_WAIT_SECONDS)
    after = erasure.with_stripped("import", int(_forget_import(job, erasure, now, ports)))
    return _save_progress(
        request, replace(after, waiting=tuple(others), after=_END_OF_LIST), ports
    )


def _forget_names(merchant_id: MerchantId, erasure: Erasure, ports: ErasurePorts) -> None:
    """Remove the names of the files that wrote to the person and have expired."""
    for import_id in erasure.imports:
        with suppress(NotFound):
            job = ports.imports.get(merchant_id, ImportId(import_id))
            if job.created_at <= _clean_at(erasure):
                forget_name(job, ports.imports)


def _forget_import(job: ImportJob, erasure: Erasure, now: datetime, ports: ErasurePorts) -> bool:
    return forget_in_import(
        job,
        erasure,
        now=now,
        fingerprints=ports.fingerprints,
        imports=ports.imports,
        files=ports.files,
    )


def _clean_at(erasure: Erasure) -> str:
    return erasure.clean_at or erasure.began_at


_STEPS: Mapping[
    ErasureStep, Callable[[PrivacyRequest, Erasure, datetime, ErasurePorts], Progress]
] = {
    "records": _strip_records,
    "history": _strip_history,
    "pairs": _forget_pairs,
    "merges": _forget_merges,
    "exports": _forget_exports,
    "imports": _forget_imports,
    "late": _strip_late_writes,
}


def _position(erasure: Erasure) -> tuple[CustomerId, str | None]:
    """Return the record whose history is processed, and the place after which it continues."""
    if erasure.after is None:
        return erasure.customer_ids[0], None
    customer_id, _, place = erasure.after.partition(" ")
    return CustomerId(customer_id), place or None


def _next_position(erasure: Erasure, customer_id: CustomerId, place: str | None) -> str | None:
    """Return the next position in this history or the next record's; None at the end."""
    if place is not None:
        return f"{customer_id} {place}"
    ids = erasure.customer_ids
    left = ids[ids.index(customer_id) + 1 :]
    return f"{left[0]} " if left else None


def _with_traces(
    merchant_id: MerchantId,
    erasure: Erasure,
    rows: Sequence[PersonalDataRow],
    fingerprints: Fingerprints,
) -> Erasure:
    """Return the erasure with the fingerprints and imports found in rows of the history."""
    found = fingerprints.hex_of(merchant_id, identities_in(rows))
    return replace(
        erasure,
        fingerprints=tuple(sorted({*erasure.fingerprints, *found})),
        imports=tuple(sorted({*erasure.imports, *imports_in(rows)})),
    )


def _save(request: PrivacyRequest, erasure: Erasure, ports: ErasurePorts) -> PrivacyRequest:
    after = replace(request, erasure=erasure)
    return ports.requests.replace(request.merchant_id, request, after)


def _save_progress(request: PrivacyRequest, erasure: Erasure, ports: ErasurePorts) -> Progress:
    _save(request, erasure, ports)
    return Progress(done=False)


def _complete_step(
    request: PrivacyRequest, erasure: Erasure, now: datetime, ports: ErasurePorts
) -> Progress:
    """Store the erasure at its next step; after the last one, close the request.

    The person's other requests to erase are closed too: nothing is left to erase for them.
    """
    if erasure.step != "done":
        return _save_progress(request, erasure, ports)
    at = stamp(now)
    done = replace(request, erasure=erasure, reason=None).moved_to(
        "done", UserId(MACHINE.actor), at
    )
    for other in _other_requests(request, erasure, ports):
        if other.kind == "erase" and not other.closed and other.erasure is None:
            _save_decision(other, other.answered_with(done), at, ports)
    _save_decision(request, done, at, ports)
    return Progress(done=True)


def _save_decision(
    before: PrivacyRequest, after: PrivacyRequest, at: str, ports: ErasurePorts
) -> None:
    line = line_of(after, "privacy_decided", MACHINE, at, before.revision)
    ports.requests.replace(before.merchant_id, before, after, line)
