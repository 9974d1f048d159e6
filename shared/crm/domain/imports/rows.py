"""Read the rows of a file into fields in API form, with a problem for each unreadable cell.

A `DataRow` holds only the cells that have a value: a blank cell is absent, `__CLEAR__` is None.
Rows are stored as lines of JSON in S3, so that no state machine ever carries personal data.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import partial
from typing import Any

from crm.domain.customers.column import CellReading, RowReading, Text
from crm.domain.customers.columns import ENTRIES, EXTERNAL
from crm.domain.customers.customer import Identity, IdentityKind, external_identities
from crm.domain.customers.fields import FIELD_OF, NAME_PARTS
from crm.domain.customers.groups import Groups
from crm.domain.imports.columns import Header
from crm.domain.imports.fast_rows import CLEAR, PlainCells
from crm.domain.imports.job import LONGEST_CELL
from crm.domain.imports.values import values_for
from crm.domain.kernel.errors import Invalid, Problem, Refused
from crm.domain.kernel.tables import Cell, NumberedRow
from crm.domain.kernel.times import day_of
from crm.domain.spreadsheets.cells import read_cell
from crm.domain.spreadsheets.dates import DateOrderCounter, Order, iso_of, iso_of_date
from crm.domain.values.birthdays import read_birthday
from crm.domain.values.cards import read_card
from crm.domain.values.codes import read_code
from crm.domain.values.emails import read_email
from crm.domain.values.external_ids import read_external_ids
from crm.domain.values.names import folded
from crm.domain.values.phones import read_phone
from crm.domain.values.tags import read_tags

_IDENTITIES: tuple[tuple[str, IdentityKind], ...] = tuple(
    (name, kind) for kind, name in FIELD_OF.items() if name in ENTRIES
)

#: Any one of these makes a row a customer (D5), or identifies one that may exist.
_IDENTIFYING = (*NAME_PARTS, *(name for name, _ in _IDENTITIES))

#: Cells added to a cell that is read alone: a country is only checked beside an address.
_COMPANIONS: tuple[tuple[str, Cell], ...] = (("full_name", "x"), ("address_line", "x"))

#: Columns whose stored form is also valid in a row, so that rows are normalized early.
_NORMALIZED = tuple(
    name for name, entry in ENTRIES.items() if entry.reading in {"email", "birthday", "gender"}
)

type _Converter = Callable[[Cell], object]

_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_between_tags = re.compile(r"[,;\n]").split
_KIND_NUMBERS = {0.0: "individual", 1.0: "company", "0": "individual", "1": "company"}


@dataclass(frozen=True, slots=True)
class DataRow:
    """A row of the file: its values by column, or the problems that make it invalid.

    `notices` warn the merchant about a row that is imported anyway. `named` are the identities of
    an invalid row, as far as they can be read; they are not serialized.
    """

    number: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notices: tuple[Problem, ...] = ()
    named: tuple[Identity, ...] = ()

    def identities(self) -> tuple[Identity, ...]:
        """Return the identities by which the row finds a customer, in the order of D3."""
        fields = self.fields
        own = [Identity(kind, value) for name, kind in _IDENTITIES if (value := fields.get(name))]
        names = [name for name in fields if name.startswith(EXTERNAL)]
        if not names:
            return tuple(own)
        external = {
            name.removeprefix(EXTERNAL): value for name in names if (value := fields[name])
        }
        return (*own, *external_identities(external))


class RowReader:
    """Reads the rows of one sheet with a known header and date order, at one moment."""

    def __init__(self, header: Header, birthdays: Order, at: str, groups: Groups) -> None:
        self._places = tuple(header.columns.items())
        self._birthdays = birthdays
        self._at = at
        self._groups = {
            spelled: group.code
            for group in reversed(groups.items)
            for spelled in (folded(group.name), folded(group.code))
        }
        today = day_of(at)
        self._plain = PlainCells(
            header.columns,
            self._read_alone,
            lambda cell: read_birthday(_birthday(cell, birthdays), today=today),
        )

    def read(self, row: NumberedRow) -> DataRow:
        """Return the fields of a row; one bad cell makes it invalid."""
        fields = self._plain.fields(row.cells)
        if fields is None or not _identifies(fields):
            return self.read_fully(row)
        return DataRow(row.number, fields)

    def read_fully(self, row: NumberedRow) -> DataRow:
        """Return the same as `read`, with the full check of every cell."""
        cells = row.cells
        width = len(cells)
        named = ((name, cells[place]) for name, place in self._places if place < width)
        return self._read(row.number, named)

    def _read_alone(self, name: str, cell: Cell) -> object | None:
        """Return the value of a single cell; None if it has a problem or a notice."""
        row = self._read(0, [*_COMPANIONS, (name, cell)])
        return None if row.problems or row.notices else row.fields.get(name)

    def _read(self, number: int, cells: Iterable[tuple[str, Cell]]) -> DataRow:
        fields: dict[str, Any] = {}
        problems: list[Problem] = []
        notices: list[Problem] = []
        for name, cell in cells:
            text = cell.strip() if isinstance(cell, str) else None
            if text == CLEAR:
                fields[name] = None
            if text in {"", CLEAR}:
                continue
            try:
                value, doubt = self._value(name, cell)
            except Refused as refused:
                problems.append(refused.of(name))
            else:
                if doubt is not None:
                    notices.append(Problem(name, doubt))
                if value is not None and value != "":
                    fields[name] = value
        return self._checked(number, fields, problems, tuple(notices))

    def _value(self, name: str, cell: Cell) -> tuple[object, str | None]:
        """Return the value of a cell, and the code of a notice if the value is doubtful."""
        convert = _CONVERTERS.get(name)
        if convert is not None:
            return convert(cell), None
        if name.startswith(EXTERNAL):
            platform = name.removeprefix(EXTERNAL)
            return read_external_ids({platform: _text(cell)})[platform], None
        match _ROW_READINGS[name]:
            case "birthday":
                return _birthday(cell, self._birthdays), None
            case "group":
                return self._group(_text(cell)), None
            case "phone":
                phone = read_phone(_phone_cell(cell))
                return phone.e164, phone.doubt
            case "customer_code":
                return _code(_text(cell))

    def _group(self, text: str) -> str:
        code = self._groups.get(folded(text))
        if code is None:
            raise Refused("group_unknown")
        return code

    def _checked(
        self,
        number: int,
        fields: dict[str, Any],
        problems: list[Problem],
        notices: tuple[Problem, ...],
    ) -> DataRow:
        try:
            values = values_for(fields, self._at)
        except Invalid as invalid:
            problems = [*problems, *invalid.problems]
        else:
            normalized = (name for name in _NORMALIZED if fields.get(name) is not None)
            fields = {**fields, **{name: values[name] for name in normalized}}
        if problems:
            return DataRow(number, problems=tuple(problems), named=_named(fields))
        if not _identifies(fields):
            return DataRow(number, problems=(Problem("full_name", "row_names_nobody"),))
        return DataRow(number, fields, notices=notices)


def _named(fields: Mapping[str, Any]) -> tuple[Identity, ...]:
    """Return the readable identities of an invalid row."""
    readable = dict(fields)
    try:
        readable["email"] = read_email(readable["email"])
    except (KeyError, Refused, TypeError, AttributeError):
        readable.pop("email", None)
    return DataRow(0, readable).identities()


def _identifies(fields: Mapping[str, Any]) -> bool:
    return any(fields.get(name) for name in _IDENTIFYING) or any(
        value and name.startswith(EXTERNAL) for name, value in fields.items()
    )


def birthday_order(rows: Iterable[NumberedRow], header: Header) -> Order:
    """Return the date order of a sheet's birthday column."""
    seen = DateOrderCounter()
    if "birthday" in header.columns:
        for _ in observe_dates(rows, header, seen):
            pass
    return seen.order


def observe_dates(
    rows: Iterable[NumberedRow], header: Header, seen: DateOrderCounter
) -> Iterator[NumberedRow]:
    """Yield the rows below the header, collecting the dates of the birthday column in `seen`."""
    place = header.columns.get("birthday")
    for row in rows:
        number, cells = row
        if number <= header.number:
            continue
        if place is not None and len(cells) > place and type(cell := cells[place]) is str:
            seen.see(cell)
        yield row


def line_of(row: DataRow) -> bytes:
    """Return a row as one line of JSON."""
    line: dict[str, Any] = {"row": row.number}
    if row.problems:
        line["problems"] = problems_line(row.problems)
    else:
        line["fields"] = row.fields
    if row.notices:
        line["notices"] = problems_line(row.notices)
    return json_line(line)


def row_of_line(line: bytes) -> DataRow:
    """Return the row that `line_of` serialized."""
    read = json.loads(line)
    return DataRow(
        read["row"],
        read.get("fields", {}),
        problems_of_line(read.get("problems", ())),
        problems_of_line(read.get("notices", ())),
    )


def json_line(value: object) -> bytes:
    """Return a value as compact JSON."""
    return _encoded(value).encode()


def problems_line(problems: Iterable[Problem]) -> list[list[object]]:
    """Return problems in JSON form."""
    return [[each.field, each.code, dict(each.params)] for each in problems]


def problems_of_line(read: Iterable[Sequence[Any]]) -> tuple[Problem, ...]:
    """Return the problems that `problems_line` serialized."""
    return tuple(Problem(*each) for each in read)


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        if len(cell) > LONGEST_CELL:
            raise Refused("cell_too_long", limit=LONGEST_CELL)
        return cell.strip()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _phone_cell(cell: Cell) -> str | float:
    if isinstance(cell, date | time | timedelta):
        return str(cell)
    return _text(cell) if isinstance(cell, str) else cell


def _birthday(cell: Cell, order: Order) -> str:
    return iso_of_date(cell) if isinstance(cell, date) else iso_of(_text(cell), order)


def _code(text: str) -> tuple[str | None, str | None]:
    """Return a normalized customer code; text of another format gives None and a notice."""
    try:
        return read_code(text), None
    except Refused:
        return None, "code_unknown"


def _tags(cell: Cell) -> str:
    return ", ".join(read_tags(each for each in _between_tags(_text(cell)) if each.strip()))


def _word(column: str, cell: Cell) -> object:
    return read_cell(column, _text(cell) if isinstance(cell, str) else cell)


def _buyer_kind(column: str, cell: Cell) -> object:
    value = _text(cell) if isinstance(cell, str) else cell
    if isinstance(value, str | float | int) and (kind := _KIND_NUMBERS.get(value)):
        return kind
    return read_cell(column, value)


def _converter_of(reading: CellReading, column: str) -> _Converter:
    match reading:
        case Text() | "country" | "email" | "invoice_email" | "name" | "tax_code":
            return _text
        case "card_code":
            return lambda cell: read_card(_text(cell))
        case "tags":
            return _tags
        case "gender":
            return _phone_cell
        case "flag":
            return partial(_word, column)
        case "buyer_kind":
            return partial(_buyer_kind, column)


#: Converters of the columns whose cells are read by themselves, and the readings of the others.
_CONVERTERS: dict[str, _Converter] = {}
_ROW_READINGS: dict[str, RowReading] = {}
for _column, _entry in ENTRIES.items():
    match _entry.reading:
        case "birthday" | "customer_code" | "group" | "phone" as _reading:
            _ROW_READINGS[_column] = _reading
        case _reading:
            _CONVERTERS[_column] = _converter_of(_reading, _column)
