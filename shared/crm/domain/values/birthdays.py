"""Birthdays: "1990-05-17", or "--05-17" without a year ("17/05" in files)."""

import re
from datetime import date

from crm.domain.kernel.errors import Refused

EARLIEST_YEAR = 1900
_LEAP_YEAR = 2000  # so that 29 February is a birthday without its year

_shape = re.compile(r"(?:(\d{4})-|--)(\d\d)-(\d\d)", re.ASCII).fullmatch
_masked = re.compile(r"(?:xxxx-|--)xx-xx|xx/xx(?:/xxxx)?").fullmatch


def read_birthday(raw: str, *, today: date) -> str:
    """Parse a birthday "1990-05-17", or "--05-17" if the year is unknown."""
    text = raw.strip()
    if _masked(text):
        raise Refused("masked_value")
    if (parts := _shape(text)) is None:
        raise Refused("birthday_invalid")
    year, month, day = parts.groups()
    return birthday_of_parts(int(day), int(month), int(year) if year else None, today=today)


def birthday_of_parts(day: int, month: int, year: int | None, *, today: date) -> str:
    """Return the birthday of a day, a month and, if known, a year of four digits."""
    if year is not None and not EARLIEST_YEAR <= year <= today.year:
        raise Refused("birthday_year", earliest=EARLIEST_YEAR, latest=today.year)
    try:
        born = date(_LEAP_YEAR if year is None else year, month, day)
    except (ValueError, OverflowError):
        raise Refused("birthday_invalid") from None
    if year is None:
        return f"--{month:02}-{day:02}"
    if born > today:
        raise Refused("birthday_future")
    return born.isoformat()


def spelled_birthday(birthday: str) -> str:
    """Format a birthday, masked or not, for files: "17/05/1990", or "17/05" without a year."""
    year, month, day = birthday[:-6], birthday[-5:-3], birthday[-2:]
    return f"{day}/{month}" + (f"/{year}" if year != "-" else "")


def birth_month(birthday: str) -> int:
    """Return the month of a birthday, 1 to 12."""
    return int(birthday[-5:-3])


def masked_birthday(birthday: str) -> str:
    """Return only whether the year is known: "xxxx-xx-xx" or "--xx-xx"."""
    return "--xx-xx" if birthday.startswith("-") else "xxxx-xx-xx"
