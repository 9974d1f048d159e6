"""Write exports as CSV: UTF-8 with a byte order mark for Excel, formulas neutralised."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crm.domain.kernel.tables import NewTable
from crm.domain.spreadsheets.cells import DANGEROUS, neutralised, written_for_csv
from crm.files.exports.rows import Converters, converters_of, headers_of, rows_of

#: Matches a string of a JSON array that starts with a sign of `DANGEROUS`. Quotes inside strings
#: are escaped, so a quote after "[" or "," starts a string, or ends one. Phone numbers are
#: excluded: most rows have one, and no program evaluates them. The pattern searches raw bytes and
#: starts with the quote, so that the search skips everything else quickly.
_SIGNS = b"|".join(re.escape(each.encode()) for each in DANGEROUS if each.isprintable())
_suspect = re.compile(rb'"(?<=[\[,]")(?!\+\d{7,15}")(?:\\[trn]|' + _SIGNS + rb")").search


def write_csv(target: Path, table: NewTable) -> None:
    """Write a table; numbers, dates and words are formatted in its language."""
    converters = converters_of(table, written_for_csv)
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        write = csv.writer(file)
        write.writerow(headers_of(table.columns, table.locale))
        for lines in table.lines:
            write.writerows(_safe_rows(lines, converters))


def _safe_rows(lines: Any, converters: Converters) -> Iterator[list[Any]]:  # noqa: ANN401 - as `NewTable` has
    """Yield rows with neutralised texts; only the few suspect rows are checked cell by cell.

    Converted cells start with a digit, a letter or the plus of a phone number.
    """
    for line, row in zip(lines, rows_of(lines, converters), strict=True):
        if _suspect(line):
            yield [neutralised(cell) if isinstance(cell, str) else cell for cell in row]
        else:
            yield row
