"""Take turns: one import of a merchant changes the book at a time, the others queue."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from crm.domain.imports.job import LOCK_SECONDS, LockHeld, Status, waiting_seconds
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.ports.imports import Imports


class LockStep(NamedTuple):
    """What an import does next; if it waits, for how long, and as which attempt it asks again.

    `chunks` are those that a way back goes through.
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
    """Take the merchant's turn for an import, or put it in the queue.

    One that was given up meanwhile, or is another execution's, has nothing more to do.
    """
    job = imports.get(merchant_id, import_id)
    waits = waiting_seconds(attempt)
    if job.rests or not job.is_run_by(execution):
        return LockStep("end", attempt, waits, [])
    taken = _take(merchant_id, import_id, now, imports)
    if job.status == "reverting":
        chunks = [*range(job.chunks)] if taken else []
        return LockStep("revert" if taken else "wait", attempt + 1, waits, chunks)
    planned = job.committed_at is not None
    status: Status = "planning" if taken and not planned else "queued"
    if job.status != status:
        imports.replace(merchant_id, job, replace(job, status=status))
    if not taken:
        return LockStep("wait", attempt + 1, waits, [])
    return LockStep("settle" if planned else "plan", attempt + 1, waits, [])


def keep_lock(
    merchant_id: MerchantId, import_id: ImportId, *, now: datetime, imports: Imports
) -> None:
    """Make the turn last from now on; raise `LockHeld` if another import has it by now."""
    if not _take(merchant_id, import_id, now, imports):
        raise LockHeld


def _take(merchant_id: MerchantId, import_id: ImportId, now: datetime, imports: Imports) -> bool:
    until = now + timedelta(seconds=LOCK_SECONDS)
    return imports.take_lock(merchant_id, import_id, now=now, until=until)
