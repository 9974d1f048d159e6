"""Commit an import's plan, cancel an import, or revert it."""

from contextlib import suppress
from datetime import datetime

from crm.domain.imports.job import PLAN_LASTS, REVERT_LASTS, WORKERS_LAST, ImportJob
from crm.domain.imports.transitions import IMPORT_STATES
from crm.domain.kernel.errors import Busy, Conflict, Stale
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.domain.kernel.times import moment, stamp
from crm.ports.imports import ImportRuns, Imports

_TRIES = 3


def commit_import(
    merchant_id: MerchantId,
    import_id: ImportId,
    plan_hash: str,
    *,
    now: datetime,
    imports: Imports,
    runs: ImportRuns,
) -> ImportJob:
    """Start to apply the plan with this hash; repeating the commit has no effect.

    A commit that was stopped half-way is resumed. Raises `Conflict` for another hash, for an
    expired plan, and if no plan awaits a commit.
    """
    for _ in range(_TRIES):
        job = imports.get(merchant_id, import_id).as_of(stamp(now))
        if not job.was_committed and job.status != "awaiting_commit":
            raise IMPORT_STATES.refusal(job.status, "commit")
        if job.decision.plan_hash != plan_hash:
            raise Conflict("plan_hash_differs")
        if not job.was_committed or _may_resume(job, now):
            try:
                job = imports.replace(merchant_id, job, job.committed(stamp(now)))
            except Stale:
                continue
        _start(job, runs)
        return job
    raise Conflict("import_moving")


def cancel_import(
    merchant_id: MerchantId, import_id: ImportId, *, now: datetime, imports: Imports
) -> ImportJob:
    """Cancel an import that has not ended; its workers stop, and applied rows stay."""
    for _ in range(_TRIES):
        job = imports.get(merchant_id, import_id).as_of(stamp(now))
        if IMPORT_STATES.repeats(job.status, "cancel"):
            return job
        try:
            return imports.replace(merchant_id, job, job.cancelled(stamp(now)))
        except Stale:
            continue
    raise Conflict("import_moving")


def revert_import(
    merchant_id: MerchantId,
    import_id: ImportId,
    *,
    now: datetime,
    imports: Imports,
    runs: ImportRuns,
) -> ImportJob:
    """Start to revert an import that has ended; repeating it has no effect.

    Raises `Conflict` if the import wrote nothing, after 30 days, and while a worker of a broken
    execution may still write.
    """
    for _ in range(_TRIES):
        job = imports.get(merchant_id, import_id)
        if not IMPORT_STATES.repeats(job.status, "revert"):
            _refuse_revert(job, now)
            try:
                job = imports.replace(merchant_id, job, job.reverting())
            except Stale:
                continue
        _start(job, runs)
        return job
    raise Conflict("import_moving")


def _start(job: ImportJob, runs: ImportRuns) -> None:
    """Start the execution; if that fails, the table's stream starts it later."""
    if job.run is not None:
        with suppress(Busy):
            runs.start(job.merchant_id, job.id, job.run)


def _may_resume(job: ImportJob, now: datetime) -> bool:
    """Tell whether a committed plan was stopped and its rest can still be applied."""
    committed_at = job.decision.committed_at
    if not job.was_stopped or committed_at is None:
        return False
    if now >= moment(committed_at) + PLAN_LASTS:
        raise Conflict("plan_expired")
    return True


def _refuse_revert(job: ImportJob, now: datetime) -> None:
    applying_at = job.progress.applying_at
    if not IMPORT_STATES.allows(job.status, "revert") or applying_at is None:
        raise IMPORT_STATES.refusal(job.status, "revert")
    if job.finished_at is None:
        raise Conflict("import_stopping")
    ended = moment(job.finished_at)
    if job.status == "failed" and now < ended + WORKERS_LAST:
        raise Conflict("import_stopping")
    # The files of an import are kept as long.
    if now >= moment(applying_at) + REVERT_LASTS:
        raise Conflict("revert_too_late")
