"""An opened table file: sheets of numbered rows of typed cells."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Literal, NamedTuple, Protocol

#: A cell as the file types it; "" is blank. A `datetime` is a `date` too.
type Cell = str | float | bool | date | time | timedelta


class NumberedRow(NamedTuple):
    """A row and its number in a spreadsheet program."""

    number: int
    cells: Sequence[Cell]


class Sheet(Protocol):
    """One visible sheet; it can be iterated repeatedly, and skips blank rows.

    Hidden rows are included, because a filter left on hides most of a table.
    """

    @property
    def name(self) -> str:
        """The name on its tab; blank for a csv."""
        ...

    @property
    def left(self) -> int:
        """How many columns a spreadsheet program shows to the left of the first cell."""
        ...

    @property
    def hidden_rows(self) -> Collection[int]:
        """The numbers of the hidden rows."""
        ...

    def spans(self, number: int) -> Mapping[int, int]:
        """Return the column spans of a row's merged cells, by cell index."""
        ...

    def __iter__(self) -> Iterator[NumberedRow]:
        """Yield the rows that have at least one non-blank cell."""
        ...


@dataclass(frozen=True, slots=True)
class NewTable:
    """A table to write: its columns, its language and its rows of plain cells.

    `lines` yields batches of rows, each row a JSON array, and can be consumed once.
    """

    kind: Literal["xlsx", "csv"]
    columns: Sequence[str]
    locale: Literal["vi", "en"]
    rows: int
    lines: Iterator[Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Table:
    """An opened file: its kind, its visible sheets in order, and the names of hidden sheets.

    `delimiter` separates the cells of a csv.
    """

    kind: Literal["xlsx", "csv"]
    sheets: Sequence[Sheet]
    hidden_sheets: tuple[str, ...] = ()
    delimiter: str = ","
