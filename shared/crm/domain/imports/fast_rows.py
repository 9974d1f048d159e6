"""A fast path for plain cells, which most are: those that the full check would not change.

column                     plain if
-------------------------  ------------------------------------------------------------------------
names, addresses, note …   printable text within a third of the limit: NFC makes at most three
                           characters of one
phone                      a mobile number without a notice
email, birthday, card,     their own rules accept them, and accept their result unchanged
code, ids
invoice_tax_code           the rule of the buyer's kind accepts it
all others                 the full check has accepted the same cell before: a merchant has few
                           groups and tags, and people few days of birth

A row with any other cell takes the full check. A property test proves that both give the same row.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crm.domain.customers.column import Reading, Text
from crm.domain.customers.columns import ENTRIES, EXTERNAL
from crm.domain.imports.values import kind_of_buyer
from crm.domain.kernel.errors import Refused
from crm.domain.kernel.tables import Cell
from crm.domain.values.cards import read_card
from crm.domain.values.codes import read_code
from crm.domain.values.emails import read_email
from crm.domain.values.external_ids import MOST_EXTERNAL_IDS, read_external_ids
from crm.domain.values.names import LONGEST_NAME
from crm.domain.values.phones import read_phone
from crm.domain.values.tax_codes import read_personal_id, read_tax_code

CLEAR = "__CLEAR__"

type _Reader = Callable[[Cell], object | None]

#: How many characters normalization to NFC makes of one at most.
_GROWTH = 3
_LONGEST_NUMBERED = 100
_MASK = "***"
_MOBILE = "+84"
_MOBILE_LENGTH = len("+84912345678")
#: The most cached cells of one column; further ones are read anew each time.
_MOST_CACHED = 50_000


class PlainCells:
    """Reads rows of plain cells.

    `fully` returns the value of a single cell, or None; `birthday` raises `Refused`.
    """

    def __init__(
        self,
        places: Mapping[str, int],
        fully: Callable[[str, Cell], object | None],
        birthday: Callable[[Cell], str],
    ) -> None:
        by_birthday = _accepted(birthday)
        self._readers = tuple(
            (name, place, _reader_of(name, fully, by_birthday)) for name, place in places.items()
        )
        external = sum(name.startswith(EXTERNAL) for name in places)
        self._too_many_ids = external > MOST_EXTERNAL_IDS

    def fields(self, cells: Sequence[Cell]) -> dict[str, Any] | None:
        """Return the fields of a row, or None if one of its cells is not plain."""
        fields: dict[str, Any] = {}
        width = len(cells)
        for name, place, read in self._readers:
            if place < width and (cell := cells[place]) != "":
                value = read(cell)
                if value is None:
                    return None
                fields[name] = value
        if self._too_many_ids or ("invoice_tax_code" in fields and not _is_buyer(fields)):
            return None
        return fields


def _reader_of(
    name: str, fully: Callable[[str, Cell], object | None], birthday: _Reader
) -> _Reader:
    if name.startswith(EXTERNAL):
        platform = name.removeprefix(EXTERNAL)
        return _numbered(lambda text: read_external_ids({platform: text})[platform])
    match ENTRIES[name].reading:
        case Text(longest, lines):
            return _short_text(longest // _GROWTH, lines=lines)
        case "birthday":
            return birthday
        case reading:
            return _READERS.get(reading) or _cached(name, fully)


def _short_text(longest: int, *, is_name: bool = False, lines: bool = False) -> _Reader:
    def read(cell: Cell) -> str | None:
        if type(cell) is not str or len(cell) > longest or _MASK in cell or CLEAR in cell:
            return None
        if not cell.isprintable() and not (lines and cell.replace("\n", " ").isprintable()):
            return None
        text = cell.strip()
        if not text or (is_name and not text[0].isalnum()):
            return None
        return text

    return read


def _mobile(cell: Cell) -> str | None:
    if type(cell) is str:
        cell = cell.strip()
    elif type(cell) is not float and type(cell) is not int:
        return None
    try:
        e164, doubt = read_phone(cell)
    except Refused:
        return None
    is_mobile = len(e164) == _MOBILE_LENGTH and e164.startswith(_MOBILE) and e164[3] in "35789"
    return e164 if is_mobile and doubt is None else None


def _email(*, keeps_case: bool) -> _Reader:
    def read(cell: Cell) -> str | None:
        if type(cell) is not str:
            return None
        text = cell.strip()
        try:
            email = read_email(text)
        except Refused:
            return None
        return text if keeps_case else email

    return read


def _accepted(rule: Callable[[Cell], str]) -> _Reader:
    def read(cell: Cell) -> str | None:
        try:
            return rule(cell)
        except Refused:
            return None

    return read


def _numbered(rule: Callable[[str], str]) -> _Reader:
    """Return a reader of codes, which workbooks may store as numbers."""

    def read(cell: Cell) -> str | None:
        if type(cell) is str:
            text = cell.strip()
        elif type(cell) is float and cell.is_integer():
            text = str(int(cell))
        else:
            return None
        if not text or len(text) > _LONGEST_NUMBERED or text == CLEAR:
            return None
        try:
            return rule(text)
        except Refused:
            return None

    return read


def _cached(name: str, fully: Callable[[str, Cell], object | None]) -> _Reader:
    cache: dict[tuple[type, Cell], object | None] = {}

    def read(cell: Cell) -> object | None:
        key = (cell.__class__, cell)
        if key in cache:
            return cache[key]
        value = fully(name, cell)
        if len(cache) < _MOST_CACHED:
            cache[key] = value
        return value

    return read


_READERS: Mapping[Reading, _Reader] = {
    "name": _short_text(LONGEST_NAME // _GROWTH, is_name=True),
    "phone": _mobile,
    "email": _email(keeps_case=False),
    "card_code": _numbered(read_card),
    "customer_code": _numbered(read_code),
    "tax_code": _numbered(lambda text: text),
    "invoice_email": _email(keeps_case=True),
}


def _is_buyer(fields: Mapping[str, Any]) -> bool:
    kind = fields.get("invoice_kind") or kind_of_buyer(fields)
    try:
        (read_personal_id if kind == "individual" else read_tax_code)(fields["invoice_tax_code"])
    except Refused:
        return False
    return True
