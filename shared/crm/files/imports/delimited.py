"""A csv file of whatever program: its encoding, its delimiter and its rows."""

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import islice

from crm.domain.imports.columns import column_of
from crm.domain.imports.job import LONGEST_CELL, ImportRefused
from crm.domain.kernel.tables import NumberedRow

_DELIMITERS = (",", ";", "\t")
_LOOKED_AT = 30  # records that decide the delimiter
_SHORTEST_WIDE = 2
#: Longer than any cell we take, so that one long cell costs its row, an open quote the file.
_LONGEST_FIELD = LONGEST_CELL * 4


class DelimitedSheet:
    """The rows of a csv file; an apostrophe that kept a cell from being a formula is taken off."""

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
        """Yield the rows in which any cell has something in it, numbered with the blank ones."""
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
    """Return the delimiter by which most of the first rows have one and the same width.

    Where one row is a header of one column by each of them, it is the one that parts the fewest
    cells: those of a column of tags are full of others.
    """
    looked = {delimiter: _looked_at(text, delimiter) for delimiter in _DELIMITERS}
    if all(_has_lone_header(rows) for rows in looked.values()):
        return min(_DELIMITERS, key=lambda each: sum(len(row) > 1 for row in looked[each]))

    def agreement(delimiter: str) -> int:
        widths = Counter(map(len, looked[delimiter]))
        return max(
            (width * rows for width, rows in widths.items() if width >= _SHORTEST_WIDE), default=0
        )

    return max(_DELIMITERS, key=agreement)


def _looked_at(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(islice(_records(text, delimiter), _LOOKED_AT))
    except ImportRefused:
        return []


def _has_lone_header(rows: Iterable[Sequence[str]]) -> bool:
    """Tell whether of the rows that name columns we know the first has one cell."""
    named = (row for row in rows if any(column_of(cell) for cell in row))
    return len(next(named, ())) == 1


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _known(content, "utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _windows_1258(content)


def _windows_1258(content: bytes) -> str:
    """Decode what old Vietnamese Windows programs write, unless some of it is UTF-8."""
    foreign = [line for line in content.splitlines() if not line.isascii()]
    if any(map(_is_utf_8, foreign)):
        raise ImportRefused("mixed_encoding")
    return _known(content, "cp1258")


def _known(content: bytes, encoding: str) -> str:
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
