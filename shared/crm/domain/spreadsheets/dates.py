"""Dates typed as text: the whole column decides whether day or month comes first."""

import re
from datetime import date
from typing import Literal

from crm.domain.kernel.errors import Refused

type Order = Literal["day_first", "month_first", "mixed"]

_MONTHS = 12
#: A column with one date in 20 the other way round is not mixed: that is a typing error.
_TOLERANCE = 20

_shape = re.compile(
    r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})(?:\s*[/.\-]\s*(\d{4}))?(?:\s+0?0:00(?::00)?)?", re.ASCII
).fullmatch
_iso_midnight = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(?::00(?:\.0+)?)?Z?", re.ASCII).fullmatch


class DateOrderCounter:
    """Counts of a column's dates that can only be read day first, or only month first."""

    def __init__(self) -> None:
        self._day_first = self._month_first = 0

    def see(self, text: str) -> None:
        """Count one more text of the column."""
        found = _shape(text.strip())
        if found is not None:
            first, second = int(found[1]), int(found[2])
            self._day_first += first > _MONTHS >= second
            self._month_first += second > _MONTHS >= first

    @property
    def order(self) -> Order:
        """The column's order; day first, as in Vietnam, if no date decides.

        A column with both orders is "mixed", unless one of them is rare enough to be an error.
        """
        fewer, more = sorted((self._day_first, self._month_first))
        if fewer * _TOLERANCE > more:
            return "mixed"
        return "month_first" if self._month_first > self._day_first else "day_first"


def iso_of(text: str, order: Order) -> str:
    """Return "1990-05-17", or "--05-17" without a year, for a date in its column's order.

    Text that is not a date is returned unchanged, for the birthday's rule to refuse. Raises
    `Refused` if the column's order is mixed or the date contradicts it.
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
    """Return the day of a date cell."""
    return f"{cell.year:04}-{cell.month:02}-{cell.day:02}"
