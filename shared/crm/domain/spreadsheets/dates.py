"""Dates typed as text: the column tells whether day or month comes first, never a single cell."""

import re
from datetime import date
from typing import Literal

from crm.domain.kernel.errors import Refused

type Order = Literal["day_first", "month_first", "mixed"]

_MONTHS = 12
#: One typing error in twenty does not make a column speak both ways.
_ODD_ONES = 20

_shape = re.compile(
    r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})(?:\s*[/.\-]\s*(\d{4}))?(?:\s+0?0:00(?::00)?)?", re.ASCII
).fullmatch
_iso_midnight = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(?::00(?:\.0+)?)?Z?", re.ASCII).fullmatch


class SeenDates:
    """How many dates of a column can only be read one way, of those that went by."""

    def __init__(self) -> None:
        self._day_first = self._month_first = 0

    def see(self, text: str) -> None:
        """Look at one more text of the column."""
        found = _shape(text.strip())
        if found is not None:
            first, second = int(found[1]), int(found[2])
            self._day_first += first > _MONTHS >= second
            self._month_first += second > _MONTHS >= first

    @property
    def order(self) -> Order:
        """How the column spells its dates; day first where nothing tells, as Vietnam writes.

        A column that speaks both ways is "mixed" unless the other way is rare, as errors are.
        """
        fewer, more = sorted((self._day_first, self._month_first))
        if fewer * _ODD_ONES > more:
            return "mixed"
        return "month_first" if self._month_first > self._day_first else "day_first"


def iso_of(text: str, order: Order) -> str:
    """Return "1990-05-17", or "--05-17" without a year, of a date in its column's order.

    What is no date is returned as it is, for the birthday's own rule to refuse. Raises `Refused`
    where the column does not tell which number is the day.
    """
    text = text.strip()
    found = _shape(text)
    if found is None:
        midnight = _iso_midnight(text)
        return midnight[1] if midnight else text
    first, second, year = int(found[1]), int(found[2]), found[3]
    if order == "mixed":
        raise Refused("dates_mixed")
    day, month = (first, second) if order == "day_first" else (second, first)
    if month > _MONTHS >= day:
        raise Refused("date_order_day_first" if order == "day_first" else "date_order_month_first")
    return f"{year or '-'}-{month:02}-{day:02}"


def iso_of_date(cell: date) -> str:
    """Return the day of a true date."""
    return f"{cell.year:04}-{cell.month:02}-{cell.day:02}"
