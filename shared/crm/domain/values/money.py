"""Amounts in đồng: whole numbers, read as Vietnam writes them and never rounded."""

import re

from crm.domain.kernel.errors import Refused

LARGEST_AMOUNT = 999_999_999_999_999  # exact in JSON, in a double and in a cell
_LONGEST_TYPED = 60

_currency = re.compile(r"^(?:vn[dđ]|[₫đd])\s*|\s*(?:vn[dđ]|đồng|dong|[₫đd])$", re.IGNORECASE)
_grouped = re.compile(r"[1-9]\d{0,2}([.,' ])\d{3}(?:\1\d{3})*", re.ASCII).fullmatch
_one_comma = re.compile(r"[1-9]\d{0,2},\d{3}", re.ASCII).fullmatch
_decimals = re.compile(r"(.*\d)([.,])(\d+)", re.ASCII).fullmatch
_digits = re.compile(r"\d+", re.ASCII).fullmatch
_SPACES = dict.fromkeys([0xA0, 0x2007, 0x2009, 0x202F], " ") | dict.fromkeys([0x200B, 0xFEFF])


def read_vnd(raw: str | float) -> int:
    """Return the amount of "17.525.000", "17 525 000 ₫" or "261380000.0000"."""
    amount = _of_text(raw) if isinstance(raw, str) else _of_number(raw)
    if amount > LARGEST_AMOUNT:
        raise Refused("money_too_large")
    return amount


def _of_number(raw: float) -> int:
    if isinstance(raw, bool) or not abs(raw) < float("inf"):
        raise Refused("money_invalid")
    if raw < 0:
        raise Refused("money_negative")
    if raw != int(raw):
        raise Refused("money_fraction")
    return int(raw)


def _of_text(raw: str) -> int:
    if len(raw) > _LONGEST_TYPED:
        raise Refused("money_invalid")
    text = _currency.sub("", raw.translate(_SPACES).strip(), count=1).strip()
    if text[:1] in {"-", "\u2212"} and _whole(text[1:].lstrip()) is not None:
        raise Refused("money_negative")
    if (whole := _whole(text)) is None:
        raise Refused("money_invalid")
    return whole


def _whole(text: str) -> int | None:
    """Return the amount of plain or grouped digits, with optional decimals that are zero."""
    if _digits(text):
        return int(text)
    if _one_comma(text):
        # A decimal comma in Vietnamese, a thousands separator in English.
        raise Refused("money_ambiguous")
    if grouped := _grouped(text):
        return int(text.replace(grouped[1], ""))
    if (decimal := _decimals(text)) is None:
        return None
    whole, point, fraction = decimal.groups()
    grouped = _grouped(whole)
    if not _digits(whole) and (grouped is None or grouped[1] == point):
        return None
    if fraction.strip("0"):
        raise Refused("money_fraction")
    return int(whole.replace(grouped[1], "") if grouped else whole)
