"""Rank members at once whom an import, or taking one back, frees from being frozen."""

from collections.abc import Iterable
from datetime import datetime

from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import PlannedRow, author_of
from crm.ports.orders import Changesets
from crm.usecases.loyalty.membership import rank_now

_FROZEN = "skip_auto_group"


def rank_thawed(
    job: ImportJob, rows: Iterable[PlannedRow], *, now: datetime, changesets: Changesets
) -> None:
    """Give the members that rows freed the tier that their record comes to; again is no harm."""
    for row in rows:
        if row.customer_id and _frees(row):
            rank_now(
                job.merchant_id,
                row.customer_id,
                author_of(job.id, row.number),
                now,
                f"{job.id}:{row.number}",
                changesets=changesets,
            )


def _frees(row: PlannedRow) -> bool:
    """Tell whether a row took the tick away, or gave back that there was none."""
    if row.outcome == "updated":
        return any(name == _FROZEN and new is False for name, _, new in row.changes)
    if row.outcome == "reverted":
        return any(name == _FROZEN and old is False for name, old, _ in row.changes)
    return False
