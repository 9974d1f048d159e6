"""The merchant's import lock: one import changes customers at a time, the others queue."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from crm.domain.imports.job import LOCK_SECONDS, LockHeld, waiting_seconds
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.ports.imports import Imports


class LockStep(NamedTuple):
    """The next step of an import; if it waits, for how long and the number of its next attempt.

    `chunks` are those that a revert processes.
    """

    next: Literal["wait", "plan", "settle", "revert", "end"]
    attempt: int
    wait_seconds: int
    chunks: list[int]


def queue_import(
    merchant_id: MerchantId,
    import_id: ImportId,
    *,
    execution: str,
    attempt: int,
    now: datetime,
    imports: Imports,
) -> LockStep:
    """Take the merchant's lock for an import, or queue the import.

    An import that was cancelled meanwhile, or that another execution runs, ends here.
    """
    job = imports.get(merchant_id, import_id)
    seconds = waiting_seconds(attempt)
    if job.is_idle or not job.is_run_by(execution):
        return LockStep("end", attempt, seconds, [])
    taken = _take(merchant_id, import_id, now, imports)
    if job.status == "reverting":
        chunks = [*range(job.progress.chunks)] if taken else []
        return LockStep("revert" if taken else "wait", attempt + 1, seconds, chunks)
    after = job.planning() if taken and not job.was_committed else job.waiting()
    if after != job:
        imports.replace(merchant_id, job, after)
    if not taken:
        return LockStep("wait", attempt + 1, seconds, [])
    return LockStep("settle" if job.was_committed else "plan", attempt + 1, seconds, [])


def keep_lock(
    merchant_id: MerchantId, import_id: ImportId, *, now: datetime, imports: Imports
) -> None:
    """Extend the lock from now; raise `LockHeld` if another import holds it."""
    if not _take(merchant_id, import_id, now, imports):
        raise LockHeld


def _take(merchant_id: MerchantId, import_id: ImportId, now: datetime, imports: Imports) -> bool:
    until = now + timedelta(seconds=LOCK_SECONDS)
    return imports.take_lock(merchant_id, import_id, now=now, until=until)
