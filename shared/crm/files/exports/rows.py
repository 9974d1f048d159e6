"""Headers and converted rows of an export, for both file formats."""

from collections.abc import Callable, Iterator, Sequence
from json import loads
from typing import Any

from crm.domain.customers.columns import COLUMNS_BY_ID
from crm.domain.kernel.tables import NewTable
from crm.domain.messages.catalogue import Locale

#: Column indexes with the function that converts their plain cells for a file.
type Converters = Sequence[tuple[int, Callable[[Any], Any]]]


def headers_of(columns: Sequence[str], locale: Locale) -> list[str]:
    """Return the headers of columns in a language."""
    return [COLUMNS_BY_ID[column].header(locale) for column in columns]


def converters_of(
    table: NewTable, converter_of: Callable[[str, Locale], Callable[[Any], Any] | None]
) -> Converters:
    """Return the converters of a table's columns, without columns that need none."""
    converters = (
        (index, converter_of(column, table.locale)) for index, column in enumerate(table.columns)
    )
    return [(index, convert) for index, convert in converters if convert is not None]


def rows_of(lines: Sequence[bytes], converters: Converters) -> Iterator[list[Any]]:
    """Yield the rows of JSON lines, converted."""
    rows: list[list[Any]] = loads(b"[" + b",".join(lines) + b"]")
    for row in rows:
        for index, convert in converters:
            value = row[index]
            if value is not None:
                row[index] = convert(value)
        yield row
