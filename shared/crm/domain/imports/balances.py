"""What an import reads only when it is asked to: opening balances, or points to put in ledgers.

column            what its cells hold                                    asked for by
----------------  -----------------------------------------------------  ------------------------
order_count       how many orders there were, up to a million            `opening_balances`
total_spent       đồng                                                   `opening_balances`
debt              đồng                                                   `opening_balances`
points_available  points to spend, up to a hundred million               `opening_balances`
last_order_at     a day, or a day and a time of the merchant's zone      `opening_balances`
points            up to a million; below nought to take them out         the kind `points`
reason            one line for the ledger; blank, the file's name        the kind `points`

What follows from these (average_order_value, tier) or from elsewhere is not read at all. Not asked
for, all of them are columns that nobody maps.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm.domain.customers.columns import COLUMNS
from crm.domain.customers.customer import Author
from crm.domain.imports.columns import EXTERNAL, OPENING, POINTS, Header
from crm.domain.imports.fast_rows import CLEAR
from crm.domain.imports.job import ImportJob, ImportRefused, Kind
from crm.domain.imports.rows import DataRow, RowReader
from crm.domain.kernel.errors import Problem, Refused
from crm.domain.kernel.ids import ImportId, derived_ulid, moment_of
from crm.domain.kernel.tables import Cell, NumberedRow
from crm.domain.kernel.texts import is_visible, read_line
from crm.domain.kernel.times import moment, stamp
from crm.domain.loyalty.points import LONGEST_REASON, MOST_ADJUSTED
from crm.domain.orders.orders import Opening
from crm.domain.spreadsheets.cells import read_cell
from crm.domain.spreadsheets.dates import iso_of
from crm.domain.values.names import folded

MOST_ORDERS = 1_000_000
MOST_BROUGHT = 100_000_000

#: How people and platforms spell these headers, beside our own.
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "order_count": ("so don hang", "so don", "tong so don hang", "orders count", "total orders"),
    "total_spent": ("tong ban", "tong chi", "doanh thu", "tong tien mua", "amount spent"),
    "debt": ("cong no", "no can thu hien tai", "no hien tai", "debt"),
    "points_available": ("diem", "diem tich luy", "diem hien tai", "tong diem", "point"),
    "last_order_at": ("lan mua cuoi", "ngay mua cuoi", "ngay giao dich cuoi", "last order"),
    "points": ("diem", "so diem", "diem cong", "diem dieu chinh", "diem thuong", "point"),
    "reason": ("ly do", "noi dung", "dien giai"),
}
_NAMING = ("code", "phone", "email", "card_code")
_LONGEST_SHOWN = 100
_in_brackets = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_day_and_time = re.compile(r"(\S+)[ T]+(\d{1,2}:\d\d)(?::(\d\d))?", re.ASCII).fullmatch

type _Reader = Callable[[Cell], object]


def balances_of(kind: Kind, *, opening_balances: bool) -> tuple[str, ...]:
    """Return the columns of figures that an import reads beside those of customers."""
    if kind == "points":
        return POINTS
    return OPENING if opening_balances else ()


def columns_of(job: ImportJob) -> tuple[str, ...]:
    """Return the columns of figures that this import reads."""
    return balances_of(job.kind, opening_balances=job.opening_balances)


def with_balances(header: Header, job: ImportJob) -> Header:
    """Return the header with the columns that its import asks for; raise `ImportRefused`.

    A file of points has nothing else but what names a customer; what else it has is ignored.
    """
    asked = columns_of(job)
    if not asked:
        return header
    columns = dict(header.columns)
    if job.kind == "points":
        columns = {
            name: place
            for name, place in columns.items()
            if name in _NAMING or name in POINTS or name.startswith(EXTERNAL)
        }
    names = _names(asked)
    ours = header.added
    for place, cell in enumerate(header.cells):
        column = names.get(_spelled(cell))
        if column is None or place in ours or place in columns.values():
            continue
        if column in columns:
            first = str(header.cells[columns[column]]).strip()
            raise ImportRefused("repeated_header", first=first, second=str(cell).strip())
        columns[column] = place
    if job.kind == "points":
        _refuse_unnamed(columns)
    read = {*columns.values(), *ours}
    ignored = (
        str(cell).strip()[:_LONGEST_SHOWN]
        for place, cell in enumerate(header.cells)
        if place not in read
    )
    return replace(header, columns=columns, ignored=tuple(filter(None, ignored)))


def of_people(header: Header, job: ImportJob) -> Header:
    """Return the header with the columns of customers alone."""
    asked = columns_of(job)
    if not asked:
        return header
    columns = {name: place for name, place in header.columns.items() if name not in asked}
    return replace(header, columns=columns)


class FigureReader:
    """Reads rows of customers with the figures that stand beside them."""

    def __init__(self, rows: RowReader, header: Header, job: ImportJob) -> None:
        self._rows = rows
        self._job = job
        self._places = {
            name: header.columns[name] for name in columns_of(job) if name in header.columns
        }
        self._last_day = (moment(job.created_at) + timedelta(days=1)).date().isoformat()

    def read(self, row: NumberedRow) -> DataRow:
        """Return what a row says; one bad cell makes it invalid."""
        said = self._rows.read(row)
        fields: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, place in self._places.items():
            cell = row.cells[place] if place < len(row.cells) else ""
            if isinstance(cell, str) and cell.strip() in {"", CLEAR}:
                continue
            try:
                fields[name] = self._value(name, cell)
            except Refused as refused:
                problems.append(Problem(name, refused.code, refused.params))
        if self._job.kind == "points":
            fields.setdefault("reason", " ".join(self._job.file_name.split())[:LONGEST_REASON])
            if "points" not in fields and not problems:
                problems.append(Problem("points", "required"))
        if problems or said.problems:
            return DataRow(row.number, problems=(*said.problems, *problems))
        return replace(said, fields={**said.fields, **fields})

    def _value(self, name: str, cell: Cell) -> object:
        value = _READERS[name](cell)
        if name == "last_order_at" and str(value)[: len(self._last_day)] > self._last_day:
            raise Refused("moment_in_future")
        return value


def brought_by(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the opening balances that the cells of a person say; nothing where all are nought."""
    said = {name: fields[name] for name in OPENING if fields.get(name)}
    return said if said.keys() - {"last_order_at"} else {}


def opening_id(import_id: ImportId, number: int) -> str:
    """Return the id of the opening balance that a row brings, the same however often asked."""
    return derived_ulid(moment_of(import_id), "opening", import_id, str(number))


def opening_of(
    import_id: ImportId, number: int, brought: Mapping[str, Any], *, at: str, by: Author, zone: str
) -> Opening:
    """Return the opening balance that a row brings; its local times are those of the zone."""
    last = brought.get("last_order_at")
    return Opening(
        id=opening_id(import_id, number),
        at=at,
        by=by,
        order_count=brought.get("order_count", 0),
        total_spent=brought.get("total_spent", 0),
        debt=brought.get("debt", 0),
        points=brought.get("points_available", 0),
        last_order_at=_stamped(last, zone) if last else None,
    )


def _stamped(local: str, zone: str) -> str:
    return stamp(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)))


def _refuse_unnamed(columns: Mapping[str, int]) -> None:
    if "points" not in columns:
        raise ImportRefused("points_column_missing")
    if columns.keys() <= set(POINTS):
        raise ImportRefused("unknown_header")


def _names(columns: Sequence[str]) -> dict[str, str]:
    ours = {column.id: (column.id, column.vi, column.en) for column in COLUMNS}
    return {
        folded(spelled): name
        for name in columns
        for spelled in (*ours.get(name, (name,)), *_SPELLINGS[name])
    }


def _spelled(cell: Cell) -> str:
    if not isinstance(cell, str) or len(cell) > _LONGEST_SHOWN:
        return ""
    return folded(_in_brackets.sub(" ", cell))


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
    """Return "2026-11-22T10:04:05" of a true date, of "22/11/2026 10:04" or of "2026-11-22"."""
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


_READERS: Mapping[str, _Reader] = {
    "order_count": _whole(0, MOST_ORDERS),
    "total_spent": _money,
    "debt": _money,
    "points_available": _whole(0, MOST_BROUGHT),
    "last_order_at": _moment,
    "points": _points,
    "reason": _reason,
}
