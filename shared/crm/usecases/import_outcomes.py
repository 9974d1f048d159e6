"""What became of each row of an import."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from crm.domain import import_files
from crm.domain.ids import ImportId, MerchantId
from crm.domain.import_plan import PlannedRow, row_of_line
from crm.domain.imports import Outcome
from crm.ports import FileStore, Imports


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
    outcome: Outcome | None,
    limit: int,
    after: RowPosition | None,
    imports: Imports,
    files: FileStore,
) -> RowPage:
    """Return rows of one outcome or of all, as far as the import is applied, chunk by chunk.

    Rows of one person stand in one chunk, so their numbers rise within a chunk only. Chunks
    without a row of the outcome are not opened.
    """
    imports.get(merchant_id, import_id)
    rows = _rows(
        merchant_id,
        import_id,
        outcome=outcome,
        after=after or _START,
        imports=imports,
        files=files,
    )
    found = list(islice(rows, limit + 1))
    more = len(found) > limit
    return RowPage(tuple(row for _, row in found[:limit]), found[limit - 1][0] if more else None)


def _rows(
    merchant_id: MerchantId,
    import_id: ImportId,
    *,
    outcome: Outcome | None,
    after: RowPosition,
    imports: Imports,
    files: FileStore,
) -> Iterator[tuple[RowPosition, PlannedRow]]:
    for chunk, counts in sorted(imports.recorded(merchant_id, import_id, "applied").items()):
        if chunk < after.chunk or (outcome and not counts.by_outcome()[outcome]):
            continue
        name = import_files.outcomes(import_id, chunk)
        for line in files.read(merchant_id, "imports", name).split(b"\n"):
            row = row_of_line(line)
            position = RowPosition(chunk, row.number)
            if position > after and outcome in {None, row.outcome}:
                yield position, row
