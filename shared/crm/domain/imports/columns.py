"""The columns that an import knows, and where they stand in a sheet.

column            what its cells hold
----------------  -------------------------------------------------------------------------------
code              Mã khách hàng: names a customer, and is never written; an unknown one is ignored
full_name         Họ và tên: the whole name in one cell; Họ and Tên hold its parts
phone             Số điện thoại: one number, in any spelling that `phones` reads
email             Email: one address
birthday          Ngày sinh: a true date, dd/mm/yyyy, or dd/mm where the year is not known
gender            Giới tính: Nam, Nữ, Khác; male, female, other; 1 and 0; true and false
group             Nhóm khách hàng: the code or the name of a group that the merchant has
tags              Nhãn: any number, between commas, semicolons or on lines
external_ids.x    what the platform x calls the customer

The others are text, or yes and no, as `column_guides` says. Address columns speak of the default
address, invoice columns of the one profile.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, pairwise

from crm.domain.customers.columns import WRITABLE_COLUMNS
from crm.domain.imports.headers import AMBIGUOUS, COLUMN_OF
from crm.domain.imports.job import MOST_COLUMNS, ImportRefused
from crm.domain.kernel.errors import Invalid, Problem, Refused
from crm.domain.kernel.tables import Cell, NumberedRow
from crm.domain.values.external_ids import read_platform
from crm.domain.values.names import folded

EXTERNAL = "external_ids."
#: What is read only where an import asks for it: see `import_figures`.
OPENING = ("order_count", "total_spent", "debt", "points_available", "last_order_at")
POINTS = ("points", "reason")
COLUMN_IDS = frozenset(column.id for column in WRITABLE_COLUMNS)

#: How far below the top of a sheet its header may stand, blank rows not counted.
_TITLE_ROWS = 30
_LONGEST_HEADER = 100
_LONGEST_SHOWN = 40
_NAME_IN_TWO = ("family_name", "given_name")
#: Headers of its own that the lower row of two has at least.
_FEWEST_BELOW = 2
#: What a report adds to the merchant's columns, side by side.
_REPORT_HEADERS = (("ly do", "goi y"), ("reason", "suggestion"))
_in_brackets = re.compile(r"\([^)]*\)|\[[^\]]*\]")

type Mapped = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Header:
    """The row that names the columns: where it is, and where each known column stands in a row.

    `ignored` are the headers of columns that are not read; `cells` is the row, made of two where
    groups of columns stand above their own headers, without what a report of ours `added`.
    """

    number: int
    columns: Mapping[str, int]
    ignored: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()
    added: tuple[int, ...] = ()


def column_of(header: Cell) -> str | None:
    """Return the column that a header names, in any spelling we know."""
    if not isinstance(header, str) or len(header) > _LONGEST_HEADER:
        return None
    return COLUMN_OF.get(_spelled(header)) or _external(header)


@lru_cache(maxsize=1024)
def field_of(column: str) -> str:
    """Return the field of the record that a column writes."""
    if column.startswith(EXTERNAL):
        return "external_ids"
    if column.startswith("invoice_"):
        return "invoice_profile"
    return "addresses" if column in ADDRESS_PARTS else column


#: Columns of the default address, and what the address calls them.
ADDRESS_PARTS: Mapping[str, str] = {
    "recipient": "recipient",
    "address_line": "line",
    "ward": "ward",
    "district": "district",
    "province": "province",
    "country": "country",
}


def read_mapping(raw: Mapped, more: Collection[str] = ()) -> dict[str, str]:
    """Return the columns that headers are said to name; raise `Invalid`, naming the headers.

    They are columns of customers, or one of `more`.
    """
    mapping: dict[str, str] = {}
    problems: list[Problem] = []
    for header, named in raw.items():
        column = named if named in COLUMN_IDS or named in more else _external(named)
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
    """Return the row near the top that names most columns, the first of equals, if any does.

    What `mapping` says of a header comes before its spelling. Raises `ImportRefused` where two
    cells name one column, one may name several, a mapped header is missing, or it is too wide.
    """
    said = {_key(header): column for header, column in (mapping or {}).items()}
    best: NumberedRow | None = None
    above: NumberedRow | None = None
    most = 0
    for row in islice(rows, _TITLE_ROWS):
        for header in (row, _under_groups(above, row, said)):
            known = _known(header.cells, said) if header else 0
            if known > most:
                best, most = header, known
        above = row
    if best is None:
        return None
    width = 1 + max(place for place, cell in enumerate(best.cells) if cell != "")
    if width > MOST_COLUMNS:
        raise ImportRefused("too_many_columns", limit=MOST_COLUMNS)
    return _header(best, said, mapping or {})


def with_name_in_two(header: Header, spans: Mapping[int, int]) -> Header:
    """Return the header with Họ and Tên where Họ và tên is merged over two columns.

    So lists of people are written in Vietnam: "Nguyễn Thị" in one column, "Ánh" in the next.
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
    """Return the columns that have no header but something in these rows: "(D)".

    `left` is how many columns stand before the first of a row.
    """
    named = {place for place, cell in enumerate(header.cells) if cell != ""}
    known = named | set(header.columns.values()) | set(header.added)
    found = {
        place
        for number, cells in rows
        if number > header.number
        for place, cell in enumerate(cells[:MOST_COLUMNS])
        if cell != "" and place not in known
    }
    return tuple(f"({_letters(left + place)})" for place in sorted(found))


def _letters(place: int) -> str:
    before, last = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


def is_taken(header: Cell, column: str | None = None) -> bool:
    """Tell whether a header is read as a column, or may be: by its spelling alone."""
    named = column_of(header)
    return named == column if column else named is not None or bool(_candidates(header))


def _report_places(cells: Sequence[Cell]) -> range:
    """Return where a report of ours has its reason and its suggestion, which are never read."""
    spelled = [_spelled(cell) if isinstance(cell, str) else "" for cell in cells]
    for place, pair in enumerate(pairwise(spelled)):
        if pair in _REPORT_HEADERS:
            return range(place, place + 2)
    return range(0)


def _own(cells: Sequence[Cell]) -> Iterator[tuple[int, Cell]]:
    """Yield the cells that a report did not add, each with its place."""
    ours = _report_places(cells)
    return ((place, cell) for place, cell in enumerate(cells) if place not in ours)


def _known(cells: Sequence[Cell], said: Mapped) -> int:
    return len({_named(cell, said) for cell in cells[:MOST_COLUMNS]} - {None})


def _under_groups(above: NumberedRow | None, row: NumberedRow, said: Mapped) -> NumberedRow | None:
    """Return two rows as one header, where the upper one has cells merged over several columns.

    A row of data is never taken for the lower one: that leaves headers with one column alone.
    """
    if above is None or above.number + 1 != row.number or _known(row.cells, said) < _FEWEST_BELOW:
        return None
    upper = [*above.cells, *[""] * (len(row.cells) - len(above.cells))]
    lower = [*row.cells, *[""] * (len(upper) - len(row.cells))]
    joined: list[Cell] = []
    for place, (over, under) in enumerate(zip(upper, lower, strict=True)):
        if under == "":
            joined.append(over)
            continue
        is_group = upper[place + 1 : place + 2] in ([""], [])
        if not isinstance(under, str) or (_named(over, said) and not is_group):
            return None
        joined.append(under if _named(under, said) or not _named(over, said) else over)
    return NumberedRow(row.number, joined)


def _header(row: NumberedRow, said: Mapped, mapping: Mapped) -> Header:
    there = set(map(_key, row.cells))
    for header in mapping:
        if _key(header) not in there:
            raise ImportRefused("mapped_header_missing", header=header[:_LONGEST_SHOWN])
    columns: dict[str, int] = {}
    unknown: list[Cell] = []
    for place, cell in _own(row.cells):
        column = _named(cell, said)
        if column is None or (column in said.values() and _key(cell) not in said):
            unknown.append(cell)  # or another header was said to name its column
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
    ignored = (str(cell).strip()[:_LONGEST_HEADER] for cell in unknown if cell != "")
    ours = _report_places(row.cells)
    cells = ("" if place in ours else cell for place, cell in enumerate(row.cells))
    return Header(row.number, columns, tuple(filter(None, ignored)), tuple(cells), tuple(ours))


def _named(cell: Cell, said: Mapped) -> str | None:
    return said.get(_key(cell)) or column_of(cell)


def _candidates(cell: Cell) -> Sequence[str]:
    if not isinstance(cell, str) or len(cell) > _LONGEST_HEADER:
        return ()
    return AMBIGUOUS.get(_spelled(cell), ())


def _spelled(header: str) -> str:
    return folded(_in_brackets.sub(" ", header))


def _key(cell: Cell) -> str:
    """Return by what a header of a mapping is found: its words, brackets and all."""
    return " ".join(str(cell).split()).casefold()


def _external(header: str) -> str | None:
    prefix, dot, platform = header.strip().lower().partition(".")
    if not dot or f"{prefix}." != EXTERNAL:
        return None
    try:
        return EXTERNAL + read_platform(platform)
    except Refused:
        return None
