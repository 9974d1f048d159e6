"""Rows of an import in files, one per chunk and phase: plans, outcomes, and reverted rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from crm.domain.imports import file_names as import_files
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import PlannedRow, line_of, row_of_line
from crm.domain.imports.progress import Counts, Phase, counts_of
from crm.domain.kernel.ids import ImportId
from crm.ports.files import ExportFiles, FileStore
from crm.ports.imports import Imports

_FILES: Mapping[Phase, Callable[[ImportId, int], str]] = {
    "planned": import_files.plan,
    "applied": import_files.outcomes,
    "reverted": import_files.undone,
}


def rows_of_chunk(
    job: ImportJob, phase: Phase, chunk: int, files: FileStore | ExportFiles
) -> Iterator[PlannedRow]:
    """Yield the rows of a chunk as they were planned, applied or reverted."""
    name = _FILES[phase](job.id, chunk)
    return map(row_of_line, files.read(job.merchant_id, "imports", name).split(b"\n"))


def record_rows(
    job: ImportJob,
    phase: Phase,
    chunk: int,
    rows: Sequence[PlannedRow],
    *,
    now: datetime,
    imports: Imports,
    files: FileStore,
) -> Counts:
    """Store the rows of a chunk, then record that it has completed a phase, with its counts."""
    content = b"\n".join(map(line_of, rows))
    files.write(job.merchant_id, "imports", _FILES[phase](job.id, chunk), content)
    counts = counts_of(row.outcome for row in rows)
    imports.record(job.merchant_id, job.id, phase, chunk, counts, now=now)
    return counts
