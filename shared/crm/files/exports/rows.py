"""Rows of an export as a file of either kind has them: headers, and cells by column."""

from collections.abc import Callable, Iterator, Sequence
from json import loads
from typing import Any

from crm.domain.customers.columns import COLUMNS
from crm.domain.kernel.tables import NewTable
from crm.domain.messages.catalogue import Locale

#: What turns the plain cells of the columns at these places into those of a file.
type Converters = Sequence[tuple[int, Callable[[Any], Any]]]

_BY_ID = {column.id: column for column in COLUMNS}


def headers_of(columns: Sequence[str], locale: Locale) -> list[str]:
    """Return the headers of columns in a language."""
    known = (_BY_ID[column] for column in columns)
    return [column.vi if locale == "vi" else column.en for column in known]


def converters_of(
    table: NewTable, turn_of: Callable[[str, Locale], Callable[[Any], Any] | None]
) -> Converters:
    """Return what has to be turned in each row of a table."""
    converters = ((place, turn_of(each, table.locale)) for place, each in enumerate(table.columns))
    return [(place, turn) for place, turn in converters if turn is not None]


def rows_of(lines: Sequence[bytes], converters: Converters) -> Iterator[list[Any]]:
    """Yield the rows of some lines, turned."""
    rows: list[list[Any]] = loads(b"[" + b",".join(lines) + b"]")
    for row in rows:
        for place, turn in converters:
            value = row[place]
            if value is not None:
                row[place] = turn(value)
        yield row
