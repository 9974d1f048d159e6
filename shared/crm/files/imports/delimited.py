"""Read csv files of any program: detect the encoding and the delimiter, and yield the rows."""

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import islice

from crm.domain.imports.columns import column_of
from crm.domain.imports.job import LONGEST_CELL, ImportRefused
from crm.domain.kernel.tables import NumberedRow

_DELIMITERS = (",", ";", "\t")
_SAMPLED = 30  # records that decide the delimiter
_SHORTEST_WIDE = 2
#: Longer than any valid cell: one long cell fails its row, but an unclosed quote fails the file.
_LONGEST_FIELD = LONGEST_CELL * 4


class DelimitedSheet:
    """The rows of a csv file, without the apostrophe that escapes a formula."""

    name = ""
    left = 0
    hidden_rows: Collection[int] = ()

    def __init__(self, content: bytes) -> None:
        self._text = _decoded(content)
        self.delimiter = _delimiter_of(self._text)
        self._has_apostrophes = "'" in self._text

    def spans(self, _: int) -> Mapping[int, int]:
        """Return nothing: a csv has no merged cells."""
        return {}

    def __iter__(self) -> Iterator[NumberedRow]:
        """Yield the rows that are not blank; blank ones count in the row numbers."""
        for number, cells in enumerate(_records(self._text, self.delimiter), 1):
            if any(cells):
                if self._has_apostrophes:
                    cells = [each.removeprefix("'") for each in cells]  # noqa: PLW2901
                yield NumberedRow(number, cells)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield from csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as broken:
        raise ImportRefused("broken_csv") from broken


def _delimiter_of(text: str) -> str:
    """Return the delimiter that gives most of the first rows the same width.

    If the header has a single column with every delimiter, return the one that splits the fewest
    rows: a column of tags contains other delimiters.
    """
    samples = {delimiter: _sample(text, delimiter) for delimiter in _DELIMITERS}
    if all(_has_lone_header(rows) for rows in samples.values()):
        return min(_DELIMITERS, key=lambda each: sum(len(row) > 1 for row in samples[each]))

    def agreement(delimiter: str) -> int:
        widths = Counter(map(len, samples[delimiter]))
        return max(
            (width * rows for width, rows in widths.items() if width >= _SHORTEST_WIDE), default=0
        )

    return max(_DELIMITERS, key=agreement)


def _sample(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(islice(_records(text, delimiter), _SAMPLED))
    except ImportRefused:
        return []


def _has_lone_header(rows: Iterable[Sequence[str]]) -> bool:
    """Tell whether the first row that names a known column has a single cell."""
    named = (row for row in rows if any(column_of(cell) for cell in row))
    return len(next(named, ())) == 1


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode(content, "utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _windows_1258(content)


def _windows_1258(content: bytes) -> str:
    """Decode the encoding of old Vietnamese Windows programs; refuse a mix with UTF-8."""
    foreign = [line for line in content.splitlines() if not line.isascii()]
    if any(map(_is_utf_8, foreign)):
        raise ImportRefused("mixed_encoding")
    return _decode(content, "cp1258")


def _decode(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as unknown:
        raise ImportRefused("unknown_encoding") from unknown


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
