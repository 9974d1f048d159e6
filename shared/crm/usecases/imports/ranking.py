"""Rank members whose tier an import, or its revert, unfreezes."""

from collections.abc import Iterable
from datetime import datetime

from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import PlannedRow, author_of
from crm.ports.orders import Changesets
from crm.usecases.loyalty.membership import rank_now

_FROZEN = "skip_auto_group"


def rank_unfrozen(
    job: ImportJob, rows: Iterable[PlannedRow], *, now: datetime, changesets: Changesets
) -> None:
    """Set the earned tier of every member that a row unfreezes; idempotent."""
    for row in rows:
        if row.customer_id and _unfreezes(row):
            rank_now(
                job.merchant_id,
                row.customer_id,
                by=author_of(job.id, row.number),
                seed=f"{job.id}:{row.number}",
                now=now,
                changesets=changesets,
            )


def _unfreezes(row: PlannedRow) -> bool:
    """Tell whether an update cleared the flag, or a revert restored it to false."""
    if row.outcome == "updated":
        return any(name == _FROZEN and new is False for name, _, new in row.changes)
    if row.outcome == "reverted":
        return any(name == _FROZEN and old is False for name, old, _ in row.changes)
    return False
