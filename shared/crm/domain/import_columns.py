"""The columns that an import knows, by the headers that people and platforms give them.

column       what its cells hold
-----------  -----------------------------------------------------------------------------------
full_name    Họ và tên: the whole name in one cell
family_name  Họ: the family name, with the middle one
given_name   Tên: the given name
phone        Số điện thoại: one number, in any spelling that `phones` reads
email        Email: one address
birthday     Ngày sinh: a true date, dd/mm/yyyy, or dd/mm where the year is not known
gender       Giới tính: Nam, Nữ, Khác; male, female, other; 1 and 0; true and false
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from crm.domain.imports import MOST_COLUMNS, ImportRefused
from crm.domain.names import folded
from crm.domain.tables import Cell, NumberedRow

ColumnId = Literal[
    "family_name", "given_name", "full_name", "phone", "email", "birthday", "gender"
]

#: Headers without tones, case, signs and what stands in brackets, by the column they name.
_HEADERS: Mapping[ColumnId, tuple[str, ...]] = {
    "family_name": (
        "ho",
        "ho dem",
        "ho va dem",
        "ho va ten dem",
        "ho khach hang",
        "family name",
        "last name",
        "lastname",
        "surname",
    ),
    "given_name": ("ten", "ten goi", "given name", "first name", "firstname"),
    "full_name": (
        "ho va ten",
        "ho ten",
        "ho va ten khach hang",
        "ho ten khach hang",
        "ten khach hang",
        "ten day du",
        "ten kh",
        "full name",
        "fullname",
        "name",
        "customer name",
    ),
    "phone": (
        "so dien thoai",
        "so dien thoai khach hang",
        "dien thoai",
        "dien thoai di dong",
        "so di dong",
        "di dong",
        "so dt",
        "sdt",
        "dtdd",
        "phone",
        "phone number",
        "mobile",
        "mobile phone",
        "mobile number",
        "cell phone",
        "tel",
        "telephone",
    ),
    "email": (
        "email",
        "e mail",
        "dia chi email",
        "thu dien tu",
        "email khach hang",
        "email address",
        "mail",
    ),
    "birthday": (
        "ngay sinh",
        "ngay thang nam sinh",
        "sinh nhat",
        "ngay sinh nhat",
        "birthday",
        "birth date",
        "birthdate",
        "date of birth",
        "dob",
    ),
    "gender": ("gioi tinh", "phai", "gender", "sex"),
}
_COLUMNS: Mapping[str, ColumnId] = {
    header: column for column, headers in _HEADERS.items() for header in headers
}

#: How far below the top of a sheet its header may stand, blank rows not counted.
_TITLE_ROWS = 30
_LONGEST_HEADER = 100
_in_brackets = re.compile(r"\([^)]*\)|\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Header:
    """The row that names the columns: where it is, and where each known column stands in a row."""

    number: int
    columns: Mapping[ColumnId, int]


def column_of(header: Cell) -> ColumnId | None:
    """Return the column that a header names, in any spelling we know."""
    if not isinstance(header, str) or len(header) > _LONGEST_HEADER:
        return None
    return _COLUMNS.get(folded(_in_brackets.sub(" ", header)))


def find_header(rows: Iterable[NumberedRow]) -> Header | None:
    """Return the row near the top that names most columns, the first of equals, if any does.

    Raises `ImportRefused` where two cells of it name one column, or it is too wide.
    """
    best: NumberedRow | None = None
    most = 0
    for _, row in zip(range(_TITLE_ROWS), rows, strict=False):
        known = len(set(map(column_of, row.cells[:MOST_COLUMNS])) - {None})
        if known > most:
            best, most = row, known
    if best is None:
        return None
    width = 1 + max(place for place, cell in enumerate(best.cells) if cell != "")
    if width > MOST_COLUMNS:
        raise ImportRefused("too_many_columns", limit=MOST_COLUMNS)
    return Header(best.number, _columns(best.cells))


def _columns(cells: Sequence[Cell]) -> dict[ColumnId, int]:
    columns: dict[ColumnId, int] = {}
    for place, cell in enumerate(cells):
        column = column_of(cell)
        if column is None:
            continue
        if column in columns:
            first = str(cells[columns[column]]).strip()
            raise ImportRefused("repeated_header", first=first, second=str(cell).strip())
        columns[column] = place
    return columns
