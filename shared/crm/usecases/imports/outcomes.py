"""What became of each row of an import."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from crm.domain.imports import file_names as import_files
from crm.domain.imports.job import ImportJob, Phase, RowOutcome
from crm.domain.imports.plan import PlannedRow, row_of_line
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.domain.kernel.times import stamp
from crm.ports.files import FileStore
from crm.ports.imports import Imports


class RowPosition(NamedTuple):
    """Where a row stands: its chunk, and its number in the file."""

    chunk: int
    number: int


_START = RowPosition(-1, 0)


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some rows, and where the next ones start, if there are any."""

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
    """Return rows of one outcome or of all, as far as the import is applied, chunk by chunk.

    A plan that waits for its commit tells what would become of them; `reverted` and `kept` are
    rows that taking an import back undid or left. Rows of one person stand in one chunk, so their
    numbers rise within a chunk only. Chunks without a row of the outcome are not opened.
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


#: Where the rows of each phase lie.
_FILES = {
    "planned": import_files.plan,
    "applied": import_files.outcomes,
    "reverted": import_files.undone,
}


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
        name = _FILES[phase](job.id, chunk)
        for line in files.read(job.merchant_id, "imports", name).split(b"\n"):
            row = row_of_line(line)
            position = RowPosition(chunk, row.number)
            if position > after and outcome in {None, row.outcome}:
                yield position, row
