"""An export as csv: UTF-8 with the mark that Excel looks for, and no cell that is a formula."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crm.domain.kernel.tables import NewTable
from crm.domain.spreadsheets.cells import DANGEROUS, neutralised, written_for_csv
from crm.files.exports.rows import Converters, converters_of, headers_of, rows_of

#: A text of a JSON array that starts with a sign of `DANGEROUS`: a quote never stands unescaped
#: inside one, so what follows "[" or "," and a quote is the start of a text, or the end of one.
#: Phone numbers start so in most rows, and no program computes anything from one. Lines are looked
#: through as the bytes that they are, from quote to quote: the rest is passed over quickly.
_SIGNS = b"|".join(re.escape(each.encode()) for each in DANGEROUS if each.isprintable())
_suspect = re.compile(rb'"(?<=[\[,]")(?!\+\d{7,15}")(?:\\[trn]|' + _SIGNS + rb")").search


def write_csv(target: Path, table: NewTable) -> None:
    """Write a table; numbers, dates and words are spelled in its language."""
    converters = converters_of(table, written_for_csv)
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        write = csv.writer(file)
        write.writerow(headers_of(table.columns, table.locale))
        for lines in table.lines:
            write.writerows(_safe_rows(lines, converters))


def _safe_rows(lines: Any, converters: Converters) -> Iterator[list[Any]]:  # noqa: ANN401 - as `NewTable` has
    """Yield rows whose texts are neutralised; few rows have any, and only those are gone through.

    What is turned starts with a digit, a letter or the plus of a phone number.
    """
    for line, row in zip(lines, rows_of(lines, converters), strict=True):
        if _suspect(line):
            yield [neutralised(cell) if isinstance(cell, str) else cell for cell in row]
        else:
            yield row
