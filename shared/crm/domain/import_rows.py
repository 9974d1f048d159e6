"""Rows of a file, read into fields in API form; what cannot be read is told cell by cell.

A `DataRow` holds only what its row says: a blank cell is absent, `__CLEAR__` is None. Once read,
a row travels as one line of JSON, so that no state machine ever carries a person's data.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

from crm.domain.customer import Identity
from crm.domain.errors import Invalid, Problem, Refused
from crm.domain.fields import read_fields
from crm.domain.import_columns import ColumnId, Header
from crm.domain.import_dates import Order, iso_of, iso_of_date, order_of
from crm.domain.imports import LONGEST_CELL
from crm.domain.tables import Cell, NumberedRow

CLEAR = "__CLEAR__"

#: Any one of these makes a row a customer (D5).
_MAKES_A_CUSTOMER = ("full_name", "family_name", "given_name", "phone", "email")

#: Fields whose record value is as good in API form, so that a row is spelled the stored way early.
_SPELLED_ALIKE = ("phone", "email", "birthday", "gender")

type _Converter = Callable[[Cell, Order], object]


@dataclass(frozen=True, slots=True)
class DataRow:
    """A row of the file: its fields, or the problems for which it is invalid."""

    number: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def identities(self) -> tuple[Identity, ...]:
        """Return what the row names a customer by, in the order of D3."""
        phone, email = self.fields.get("phone"), self.fields.get("email")
        return (
            *((Identity("phone", phone),) if phone else ()),
            *((Identity("email", email),) if email else ()),
        )


class RowReader:
    """Reads the rows of one sheet, whose header and date order are known."""

    def __init__(self, header: Header, birthdays: Order, today: date) -> None:
        self._places = tuple(
            (name, place, _CONVERTERS[name]) for name, place in header.columns.items()
        )
        self._birthdays = birthdays
        self._today = today

    def read(self, row: NumberedRow) -> DataRow:
        """Return what a row says; one bad cell makes it invalid."""
        cells = row.cells
        width = len(cells)
        fields: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, place, convert in self._places:
            if place >= width or (cell := cells[place]) == "":
                continue
            try:
                value = convert(cell, self._birthdays)
            except Refused as refused:
                problems.append(Problem(name, refused.code, refused.params))
            else:
                if value != "":
                    fields[name] = None if value == CLEAR else value
        return self._checked(row.number, fields, problems)

    def _checked(self, number: int, fields: dict[str, Any], problems: list[Problem]) -> DataRow:
        try:
            values = read_fields(fields, today=self._today)
        except Invalid as invalid:
            problems += invalid.problems
        else:
            fields |= {name: values[name] for name in _SPELLED_ALIKE if name in values}
        if problems:
            return DataRow(number, problems=tuple(problems))
        if not any(fields.get(name) for name in _MAKES_A_CUSTOMER):
            return DataRow(number, problems=(Problem("full_name", "row_names_nobody"),))
        return DataRow(number, fields)


def birthday_order(rows: Iterable[NumberedRow], header: Header) -> Order:
    """Return how the birthday column of a sheet spells its dates."""
    place = header.columns.get("birthday")
    if place is None:
        return "day_first"
    return order_of(
        cell
        for number, cells in rows
        if number > header.number and len(cells) > place and type(cell := cells[place]) is str
    )


def line_of(row: DataRow) -> bytes:
    """Return a row as one line of JSON."""
    line: dict[str, Any] = {"row": row.number}
    if row.problems:
        line["problems"] = problems_line(row.problems)
    else:
        line["fields"] = row.fields
    return json_line(line)


def row_of_line(line: bytes) -> DataRow:
    """Return the row that `line_of` made this of."""
    read = json.loads(line)
    return DataRow(read["row"], read.get("fields", {}), problems_of_line(read.get("problems", ())))


def json_line(value: object) -> bytes:
    """Return a value as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def problems_line(problems: Iterable[Problem]) -> list[list[object]]:
    """Return problems in JSON form."""
    return [[each.field, each.code, dict(each.params)] for each in problems]


def problems_of_line(read: Iterable[Sequence[Any]]) -> tuple[Problem, ...]:
    """Return the problems that `problems_line` made this of."""
    return tuple(Problem(*each) for each in read)


def _text(cell: Cell, _: Order = "day_first") -> str:
    if isinstance(cell, str):
        if len(cell) > LONGEST_CELL:
            raise Refused("cell_too_long", limit=LONGEST_CELL)
        return cell.strip()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _number_or_text(cell: Cell, _: Order) -> object:
    if isinstance(cell, date | time | timedelta):
        return str(cell)
    return _text(cell) if isinstance(cell, str) else cell


def _birthday(cell: Cell, order: Order) -> str:
    if isinstance(cell, date):
        return iso_of_date(cell)
    text = _text(cell)
    return text if text in {"", CLEAR} else iso_of(text, order)


_CONVERTERS: Mapping[ColumnId, _Converter] = {
    "family_name": _text,
    "given_name": _text,
    "full_name": _text,
    "phone": _number_or_text,
    "email": _text,
    "birthday": _birthday,
    "gender": _number_or_text,
}
