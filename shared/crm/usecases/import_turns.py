"""Take turns: one import of a merchant changes the book at a time, the others queue."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from crm.domain.ids import ImportId, MerchantId
from crm.domain.imports import TURN_SECONDS, Status, TurnTaken, waiting_seconds
from crm.ports import Imports


class Turn(NamedTuple):
    """Whether the import has the turn; if not, when to ask again and as which attempt."""

    taken: bool
    attempt: int
    wait_seconds: int


def queue_import(
    merchant_id: MerchantId,
    import_id: ImportId,
    *,
    attempt: int,
    now: datetime,
    imports: Imports,
) -> Turn:
    """Take the merchant's turn for an import, or put it in the queue."""
    taken = _take(merchant_id, import_id, now, imports)
    status: Status = "planning" if taken else "queued"
    job = imports.get(merchant_id, import_id)
    if job.status != status:
        imports.replace(merchant_id, job, replace(job, status=status))
    return Turn(taken, attempt + 1, waiting_seconds(attempt))


def keep_turn(
    merchant_id: MerchantId, import_id: ImportId, *, now: datetime, imports: Imports
) -> None:
    """Make the turn last from now on; raise `TurnTaken` if another import has it by now."""
    if not _take(merchant_id, import_id, now, imports):
        raise TurnTaken


def _take(merchant_id: MerchantId, import_id: ImportId, now: datetime, imports: Imports) -> bool:
    until = now + timedelta(seconds=TURN_SECONDS)
    return imports.take_turn(merchant_id, import_id, now=now, until=until)
