"""Cells of files of customers: how each column is written and read back.

A customer's value becomes a *plain* cell, independent of language, time zone and program; exports
store rows of these. It is then written per format and language, and reading restores it:

    plain == read_cell(column, written_for_xlsx(…)(plain)) == read_cell(column, csv text of it)

kind     plain                                 xlsx                  csv
-------  ------------------------------------  --------------------  ------------------------------
text     "=1+1"                                text                  text, neutralised
phone    "+84912345678"                        text "0912345678"     0912 345 678: keeps its zero
day      "1990-05-17"; "--05-17"               date; text "17/05"    17/05/1990; 17/05
moment   "2026-11-22T10:04:05", local time     date and time         22/11/2026 10:04:05
number   12, never a fraction                  number                12
flag     true                                  text Có | Yes         Có | Yes
word     "female", "company", "unranked"       text, in a language   text, in a language

Blank is None. Masked values are written as they are; reading one raises `Refused`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm.domain.customers.column import CellSource, Column, Kind, Plain, Words
from crm.domain.customers.columns import COLUMNS_BY_ID
from crm.domain.customers.customer import Customer
from crm.domain.kernel.errors import Refused
from crm.domain.kernel.tables import Cell
from crm.domain.kernel.times import moment
from crm.domain.messages.catalogue import Locale
from crm.domain.spreadsheets.dates import iso_of, iso_of_date
from crm.domain.values.birthdays import read_birthday, spelled_birthday
from crm.domain.values.money import read_vnd
from crm.domain.values.names import folded
from crm.domain.values.phones import national, read_phone

#: A typed cell of a workbook.
type Written = str | int | date | datetime | None

_YES, _NO = ("Có", "Yes"), ("Không", "No")
_FLAGS = {
    **dict.fromkeys(("co", "yes", "y", "true", "1", "x", "dong y"), True),
    **dict.fromkeys(("khong", "no", "n", "false", "0", "khong dong y"), False),
}
_LONGEST_WORD = 40
_ISO_DAY = len("1990-05-17")

#: Characters that a spreadsheet program may take for the start of a formula, full-width forms
#: included; and the apostrophe, so that removing the added one restores the text.
DANGEROUS = "=+-@\t\r\n'＝＋－＠"
#: Signed numbers and phone numbers, which are not formulas.
_harmless = re.compile(r"[+-]\d{1,15}(?:\.\d{1,6})?", re.ASCII).fullmatch
#: Characters that XML cannot hold or that are invisible, except tabs and line feeds.
_unwritable = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]").sub
_home_phone = re.compile(r"0\d{9,10}", re.ASCII).fullmatch
_csv_moment = re.compile(r"(\d\d)/(\d\d)/(\d{4}) (\d\d:\d\d:\d\d)", re.ASCII).fullmatch
_masked_phone = re.compile(r"[\d+]{2}xx xxx \d{3}", re.ASCII).fullmatch


def cell_of(column: str, customer: Customer, zone: str) -> Plain:
    """Return the plain cell of a customer in a column."""
    return row_reader([column], zone)(customer)[0]


def row_reader(columns: Sequence[str], zone: str) -> Callable[[Customer], list[Plain]]:
    """Return a function that gives a customer's plain cells in these columns and time zone."""
    chosen = [COLUMNS_BY_ID[column] for column in columns]
    values = [column.value for column in chosen]
    moments = [place for place, column in enumerate(chosen) if column.kind == "moment"]
    texts = [place for place, column in enumerate(chosen) if column.kind == "text"]
    time_zone = ZoneInfo(zone)

    def read(customer: Customer) -> list[Plain]:
        source = CellSource(customer, customer.default_address, customer.invoice_profile)
        row = [value(source) for value in values]
        for place in moments:
            row[place] = _local(row[place], time_zone)
        for place in texts:
            text = row[place]
            if isinstance(text, str) and not text.isprintable():
                row[place] = writable(text)
        return row

    return read


def writable(text: str) -> str | None:
    """Return text without characters that files cannot hold, and with line feeds as line ends."""
    return _unwritable("", text.replace("\r\n", "\n").replace("\r", "\n")) or None


def written_for_xlsx(column: str, locale: Locale) -> Callable[[Any], Written] | None:
    """Return a function from non-blank plain cells to typed ones; None to write them as is."""
    match COLUMNS_BY_ID[column].kind:
        case "phone":
            return national
        case "day":
            return _typed_day
        case "moment":
            return datetime.fromisoformat
        case "flag" | "word":
            return _words_of(COLUMNS_BY_ID[column], locale)
        case _:
            return None


def written_for_csv(column: str, locale: Locale) -> Callable[[Any], str | int] | None:
    """Return a function from non-blank plain cells to csv text; None to write them as is."""
    match COLUMNS_BY_ID[column].kind:
        case "phone":
            return _spaced_phone
        case "day":
            return spelled_birthday
        case "moment":
            return _spelled_moment
        case "flag" | "word":
            return _words_of(COLUMNS_BY_ID[column], locale)
        case _:
            return None


def neutralised(text: str) -> str:
    """Prefix text that looks like a formula with an apostrophe, which imports remove."""
    if text and text[0] in DANGEROUS and not _harmless(text):
        return "'" + text
    return text


def read_cell(column: str, cell: Cell) -> Plain:
    """Return the plain cell of a file's cell, "" being blank, or raise `Refused`.

    The apostrophe of a neutralised csv cell has been removed when the file was opened.
    """
    if cell == "":
        return None
    found = COLUMNS_BY_ID[column]
    return _READERS[found.kind](found, cell)


def _local(stamped: Plain, zone: ZoneInfo) -> str | None:
    if not isinstance(stamped, str):
        return None
    return moment(stamped).astimezone(zone).replace(microsecond=0, tzinfo=None).isoformat()


def _typed_day(birthday: str) -> date | str:
    if len(birthday) == _ISO_DAY and birthday[0].isdigit():
        return date.fromisoformat(birthday)
    return spelled_birthday(birthday)


def _spelled_moment(local: str) -> str:
    return f"{local[8:10]}/{local[5:7]}/{local[:4]} {local[11:]}"


def _spaced_phone(e164: str) -> str:
    """Format a phone number with spaces, so that spreadsheet programs keep its leading zero."""
    dialled = national(e164)
    if _home_phone(dialled):
        return f"{dialled[:4]} {dialled[4:7]} {dialled[7:]}"
    return dialled


def _words_of(column: Column, locale: Locale) -> Callable[[Any], str]:
    language = 0 if locale == "vi" else 1
    if column.words is None:
        yes, no = _YES[language], _NO[language]
        return lambda flag: yes if flag else no
    words = {value: each[language] for value, each in column.words.spelled.items()}
    return lambda value: words.get(value, value)


def _read_text(_: Column, cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _read_phone_cell(_: Column, cell: Cell) -> str:
    if isinstance(cell, str) and _masked_phone(cell):
        raise Refused("masked_value")
    if isinstance(cell, date | time | timedelta):
        raise Refused("phone_invalid")
    return read_phone(cell).e164


def _read_day(_: Column, cell: Cell) -> str:
    day = iso_of_date(cell) if isinstance(cell, date) else iso_of(str(cell), "day_first")
    return read_birthday(day, today=date.max)


def _read_moment(_: Column, cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.replace(microsecond=0).isoformat()
    if isinstance(cell, date):
        return f"{iso_of_date(cell)}T00:00:00"
    found = _csv_moment(str(cell))
    if found is None:
        raise Refused("moment_invalid")
    return f"{found[3]}-{found[2]}-{found[1]}T{found[4]}"


def _read_number(_: Column, cell: Cell) -> int:
    if isinstance(cell, date | time | timedelta):
        raise Refused("money_invalid")
    if isinstance(cell, float | int) and cell < 0:
        return -read_vnd(-cell)
    if isinstance(cell, str) and cell.startswith("-"):
        return -read_vnd(cell[1:])
    return read_vnd(cell)


def _read_flag(_: Column, cell: Cell) -> bool:
    if isinstance(cell, float | int) and cell in {0, 1}:
        return bool(cell)
    text = str(cell)
    flag = _FLAGS.get(folded(text)) if len(text) <= _LONGEST_WORD else None
    if flag is None:
        raise Refused("flag_unknown")
    return flag


def _read_word(column: Column, cell: Cell) -> str:
    words = column.words or Words({})
    if words.read is not None and not isinstance(cell, date | time | timedelta):
        return words.read(cell)
    text = str(cell).strip()
    word = folded(text) if len(text) <= _LONGEST_WORD else ""
    for value, spelled in words.spelled.items():
        if word in {value, *map(folded, spelled)}:
            return value
    if words.is_open:
        return text
    expected = ", ".join(f"{vi} | {en}" for vi, en in words.spelled.values())
    raise Refused("not_one_of", expected=expected)


_READERS: Mapping[Kind, Callable[[Column, Cell], Plain]] = {
    "text": _read_text,
    "phone": _read_phone_cell,
    "day": _read_day,
    "moment": _read_moment,
    "number": _read_number,
    "money": _read_number,
    "flag": _read_flag,
    "word": _read_word,
}
