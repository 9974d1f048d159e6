"""List the rows of an import with their outcomes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import PlannedRow
from crm.domain.imports.progress import Phase, RowOutcome
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.domain.kernel.times import stamp
from crm.ports.files import FileStore
from crm.ports.imports import Imports
from crm.usecases.imports.chunk_rows import rows_of_chunk


class RowPosition(NamedTuple):
    """The position of a row: its chunk, and its number in the file."""

    chunk: int
    number: int


_START = RowPosition(-1, 0)


@dataclass(frozen=True, slots=True)
class RowPage:
    """A page of rows, and the position after which the next page starts, if any."""

    items: tuple[PlannedRow, ...]
    next: RowPosition | None


def list_rows(
    merchant_id: MerchantId,
    import_id: ImportId,
    *,
    outcome: RowOutcome | None,
    limit: int,
    after: RowPosition | None,
    now: datetime,
    imports: Imports,
    files: FileStore,
) -> RowPage:
    """Return the applied rows of one outcome or of all, chunk by chunk.

    A plan that awaits its commit lists its planned outcomes; `reverted` and `kept` are the rows
    that a revert undid or kept. Rows of one person are in one chunk, so row numbers ascend only
    within a chunk. Chunks without a row of the outcome are not opened.
    """
    job = imports.get(merchant_id, import_id).as_of(stamp(now))
    rows = _rows(
        job,
        outcome=outcome,
        after=after or _START,
        imports=imports,
        files=files,
    )
    found = list(islice(rows, limit + 1))
    more = len(found) > limit
    return RowPage(tuple(row for _, row in found[:limit]), found[limit - 1][0] if more else None)


def _phase(job: ImportJob, outcome: RowOutcome | None) -> Phase:
    if outcome in {"reverted", "kept"}:
        return "reverted"
    waits = job.status in {"awaiting_commit", "expired"}
    return "planned" if waits else "applied"


def _rows(
    job: ImportJob,
    *,
    outcome: RowOutcome | None,
    after: RowPosition,
    imports: Imports,
    files: FileStore,
) -> Iterator[tuple[RowPosition, PlannedRow]]:
    phase = _phase(job, outcome)
    for chunk, counts in sorted(imports.recorded(job.merchant_id, job.id, phase).items()):
        if chunk < after.chunk or (outcome and not counts.rows.get(outcome)):
            continue
        for row in rows_of_chunk(job, phase, chunk, files):
            position = RowPosition(chunk, row.number)
            if position > after and outcome in {None, row.outcome}:
                yield position, row
