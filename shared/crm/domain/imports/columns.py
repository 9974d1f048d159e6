"""The columns that an import reads, and how to find them in a sheet.

column            contents of its cells
----------------  -------------------------------------------------------------------------------
code              Mã khách hàng: identifies a customer, is never written; unknown ones are ignored
full_name         Họ và tên: the whole name in one cell; Họ and Tên hold its parts
phone             Số điện thoại: one number, in any spelling that `phones` reads
email             Email: one address
birthday          Ngày sinh: a date cell, dd/mm/yyyy, or dd/mm where the year is not known
gender            Giới tính: Nam, Nữ, Khác; male, female, other; 1 and 0; true and false
group             Nhóm khách hàng: the code or the name of a group that the merchant has
tags              Nhãn: any number, separated by commas, semicolons or line breaks
external_ids.x    the customer's id on the platform x

The others are text, or yes and no: see the guides in `crm.domain.customers.columns`. Address
columns are parts of the default address, invoice columns of the one invoice profile.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, pairwise

from crm.domain.customers.column import OpeningBalance
from crm.domain.customers.columns import COLUMNS, ENTRIES, EXTERNAL
from crm.domain.imports.headers import (
    AMBIGUOUS,
    COLUMN_OF,
    LONGEST_HEADER,
    fold_header,
    spelling_of,
)
from crm.domain.imports.job import MOST_COLUMNS, ImportRefused
from crm.domain.kernel.errors import Invalid, Problem, Refused
from crm.domain.kernel.tables import Cell, NumberedRow
from crm.domain.values.external_ids import read_platform

#: Columns that are read only if the import requests them, amounts first: see `balances`.
OPENING = tuple(
    column.id
    for column in sorted(COLUMNS, key=lambda column: column.kind == "moment")
    if isinstance(column.entry, OpeningBalance)
)

#: How many rows from the top may precede the header, blank rows not counted.
_TITLE_ROWS = 30
_LONGEST_SHOWN = 40
_NAME_IN_TWO = ("family_name", "given_name")
#: The fewest known headers in the lower of two header rows.
_FEWEST_BELOW = 2
#: The adjacent columns that a report adds to the merchant's.
_REPORT_HEADERS = (("ly do", "goi y"), ("reason", "suggestion"))

type Mapped = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Header:
    """The header row: its number, and the index of each known column.

    `ignored` are the headers of columns that are not read. `cells` is the row, combined from two
    where group headers span several columns, with the columns that a report `added` left blank.
    """

    number: int
    columns: Mapping[str, int]
    ignored: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()
    added: tuple[int, ...] = ()


def column_of(header: Cell) -> str | None:
    """Return the column that a header names, in any known spelling."""
    if not isinstance(header, str) or len(header) > LONGEST_HEADER:
        return None
    return COLUMN_OF.get(fold_header(header)) or _external(header)


@lru_cache(maxsize=1024)
def field_of(column: str) -> str:
    """Return the field of the customer that holds a column that imports write."""
    return "external_ids" if column.startswith(EXTERNAL) else ENTRIES[column].field


def read_mapping(raw: Mapped, more: Collection[str] = ()) -> dict[str, str]:
    """Validate a mapping of headers to columns; raise `Invalid`, naming the headers.

    The columns are those of customers or of `more`.
    """
    mapping: dict[str, str] = {}
    problems: list[Problem] = []
    for header, named in raw.items():
        column = named if named in ENTRIES or named in more else _external(named)
        field, shown = f"mapping.{header[:_LONGEST_SHOWN]}", {"column": named[:_LONGEST_SHOWN]}
        if column is None:
            problems.append(Problem(field, "column_unknown", shown))
        elif column in mapping.values():
            problems.append(Problem(field, "column_repeated", shown))
        else:
            mapping[header] = column
    if problems:
        raise Invalid("invalid_fields", *problems)
    return mapping


def find_header(rows: Iterable[NumberedRow], mapping: Mapped | None = None) -> Header | None:
    """Return the row near the top that names most columns, the first of equals; None without one.

    `mapping` takes precedence over the spelling of a header. Raises `ImportRefused` if two cells
    name one column, one may name several, a mapped header is missing, or the row is too wide.
    """
    mapped = {_mapping_key(header): column for header, column in (mapping or {}).items()}
    best: NumberedRow | None = None
    above: NumberedRow | None = None
    most = 0
    for row in islice(rows, _TITLE_ROWS):
        for header in (row, _combine_with_groups(above, row, mapped)):
            count = _count_columns(header.cells, mapped) if header else 0
            if count > most:
                best, most = header, count
        above = row
    if best is None:
        return None
    width = 1 + max(place for place, cell in enumerate(best.cells) if cell != "")
    if width > MOST_COLUMNS:
        raise ImportRefused("too_many_columns", limit=MOST_COLUMNS)
    return _header(best, mapped, mapping or {})


def split_name_column(header: Header, spans: Mapping[int, int]) -> Header:
    """Return the header with Họ and Tên where the cell Họ và tên spans two columns.

    Vietnamese lists of people are often written so: "Nguyễn Thị" in one column, "Ánh" in the next.
    """
    place = header.columns.get("full_name")
    if place is None or spans.get(place) != len(_NAME_IN_TWO):
        return header
    if not header.columns.keys().isdisjoint(_NAME_IN_TWO):
        return header
    columns: dict[str, int] = {}
    for name, at in header.columns.items():
        columns |= (
            {part: at + step for step, part in enumerate(_NAME_IN_TWO)}
            if name == "full_name"
            else {name: at}
        )
    return replace(header, columns=columns)


def unnamed_columns(header: Header, rows: Iterable[NumberedRow], left: int) -> tuple[str, ...]:
    """Return the columns without a header that have cells in these rows: "(D)".

    `left` is the number of sheet columns before the first cell of a row.
    """
    named = {place for place, cell in enumerate(header.cells) if cell != ""}
    accounted = named | set(header.columns.values()) | set(header.added)
    found = {
        place
        for number, cells in rows
        if number > header.number
        for place, cell in enumerate(cells[:MOST_COLUMNS])
        if cell != "" and place not in accounted
    }
    return tuple(f"({_letters(left + place)})" for place in sorted(found))


def _letters(place: int) -> str:
    before, last = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


def is_recognized(header: Cell, column: str | None = None) -> bool:
    """Tell whether a header's spelling names `column`, or any column, even ambiguously."""
    named = column_of(header)
    return named == column if column else named is not None or bool(_candidates(header))


def _report_places(cells: Sequence[Cell]) -> range:
    """Return the indexes of a report's reason and suggestion columns, which are never read."""
    spelled = [fold_header(cell) if isinstance(cell, str) else "" for cell in cells]
    for place, pair in enumerate(pairwise(spelled)):
        if pair in _REPORT_HEADERS:
            return range(place, place + 2)
    return range(0)


def _merchant_cells(cells: Sequence[Cell]) -> Iterator[tuple[int, Cell]]:
    """Yield the cells that a report did not add, each with its index."""
    added = _report_places(cells)
    return ((place, cell) for place, cell in enumerate(cells) if place not in added)


def _count_columns(cells: Sequence[Cell], mapped: Mapped) -> int:
    return len({_column_named(cell, mapped) for cell in cells[:MOST_COLUMNS]} - {None})


def _combine_with_groups(
    above: NumberedRow | None, row: NumberedRow, mapped: Mapped
) -> NumberedRow | None:
    """Return two rows as one header, where the upper one has cells merged over several columns.

    A row of data is never taken for the lower one: every upper header of a single column must
    have a blank cell below it.
    """
    if above is None or above.number + 1 != row.number:
        return None
    if _count_columns(row.cells, mapped) < _FEWEST_BELOW:
        return None
    upper = [*above.cells, *[""] * (len(row.cells) - len(above.cells))]
    lower = [*row.cells, *[""] * (len(upper) - len(row.cells))]
    combined: list[Cell] = []
    for place, (over, under) in enumerate(zip(upper, lower, strict=True)):
        if under == "":
            combined.append(over)
            continue
        is_group = upper[place + 1 : place + 2] in ([""], [])
        if not isinstance(under, str) or (_column_named(over, mapped) and not is_group):
            return None
        lower_wins = _column_named(under, mapped) or not _column_named(over, mapped)
        combined.append(under if lower_wins else over)
    return NumberedRow(row.number, combined)


def _header(row: NumberedRow, mapped: Mapped, mapping: Mapped) -> Header:
    keys = set(map(_mapping_key, row.cells))
    for header in mapping:
        if _mapping_key(header) not in keys:
            raise ImportRefused("mapped_header_missing", header=header[:_LONGEST_SHOWN])
    columns: dict[str, int] = {}
    unknown: list[Cell] = []
    for place, cell in _merchant_cells(row.cells):
        column = _column_named(cell, mapped)
        if column is None or (column in mapped.values() and _mapping_key(cell) not in mapped):
            unknown.append(cell)  # no column, or another header is mapped to its column
        elif column in columns:
            first, second = str(row.cells[columns[column]]).strip(), str(cell).strip()
            raise ImportRefused("repeated_header", first=first, second=second)
        else:
            columns[column] = place
    for cell in unknown:
        candidates = _candidates(cell)
        if not columns.keys() >= set(candidates):
            raise ImportRefused(
                "ambiguous_header", header=str(cell).strip(), candidates=", ".join(candidates)
            )
    ignored = (str(cell).strip()[:LONGEST_HEADER] for cell in unknown if cell != "")
    added = _report_places(row.cells)
    cells = ("" if place in added else cell for place, cell in enumerate(row.cells))
    return Header(row.number, columns, tuple(filter(None, ignored)), tuple(cells), tuple(added))


def _column_named(cell: Cell, mapped: Mapped) -> str | None:
    return mapped.get(_mapping_key(cell)) or column_of(cell)


def _candidates(cell: Cell) -> Sequence[str]:
    return AMBIGUOUS.get(spelling_of(cell), ())


def _mapping_key(cell: Cell) -> str:
    """Return the key of a header in a mapping: its words, including those in brackets."""
    return " ".join(str(cell).split()).casefold()


def _external(header: str) -> str | None:
    prefix, dot, platform = header.strip().lower().partition(".")
    if not dot or f"{prefix}." != EXTERNAL:
        return None
    try:
        return EXTERNAL + read_platform(platform)
    except Refused:
        return None
