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
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from crm.domain.customers.customer import Address, Customer, InvoiceProfile
from crm.domain.kernel.errors import Refused
from crm.domain.kernel.tables import Cell
from crm.domain.kernel.times import moment
from crm.domain.messages.catalogue import Locale
from crm.domain.spreadsheets.dates import iso_of, iso_of_date
from crm.domain.values.birthdays import read_birthday, spelled_birthday
from crm.domain.values.genders import read_gender
from crm.domain.values.money import read_vnd
from crm.domain.values.names import folded
from crm.domain.values.phones import national, read_phone

type Plain = str | int | bool | None
#: A typed cell of a workbook.
type Written = str | int | date | datetime | None
Kind = Literal["text", "phone", "day", "moment", "number", "money", "flag", "word"]

_KINDS: Mapping[str, Kind] = {
    "phone": "phone",
    "birthday": "day",
    "gender": "word",
    "marketing_consent": "flag",
    "invoice_kind": "word",
    "skip_auto_group": "flag",
    "order_count": "number",
    "total_spent": "money",
    "average_order_value": "money",
    "last_order_at": "moment",
    "open_checkout_count": "number",
    "debt": "money",
    "tier": "word",
    "points_available": "number",
    "updated_at": "moment",
}
#: Words: column → value → (Vietnamese, English). Other tiers are written by their name.
_WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "gender": {
        "male": ("Nam", "Male"),
        "female": ("Nữ", "Female"),
        "other": ("Khác", "Other"),
    },
    "invoice_kind": {
        "individual": ("Cá nhân", "Individual"),
        "company": ("Công ty", "Company"),
    },
    "tier": {"unranked": ("Chưa xếp hạng", "Unranked")},
}
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


def kind_of(column: str) -> Kind:
    """Return the kind of a column's cells."""
    return _KINDS.get(column, "text")


def cell_of(column: str, customer: Customer, zone: str) -> Plain:
    """Return the plain cell of a customer in a column."""
    return row_reader([column], zone)(customer)[0]


def row_reader(columns: Sequence[str], zone: str) -> Callable[[Customer], list[Plain]]:
    """Return a function that gives a customer's plain cells in these columns and time zone."""
    getters = [_GETTERS[column] for column in columns]
    moments = [place for place, column in enumerate(columns) if kind_of(column) == "moment"]
    texts = [place for place, column in enumerate(columns) if kind_of(column) == "text"]
    time_zone = ZoneInfo(zone)

    def read(customer: Customer) -> list[Plain]:
        source = _Source(customer, customer.default_address, customer.invoice_profile)
        row = [get(source) for get in getters]
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
    match kind_of(column):
        case "phone":
            return national
        case "day":
            return _typed_day
        case "moment":
            return datetime.fromisoformat
        case "flag" | "word":
            return _words_of(column, locale)
        case _:
            return None


def written_for_csv(column: str, locale: Locale) -> Callable[[Any], str | int] | None:
    """Return a function from non-blank plain cells to csv text; None to write them as is."""
    match kind_of(column):
        case "phone":
            return _spaced_phone
        case "day":
            return spelled_birthday
        case "moment":
            return _spelled_moment
        case "flag" | "word":
            return _words_of(column, locale)
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
    return None if cell == "" else _READERS[kind_of(column)](column, cell)


class _Source(NamedTuple):
    """A customer with the parts that are looked up once per row."""

    customer: Customer
    address: Address | None
    invoice: InvoiceProfile | None


def _of_address(name: str) -> Callable[[_Source], Any]:
    return lambda source: getattr(source.address, name) if source.address else None


def _of_invoice(name: str) -> Callable[[_Source], Any]:
    return lambda source: getattr(source.invoice, name) if source.invoice else None


def _of_metrics(name: str) -> Callable[[_Source], Any]:
    return lambda source: getattr(source.customer.metrics, name)


def _of_customer(name: str) -> Callable[[_Source], Any]:
    return lambda source: getattr(source.customer, name)


def _unit_name(kind: Literal["ward", "province"]) -> Callable[[_Source], str | None]:
    """Return a getter of a unit as typed, or else the name for its code."""

    def name(source: _Source) -> str | None:
        address = source.address
        if address is None:
            return None
        typed, code = getattr(address, kind), getattr(address, f"{kind}_code")
        return typed or (_named_by_code(kind, code) if code else None)

    return name


def _named_by_code(kind: Literal["ward", "province"], code: str) -> str | None:
    # Imported here because most addresses name their units and need no lookup.
    from crm.domain.values.administrative_units import units  # noqa: PLC0415

    unit = units().ward(code) if kind == "ward" else units().province(code)
    return unit.name if unit else None


def _line(source: _Source) -> str | None:
    address = source.address
    return (address.line or address.raw) if address else None


_GETTERS: Mapping[str, Callable[[_Source], Any]] = {
    **{
        name: _of_customer(name)
        for name in (
            "code",
            "family_name",
            "given_name",
            "full_name",
            "phone",
            "email",
            "birthday",
            "gender",
            "group",
            "card_code",
            "note",
            "skip_auto_group",
            "updated_at",
        )
    },
    "tags": lambda source: ", ".join(source.customer.tags) or None,
    "marketing_consent": lambda source: source.customer.marketing_consent.accepted,
    "recipient": _of_address("recipient"),
    "address_line": _line,
    "ward": _unit_name("ward"),
    "district": _of_address("district"),
    "province": _unit_name("province"),
    "country": _of_address("country"),
    "invoice_kind": _of_invoice("kind"),
    "invoice_name": _of_invoice("name"),
    "invoice_tax_code": _of_invoice("code"),
    "invoice_address": _of_invoice("address"),
    "invoice_email": _of_invoice("email"),
    **{
        name: _of_metrics(name)
        for name in (
            "order_count",
            "total_spent",
            "average_order_value",
            "last_order_at",
            "open_checkout_count",
            "debt",
        )
    },
    "tier": lambda source: source.customer.membership.tier,
    "points_available": lambda source: source.customer.membership.points.available,
}


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


def _words_of(column: str, locale: Locale) -> Callable[[Any], str]:
    language = 0 if locale == "vi" else 1
    if kind_of(column) == "flag":
        yes, no = _YES[language], _NO[language]
        return lambda flag: yes if flag else no
    words = {value: each[language] for value, each in _WORDS[column].items()}
    return lambda value: words.get(value, value)


def _read_text(_: str, cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _read_phone_cell(_: str, cell: Cell) -> str:
    if isinstance(cell, str) and _masked_phone(cell):
        raise Refused("masked_value")
    if isinstance(cell, date | time | timedelta):
        raise Refused("phone_invalid")
    return read_phone(cell).e164


def _read_day(_: str, cell: Cell) -> str:
    day = iso_of_date(cell) if isinstance(cell, date) else iso_of(str(cell), "day_first")
    return read_birthday(day, today=date.max)


def _read_moment(_: str, cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.replace(microsecond=0).isoformat()
    if isinstance(cell, date):
        return f"{iso_of_date(cell)}T00:00:00"
    found = _csv_moment(str(cell))
    if found is None:
        raise Refused("moment_invalid")
    return f"{found[3]}-{found[2]}-{found[1]}T{found[4]}"


def _read_number(_: str, cell: Cell) -> int:
    if isinstance(cell, date | time | timedelta):
        raise Refused("money_invalid")
    if isinstance(cell, float | int) and cell < 0:
        return -read_vnd(-cell)
    if isinstance(cell, str) and cell.startswith("-"):
        return -read_vnd(cell[1:])
    return read_vnd(cell)


def _read_flag(_: str, cell: Cell) -> bool:
    if isinstance(cell, float | int) and cell in {0, 1}:
        return bool(cell)
    text = str(cell)
    flag = _FLAGS.get(folded(text)) if len(text) <= _LONGEST_WORD else None
    if flag is None:
        raise Refused("flag_unknown")
    return flag


def _read_word(column: str, cell: Cell) -> str:
    if column == "gender" and not isinstance(cell, date | time | timedelta):
        return read_gender(cell)
    text = str(cell).strip()
    word = folded(text) if len(text) <= _LONGEST_WORD else ""
    for value, spelled in _WORDS[column].items():
        if word in {value, *map(folded, spelled)}:
            return value
    if column == "tier":
        return text
    expected = ", ".join(f"{vi} | {en}" for vi, en in _WORDS[column].values())
    raise Refused("not_one_of", expected=expected)


_READERS: Mapping[Kind, Callable[[str, Cell], Plain]] = {
    "text": _read_text,
    "phone": _read_phone_cell,
    "day": _read_day,
    "moment": _read_moment,
    "number": _read_number,
    "money": _read_number,
    "flag": _read_flag,
    "word": _read_word,
}
