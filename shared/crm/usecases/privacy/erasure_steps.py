"""Carry an erasure on, some way at a time: history, pairs, merges, exports, imports.

Whoever is killed on the way begins again where the request says; a page that was stripped but not
noted is stripped once more. What a page tells of identities is marked before the page is stripped.
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
from crm.domain.kernel.times import stamp
from crm.domain.merges.merge import Merge, overlaps
from crm.domain.privacy.personal_data import PersonalDataRow, identities_told, imports_told
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
    is_moving,
    recent_imports,
)
from crm.usecases.privacy.erasure import MACHINE, erase_records
from crm.usecases.privacy.requests import line_of

#: Rows a page, and pages a call of the worker, which has some minutes.
ROWS_A_PAGE = 100
PAGES_A_CALL = 50
#: How many imports without the person one call passes over.
_IMPORTS_A_CALL = 20
_A_PAGE = 100
#: Before every ULID: the list of imports is through.
_NO_MORE = "0"

#: How long to wait for exports and imports that still run, before they are looked at again.
_WORKERS_SECONDS = 30


class Progress(NamedTuple):
    """Whether an erasure is done; if not, for how long to wait before it is gone on with.

    `settled` says that the wait was the one before the last look at the history.
    """

    done: bool
    wait_seconds: int = 0
    settled: bool = False


class ErasurePorts(NamedTuple):
    """Everything that an erasure goes through."""

    fingerprints: Fingerprints
    customers: Customers
    requests: PrivacyRequests
    held: PersonalDataRows
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
    """Go one stretch of an erasure, as far as one call of a worker goes.

    `settled` says that whatever was on its way when the records were stripped has been written.
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
    """Strip the records, if whoever was asked could not, and what was said of other requests."""
    request = _stripped(request, now, ports)
    erasure = request.erasure or erasure
    for other in _other_requests(request, erasure, ports):
        if other.reason is not None:
            silent = replace(other, reason=None)
            ports.requests.replace(request.merchant_id, other, silent)
    clean = replace(erasure, clean_at=stamp(now))
    return _noted(request, clean.at_next_step(), ports)


def _other_requests(
    request: PrivacyRequest, erasure: Erasure, ports: ErasurePorts
) -> Iterator[PrivacyRequest]:
    """Yield what else the person asked."""
    before: str | None = None
    while True:
        page = ports.requests.newest(request.merchant_id, limit=_A_PAGE, before=before)
        for other in page.items:
            if other.customer_id in erasure.customer_ids and other.id != request.id:
                yield other
        if not page.more:
            return
        before = page.items[-1].id


def _stripped(request: PrivacyRequest, now: datetime, ports: ErasurePorts) -> PrivacyRequest:
    return erase_records(
        request,
        by=MACHINE,
        now=now,
        fingerprints=ports.fingerprints,
        customers=ports.customers,
        privacy=ports.requests,
    )


def _look_once_more(
    request: PrivacyRequest, erasure: Erasure, now: datetime, ports: ErasurePorts
) -> Progress:
    """Strip what was on its way when the records were: a blank filled, a line, an order."""
    if erasure.after is None:
        request = _stripped(request, now, ports)
    return _strip_history(request, request.erasure or erasure, now, ports)


def _strip_history(
    request: PrivacyRequest, erasure: Erasure, now: datetime, ports: ErasurePorts
) -> Progress:
    """Strip some pages of the histories of all records, one record after the other."""
    merchant_id = request.merchant_id
    for _ in range(PAGES_A_CALL):
        customer_id, after = _place(erasure)
        page = ports.held.page(merchant_id, customer_id, limit=ROWS_A_PAGE, after=after)
        personal = [row for row in page.items if row.personal]
        told = _told(merchant_id, erasure, page.items, ports.fingerprints)
        if told != erasure:
            request = _kept(request, told, ports)
        ports.held.strip(merchant_id, customer_id, personal)
        for section, count in sorted(Counter(row.section for row in personal).items()):
            told = told.with_more(section, count)
        following = _following(told, customer_id, page.next)
        if following is None:
            return _finished(request, told.at_next_step(), now, ports)
        erasure = replace(told, after=following)
        request = _kept(request, erasure, ports)
    return Progress(done=False)


def _forget_pairs(
    request: PrivacyRequest, erasure: Erasure, _: datetime, ports: ErasurePorts
) -> Progress:
    """Forget whom the records are like; the radar does so too, whichever comes first."""
    removed = 0
    for customer_id in erasure.customer_ids:
        for pair in ports.pairs.of(request.merchant_id, customer_id):
            try:
                ports.pairs.replace(request.merchant_id, pair, None)
            except Stale:  # the radar was faster: what it left is looked at again
                return Progress(done=False)
            removed += 1
    return _noted(request, erasure.with_more("pair", removed).at_next_step(), ports)


def _forget_merges(
    request: PrivacyRequest, erasure: Erasure, _: datetime, ports: ErasurePorts
) -> Progress:
    """Forget what records were before merges, where that is of the person."""
    merchant_id, ids = request.merchant_id, frozenset(erasure.customer_ids)
    merges = _all_merges(merchant_id, ports.merges)
    own = [each for each in merges if ids.intersection((each.survivor_id, each.loser_id))]
    for merge in merges:
        if merge in own or any(overlaps(merge, each, ids) for each in own):
            ports.merges.forget(merchant_id, merge.id)
    return _noted(request, erasure.with_more("merge", len(own)).at_next_step(), ports)


def _all_merges(merchant_id: MerchantId, merges: Merges) -> list[Merge]:
    found: list[Merge] = []
    before: str | None = None
    while True:
        page = merges.newest(merchant_id, limit=_A_PAGE, before=before)
        found += page.items
        if not page.more:
            return found
        before = page.items[-1].id


def _forget_exports(
    request: PrivacyRequest, erasure: Erasure, now: datetime, ports: ErasurePorts
) -> Progress:
    removed, writing = forget_exports(
        request.merchant_id,
        until=_clean_at(erasure),
        now=now,
        exports=ports.exports,
        files=ports.export_files,
    )
    told = erasure.with_more("export", removed)
    if not writing:
        return _noted(request, told.at_next_step(), ports)
    if told != erasure:
        _kept(request, told, ports)
    return Progress(done=False, wait_seconds=_WORKERS_SECONDS)


def _forget_imports(
    request: PrivacyRequest, erasure: Erasure, now: datetime, ports: ErasurePorts
) -> Progress:
    """Go through the imports, the newest first, up to one that held the person.

    Those that run wait for the end of the list. One that began when the records were blank found
    nobody of that person, or brings them anew.
    """
    before = ImportId(erasure.after) if erasure.after else None
    jobs = recent_imports(request.merchant_id, now=now, before=before, imports=ports.imports)
    for count, job in enumerate(jobs, 1):
        if job.created_at > _clean_at(erasure):
            continue
        told = erasure
        if is_moving(job):
            told = replace(erasure, waiting=(*erasure.waiting, job.id))
        elif _forgotten(job, erasure, now, ports):
            told = erasure.with_more("import", 1)
        if told != erasure or count % _IMPORTS_A_CALL == 0:
            return _noted(request, replace(told, after=job.id), ports)
    if not erasure.waiting:
        _forget_names(request.merchant_id, erasure, ports)
        return _noted(request, erasure.at_next_step(), ports)
    first, *others = erasure.waiting
    job = ports.imports.get(request.merchant_id, ImportId(first))
    if is_moving(job):
        return Progress(done=False, wait_seconds=_WORKERS_SECONDS)
    told = erasure.with_more("import", int(_forgotten(job, erasure, now, ports)))
    return _noted(request, replace(told, waiting=tuple(others), after=_NO_MORE), ports)


def _forget_names(merchant_id: MerchantId, erasure: Erasure, ports: ErasurePorts) -> None:
    """Forget what the files were called that wrote to the person and are gone by retention."""
    for import_id in erasure.imports:
        with suppress(NotFound):
            job = ports.imports.get(merchant_id, ImportId(import_id))
            if job.created_at <= _clean_at(erasure):
                forget_name(job, ports.imports)


def _forgotten(job: ImportJob, erasure: Erasure, now: datetime, ports: ErasurePorts) -> bool:
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
    "late": _look_once_more,
}


def _place(erasure: Erasure) -> tuple[CustomerId, str | None]:
    """Return whose history is gone through, and after which place."""
    if erasure.after is None:
        return erasure.customer_ids[0], None
    customer_id, _, place = erasure.after.partition(" ")
    return CustomerId(customer_id), place or None


def _following(erasure: Erasure, customer_id: CustomerId, place: str | None) -> str | None:
    """Return where the histories go on: this one, else the next record's; None at their end."""
    if place is not None:
        return f"{customer_id} {place}"
    ids = erasure.customer_ids
    left = ids[ids.index(customer_id) + 1 :]
    return f"{left[0]} " if left else None


def _told(
    merchant_id: MerchantId,
    erasure: Erasure,
    rows: Sequence[PersonalDataRow],
    fingerprints: Fingerprints,
) -> Erasure:
    """Return the erasure with what rows tell of the person's identities and imports."""
    found = fingerprints.spelled(merchant_id, identities_told(rows))
    return replace(
        erasure,
        fingerprints=tuple(sorted({*erasure.fingerprints, *found})),
        imports=tuple(sorted({*erasure.imports, *imports_told(rows)})),
    )


def _kept(request: PrivacyRequest, erasure: Erasure, ports: ErasurePorts) -> PrivacyRequest:
    after = replace(request, erasure=erasure)
    return ports.requests.replace(request.merchant_id, request, after)


def _noted(request: PrivacyRequest, erasure: Erasure, ports: ErasurePorts) -> Progress:
    _kept(request, erasure, ports)
    return Progress(done=False)


def _finished(
    request: PrivacyRequest, erasure: Erasure, now: datetime, ports: ErasurePorts
) -> Progress:
    """Keep the erasure at its next step; with the last one, the request is done.

    So is whatever else asked for it: nothing more can be erased for that.
    """
    if erasure.step != "done":
        return _noted(request, erasure, ports)
    at = stamp(now)
    done = replace(request, erasure=erasure, reason=None).moved_to(
        "done", UserId(MACHINE.actor), at
    )
    for other in _other_requests(request, erasure, ports):
        if other.kind == "erase" and not other.closed and other.erasure is None:
            _decided(other, other.answered_with(done), at, ports)
    _decided(request, done, at, ports)
    return Progress(done=True)


def _decided(before: PrivacyRequest, after: PrivacyRequest, at: str, ports: ErasurePorts) -> None:
    line = line_of(after, "privacy_decided", MACHINE, at, before.revision)
    ports.requests.replace(before.merchant_id, before, after, line)
