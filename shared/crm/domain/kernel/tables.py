"""What a table file looks like once it is opened: sheets of numbered rows of typed cells."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Literal, NamedTuple, Protocol

#: A cell as the file types it; "" is blank. A `datetime` is a `date` too.
type Cell = str | float | bool | date | time | timedelta


class NumberedRow(NamedTuple):
    """A row with the number that a spreadsheet program shows beside it."""

    number: int
    cells: Sequence[Cell]


class Sheet(Protocol):
    """One visible sheet, whose rows can be read again from the start; blank ones are left out.

    Its hidden rows are read as any other: a filter that was left on hides most of a table.
    """

    @property
    def name(self) -> str:
        """What its tab says; blank in a csv."""
        ...

    @property
    def left(self) -> int:
        """How many columns a spreadsheet program shows before the first cell of a row."""
        ...

    @property
    def hidden_rows(self) -> Collection[int]:
        """The numbers of the rows that a spreadsheet program does not show."""
        ...

    def spans(self, number: int) -> Mapping[int, int]:
        """Return how many columns the merged cells of a row take, by their places."""
        ...

    def __iter__(self) -> Iterator[NumberedRow]:
        """Yield the rows in which any cell has something in it."""
        ...


@dataclass(frozen=True, slots=True)
class NewTable:
    """A table to be written: its columns, the language of its words, its rows of plain cells.

    Rows come as lines of JSON arrays, some at a time, and can be gone through once.
    """

    kind: Literal["xlsx", "csv"]
    columns: Sequence[str]
    locale: Literal["vi", "en"]
    rows: int
    lines: Iterator[Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Table:
    """An opened file: what kind it is, its visible sheets in their order, the others' names.

    `delimiter` is what parts the cells of a csv.
    """

    kind: Literal["xlsx", "csv"]
    sheets: Sequence[Sheet]
    hidden_sheets: tuple[str, ...] = ()
    delimiter: str = ","
