"""Commit an import's plan, cancel an import, or revert it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

from crm.domain.imports.job import PLAN_LASTS, REVERT_LASTS, WORKERS_LAST, ImportJob
from crm.domain.imports.transitions import IMPORT_STATES
from crm.domain.kernel.conflicts import retry_on_conflict
from crm.domain.kernel.errors import Busy, Conflict
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.domain.kernel.times import moment, stamp
from crm.ports.imports import ImportRuns, Imports

_ROUNDS = 3


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
    decide = partial(_committed, plan_hash=plan_hash, now=now)
    job = _decided(merchant_id, import_id, decide, now=now, imports=imports)
    _start(job, runs)
    return job


def cancel_import(
    merchant_id: MerchantId, import_id: ImportId, *, now: datetime, imports: Imports
) -> ImportJob:
    """Cancel an import that has not ended; its workers stop, and applied rows stay."""
    decide = partial(_cancelled, at=stamp(now))
    return _decided(merchant_id, import_id, decide, now=now, imports=imports)


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
    decide = partial(_reverting, now=now)
    job = _decided(merchant_id, import_id, decide, now=now, imports=imports)
    _start(job, runs)
    return job


def _decided(
    merchant_id: MerchantId,
    import_id: ImportId,
    decide: Callable[[ImportJob], ImportJob],
    *,
    now: datetime,
    imports: Imports,
) -> ImportJob:
    """Store a decision about the current job; one that changes nothing writes nothing."""

    def attempt() -> ImportJob:
        job = imports.get(merchant_id, import_id).as_of(stamp(now))
        after = decide(job)
        return job if after == job else imports.replace(merchant_id, job, after)

    return retry_on_conflict(attempt, rounds=_ROUNDS, exhausted=Conflict("import_moving"))


def _committed(job: ImportJob, plan_hash: str, now: datetime) -> ImportJob:
    if not job.was_committed and job.status != "awaiting_commit":
        raise IMPORT_STATES.refusal(job.status, "commit")
    if job.decision.plan_hash != plan_hash:
        raise Conflict("plan_hash_differs")
    if job.was_committed and not _may_resume(job, now):
        return job
    return job.committed(stamp(now))


def _cancelled(job: ImportJob, at: str) -> ImportJob:
    return job if IMPORT_STATES.repeats(job.status, "cancel") else job.cancelled(at)


def _reverting(job: ImportJob, now: datetime) -> ImportJob:
    if IMPORT_STATES.repeats(job.status, "revert"):
        return job
    _refuse_revert(job, now)
    return job.reverting()


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
