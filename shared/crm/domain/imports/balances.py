"""Columns that an import reads only on request: opening balances, or points for ledgers.

column            contents of its cells                                  requested by
----------------  -----------------------------------------------------  ------------------------
order_count       number of earlier orders, up to a million              `opening_balances`
total_spent       đồng                                                   `opening_balances`
debt              đồng                                                   `opening_balances`
points_available  points to spend, up to a hundred million               `opening_balances`
last_order_at     a day, or a day and a time of the merchant's zone      `opening_balances`
points            up to a million; negative to deduct them               the kind `points`
reason            one line for the ledger; the file's name if blank      the kind `points`

Derived values (average_order_value, tier) are never read. Without a request, all of these are
ignored like any unknown column.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from crm.domain.customers.column import Column, OpeningBalance
from crm.domain.customers.columns import COLUMNS, EXTERNAL
from crm.domain.customers.fields import FIELD_OF
from crm.domain.imports.columns import OPENING, Header
from crm.domain.imports.fast_rows import CLEAR
from crm.domain.imports.headers import LONGEST_HEADER, spelling_of, spellings_of
from crm.domain.imports.job import ImportJob, ImportRefused, Kind
from crm.domain.imports.rows import DataRow, RowReader
from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import Problem, Refused
from crm.domain.kernel.ids import ImportId, derived_ulid, moment_of
from crm.domain.kernel.tables import Cell, NumberedRow
from crm.domain.kernel.texts import is_visible, read_line
from crm.domain.kernel.times import moment, stamp
from crm.domain.loyalty.points import LONGEST_REASON, MOST_ADJUSTED
from crm.domain.orders.orders import Opening
from crm.domain.spreadsheets.cells import read_cell
from crm.domain.spreadsheets.dates import iso_of

_IDENTITIES = frozenset(FIELD_OF.values())
_day_and_time = re.compile(r"(\S+)[ T]+(\d{1,2}:\d\d)(?::(\d\d))?", re.ASCII).fullmatch


class _Balance(NamedTuple):
    """A balance column: the spellings of its header, and the reader of its cells."""

    spellings: tuple[str, ...]
    read: Callable[[Cell], object]


def balance_columns(kind: Kind, *, opening_balances: bool) -> tuple[str, ...]:
    """Return the balance columns that an import of this kind reads."""
    if kind == "points":
        return tuple(_POINTS)
    return OPENING if opening_balances else ()


def balance_columns_of(job: ImportJob) -> tuple[str, ...]:
    """Return the balance columns that this import reads."""
    return balance_columns(job.options.kind, opening_balances=job.options.opening_balances)


def with_balances(header: Header, job: ImportJob) -> Header:
    """Return the header with the balance columns that the import requests.

    A file of points has only these and the columns that identify a customer; others are ignored.
    Raises `ImportRefused` for a repeated header, or if a required column is missing.
    """
    requested = balance_columns_of(job)
    if not requested:
        return header
    columns = dict(header.columns)
    if job.options.kind == "points":
        columns = {
            name: place
            for name, place in columns.items()
            if name in _IDENTITIES or name in _POINTS or name.startswith(EXTERNAL)
        }
    names = {spelled: name for name in requested for spelled in _BALANCES[name].spellings}
    added = header.added
    for place, cell in enumerate(header.cells):
        column = names.get(spelling_of(cell))
        if column is None or place in added or place in columns.values():
            continue
        if column in columns:
            first = str(header.cells[columns[column]]).strip()
            raise ImportRefused("repeated_header", first=first, second=str(cell).strip())
        columns[column] = place
    if job.options.kind == "points":
        _refuse_unnamed(columns)
    read = {*columns.values(), *added}
    ignored = (
        str(cell).strip()[:LONGEST_HEADER]
        for place, cell in enumerate(header.cells)
        if place not in read
    )
    return replace(header, columns=columns, ignored=tuple(filter(None, ignored)))


def without_balances(header: Header, job: ImportJob) -> Header:
    """Return the header with only the columns of customers."""
    requested = balance_columns_of(job)
    if not requested:
        return header
    columns = {name: place for name, place in header.columns.items() if name not in requested}
    return replace(header, columns=columns)


class BalanceReader:
    """Reads rows of customers together with their balance columns."""

    def __init__(self, rows: RowReader, header: Header, job: ImportJob) -> None:
        self._rows = rows
        self._job = job
        self._places = {
            name: header.columns[name]
            for name in balance_columns_of(job)
            if name in header.columns
        }
        self._last_day = (moment(job.created_at) + timedelta(days=1)).date().isoformat()

    def read(self, row: NumberedRow) -> DataRow:
        """Return the fields of a row; one bad cell makes it invalid."""
        customer = self._rows.read(row)
        fields: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, place in self._places.items():
            cell = row.cells[place] if place < len(row.cells) else ""
            if isinstance(cell, str) and cell.strip() in {"", CLEAR}:
                continue
            try:
                fields[name] = self._value(name, cell)
            except Refused as refused:
                problems.append(refused.of(name))
        if self._job.options.kind == "points":
            fields.setdefault("reason", " ".join(self._job.file.name.split())[:LONGEST_REASON])
            if "points" not in fields and not problems:
                problems.append(Problem("points", "required"))
        if problems or customer.problems:
            return DataRow(row.number, problems=(*customer.problems, *problems))
        return replace(customer, fields={**customer.fields, **fields})

    def _value(self, name: str, cell: Cell) -> object:
        value = _BALANCES[name].read(cell)
        if name == "last_order_at" and str(value)[: len(self._last_day)] > self._last_day:
            raise Refused("moment_in_future")
        return value


def opening_values(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the opening balances in a row's fields; empty if every amount is zero."""
    values = {name: fields[name] for name in OPENING if fields.get(name)}
    return values if values.keys() - {"last_order_at"} else {}


def opening_id(import_id: ImportId, number: int) -> str:
    """Return the id of the opening balance that a row adds, the same on every retry."""
    return derived_ulid(moment_of(import_id), "opening", import_id, str(number))


def opening_of(
    import_id: ImportId, number: int, values: Mapping[str, Any], *, at: str, by: Author, zone: str
) -> Opening:
    """Return the opening balance that a row adds; its local times are in the time zone."""
    last = values.get("last_order_at")
    return Opening(
        id=opening_id(import_id, number),
        at=at,
        by=by,
        order_count=values.get("order_count", 0),
        total_spent=values.get("total_spent", 0),
        debt=values.get("debt", 0),
        points=values.get("points_available", 0),
        last_order_at=_stamped(last, zone) if last else None,
    )


def _stamped(local: str, zone: str) -> str:
    return stamp(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)))


def _refuse_unnamed(columns: Mapping[str, int]) -> None:
    if "points" not in columns:
        raise ImportRefused("points_column_missing")
    if columns.keys() <= _POINTS.keys():
        raise ImportRefused("unknown_header")


def _whole(least: int, most: int) -> Callable[[Cell], int]:
    def read(cell: Cell) -> int:
        value = read_cell("order_count", cell.strip() if isinstance(cell, str) else cell)
        if not isinstance(value, int) or not least <= value <= most:
            raise Refused("not_in_range", least=least, most=most)
        return value

    return read


def _money(cell: Cell) -> int:
    value = read_cell("total_spent", cell.strip() if isinstance(cell, str) else cell)
    if not isinstance(value, int) or value < 0:
        raise Refused("money_negative")
    return value


def _points(cell: Cell) -> int:
    value = _whole(-MOST_ADJUSTED, MOST_ADJUSTED)(cell)
    if value == 0:
        raise Refused("points_zero")
    return value


def _reason(cell: Cell) -> str:
    reason = read_line(str(cell), LONGEST_REASON)
    if not is_visible(reason):
        raise Refused("required")
    return reason


def _moment(cell: Cell) -> str:
    """Read a date cell, "22/11/2026 10:04" or "2026-11-22" as "2026-11-22T10:04:05"."""
    if isinstance(cell, datetime):
        return cell.replace(microsecond=0, tzinfo=None).isoformat()
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}T00:00:00"
    text = str(cell).strip()
    found = _day_and_time(text)
    day = iso_of(found[1] if found else text, "day_first")
    time = f"{found[2]:0>5}:{found[3] or '00'}" if found else "00:00:00"
    try:
        return datetime.fromisoformat(f"{day}T{time}").isoformat()
    except ValueError as error:
        raise Refused("moment_invalid") from error


def _opening(column: Column, entry: OpeningBalance) -> _Balance:
    if entry.most is not None:
        return _Balance(spellings_of(column), _whole(0, entry.most))
    return _Balance(spellings_of(column), _moment if column.kind == "moment" else _money)


#: The columns of a file of points, which views and exports do not have.
_POINTS: Mapping[str, _Balance] = {
    "points": _Balance(
        ("points", "diem", "so diem", "diem cong", "diem dieu chinh", "diem thuong", "point"),
        _points,
    ),
    "reason": _Balance(("reason", "ly do", "noi dung", "dien giai"), _reason),
}
_BALANCES: Mapping[str, _Balance] = {
    **{
        column.id: _opening(column, column.entry)
        for column in COLUMNS
        if isinstance(column.entry, OpeningBalance)
    },
    **_POINTS,
}
