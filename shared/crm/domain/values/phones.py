"""Phone numbers: every spelling of a number gives one E.164 key, or is refused with a reason.

typed                                        read as
-------------------------------------------  ------------------------------------------------------
0912 345 678, +84.912…, 84912345678          +84912345678
912345678, 912345678.0, 9.12345678E8         +84912345678 (a spreadsheet dropped the zero)
01629333999, +84 162 9333 999, 1629333999    +84329333999 (11 digits until 2018, `_MIGRATED`)
024 3822 1234                                +842438221234 (landlines have 11 digits since 2017)
0838221234, (037) 3822 123                   kept as a mobile with a warning: maybe an old landline
04 3822 1234, 0511 3822 123                  refused: a disused landline, no mobile looks like it
1900 1234, 1800 123456                       refused: a hotline is not a customer's own number
+1 650 253 0000, 001 650 253 0000            read by `phonenumbers`

The ranges in use are those of `phonenumbers` 9.0.43 (a test compares every prefix); the old mobile
prefixes come from the operators' map of 15-09-2018.
"""

import re
from typing import NamedTuple
from unicodedata import normalize

from crm.domain.kernel.errors import Refused

_LONGEST_TYPED = 100
_LONGEST_NUMBER = 15
_WITH_COUNTRY = 11  # digits of the shortest number that may start with 84 for the country
_COUNTRY = "+84"


class Phone(NamedTuple):
    """A number in E.164, and a warning's message code if the number is doubtful."""

    e164: str
    doubt: str | None


_OLD_LANDLINE, _IN_USE, _UNALLOCATED = 1, 2, 3
_DOUBTS = (None, "phone_maybe_old_landline", None, "phone_unallocated")

#: The nine digits after the zero, one group per status of their range. The landlines of Hồ Chí
#: Minh City were 08 35… to 08 39… until 2017 and look like VinaPhone's 083 5… to 083 9….
_MOBILE = (
    r"(83[5-9]\d{6})"
    r"|((?:3\d|5[1689]|7[06-9]|8[1-8]|9[0-8])\d{7}|(?:5(?:2[238]|59)|89[6-9]|99[013-9])\d{6})"
    r"|([35789]\d{8})"
)
_plain_mobile = re.compile(rf"(?:\+?84|0)?(?:{_MOBILE})", re.ASCII).fullmatch
_spaced_mobile = re.compile(r"(?!08[ .-])\+?\d[\d .-]{8,18}(?<!\.0)(?<!\.00)", re.ASCII).fullmatch

#: The 11-digit mobile prefixes and their replacements since 15-09-2018; the last 7 digits stay.
_MIGRATED = {
    # MobiFone
    "120": "70",
    "121": "79",
    "122": "77",
    "126": "76",
    "128": "78",
    # VinaPhone
    "123": "83",
    "124": "84",
    "125": "85",
    "127": "81",
    "129": "82",
    # Viettel
    "162": "32",
    "163": "33",
    "164": "34",
    "165": "35",
    "166": "36",
    "167": "37",
    "168": "38",
    "169": "39",
    # Vietnamobile
    "186": "56",
    "188": "58",
    # Gmobile
    "199": "59",
}
_BEFORE_MIGRATION = {new: old for old, new in _MIGRATED.items()}

_eleven_digit_mobile = re.compile(r"(1\d\d)(\d{7})", re.ASCII).fullmatch
_landline = re.compile(
    r"(2(?:3[01]|4[01]|8[01])\d{7})"  # 0230, 0231, 0240, 0241, 0280, 0281: area codes until 2017
    r"|(2(?:0[3-9]|1[0-689]|2[0-25-9]|[38][2-9]|4[2-8]|5[124-9]|6[0-39]|7[0-7]|9[0-4679])\d{7})"
    r"|(2\d{9})",
    re.ASCII,
).fullmatch
_dead_landline = re.compile(r"[246]\d{8}|(?:3[25]|5[01]|65|7[18])[01]\d{7}", re.ASCII).fullmatch
_hotline = re.compile(r"(?:\+?84|0)?1[89]00\d{4,6}", re.ASCII).fullmatch

_label = re.compile(
    r"(?:tel|phone|mobile|cell|zalo|s?[đd]t|[đd]i[ệe]n tho[ạa]i|di [đd][ộo]ng|d[đd])\s*[:.]?\s*",
    re.IGNORECASE,
).match
_extension = re.compile(
    r"(?:[\s;,(]*(?:\bextn?|máy lẻ|may le|nhánh|nhanh|số lẻ|#|;ext|(?<=\d)\s*x)"
    r"[\s.:=]*\d{1,6}\s*\)?)$",
    re.IGNORECASE,
).search
_whole_float = re.compile(r"(\d{8,15})[.,]0{1,2}", re.ASCII).fullmatch
_exponent = re.compile(r"(\d)[.,](\d{1,17})[eE]\+?(\d{1,2})", re.ASCII).fullmatch
_FEWEST_DECIMALS = 6  # Excel shows at most five before E, so fewer means that digits were lost
#: An old area code, separated from the rest as nobody separates the prefix of a mobile.
_area_code_apart = re.compile(r"\(0(?:8|3[0136-9]|5[2-9]|7[2-79])\)|08[\s.\-]").match
_several = re.compile(
    r"\d(?:[\s.\-]?\d){7,}\s*(?:[/,;|\n&]|hoặc|or)\s*[(+]?\d(?:[\s.\-)]?\d){7,}"
).search
_masked = re.compile(r"\+?\d{1,4}(?:[x*•][x*•\s.\-]*){3,}\d{2,4}", re.IGNORECASE).fullmatch

_SEPARATORS = dict.fromkeys(
    map(ord, " \t\n\r().-/_'`,;\u2010\u2011\u2012\u2013\u2014\u2019\u2212")
)
_INVISIBLE = [
    0xAD,
    0x61C,
    0xFEFF,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
]
_SPACES = [0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]
_CLEANED: dict[int, str | None] = {
    **dict.fromkeys(_INVISIBLE),
    **dict.fromkeys(_SPACES, " "),
    **{wide: chr(wide - 0xFEE0) for wide in map(ord, "\uff08\uff09\uff0b\uff0d\uff0e\uff0f")},
}


def read_phone(raw: str | float) -> Phone:
    """Return the number that was typed or stored in a spreadsheet, or raise `Refused`."""
    text = raw if isinstance(raw, str) else _digits_of(raw)
    found = _plain_mobile(text)
    if found is None and _spaced_mobile(text):
        found = _plain_mobile(text.replace(" ", "").replace(".", "").replace("-", ""))
    if found:
        status = found.lastindex or 0
        return Phone(_COUNTRY + found[status], _DOUBTS[status])
    return _read_spelled(text)


def national(e164: str) -> str:
    """Return the number as dialled in Vietnam; a foreign one stays in E.164."""
    return "0" + e164[3:] if e164.startswith(_COUNTRY) else e164


def phone_suffix_key(e164: str) -> str:
    """Return the dialled digits reversed, so that a suffix search is a prefix search."""
    return national(e164)[::-1].rstrip("+")


def masked_phone(e164: str) -> str:
    """Return "09xx xxx 678": enough to recognise a number, not enough to call it."""
    dialled = national(e164)
    return f"{dialled[:2]}xx xxx {dialled[-3:]}"


def previous_forms(e164: str) -> tuple[str, ...]:
    """Return the number's spelling before 15-09-2018; empty if it was not migrated."""
    old = _BEFORE_MIGRATION.get(e164[3:5]) if e164.startswith(_COUNTRY) else None
    return (f"0{old}{e164[5:]}",) if old else ()


def _digits_of(number: float) -> str:
    """Return the digits of a phone number that a spreadsheet stored as a number."""
    if isinstance(number, bool) or not 0 < number < 10**_LONGEST_NUMBER or number != int(number):
        raise Refused("phone_invalid")
    return str(int(number))


def _read_spelled(typed: str) -> Phone:
    """Parse a number that is not just the digits of a mobile."""
    if len(typed) > _LONGEST_TYPED:
        raise Refused("phone_too_long")
    text = _cleaned(typed)
    if _masked(text):
        raise Refused("masked_value")
    if _several(text):
        raise Refused("phone_several")
    bare, extension = _without_extension(_without_exponent(text))
    digits = bare.translate(_SEPARATORS)
    phone = _phone_of(digits)
    if _area_code_apart(bare) and _plain_mobile(digits):
        return Phone(phone.e164, "phone_maybe_old_landline")
    if extension and phone.doubt is None:
        return Phone(phone.e164, "phone_extension_dropped")
    return phone


def _cleaned(typed: str) -> str:
    """Remove invisible characters and a label, and turn digits of any script into ASCII."""
    text = typed.translate(_CLEANED).strip().removeprefix("'")
    if not text.isascii():
        text = "".join(str(int(c)) if c.isdecimal() else c for c in normalize("NFC", text))
    if label := _label(text):
        text = text[label.end() :]
    return text


def _without_exponent(text: str) -> str:
    """Return the digits of "9.12345678E8" or "912345678.0"; raise `Refused` if some were lost."""
    if whole := _whole_float(text):
        return whole[1]
    if scientific := _exponent(text):
        first, decimals, power = scientific[1], scientific[2], int(scientific[3])
        if not _FEWEST_DECIMALS <= len(decimals) <= power < _LONGEST_NUMBER:
            raise Refused("phone_rounded")
        return first + decimals.ljust(power, "0")
    return text


def _without_extension(text: str) -> tuple[str, bool]:
    found = _extension(text)
    return (text[: found.start()], True) if found else (text, False)


def _phone_of(digits: str) -> Phone:
    """Parse bare digits, with or without a plus."""
    if found := _plain_mobile(digits):
        status = found.lastindex or 0
        return Phone(_COUNTRY + found[status], _DOUBTS[status])
    number = digits.removeprefix("+")
    if not (number.isascii() and number.isdigit()):
        raise Refused("phone_invalid")
    if _hotline(digits):
        raise Refused("phone_hotline")
    if digits.startswith("00"):
        digits = "+" + number[2:]
    if len(number) > _LONGEST_NUMBER + len("00"):
        raise Refused("phone_too_long")
    if digits.startswith("+") and not digits.startswith(_COUNTRY):
        return _foreign(digits)
    return _vietnamese(digits)


def _vietnamese(digits: str) -> Phone:
    """Parse a Vietnamese number that is not a plain mobile."""
    number = digits.removeprefix("+")
    has_country = number.startswith("84") and (digits != number or len(number) >= _WITH_COUNTRY)
    rest = (number[2:] if has_country else number).removeprefix("0")
    if found := _plain_mobile("0" + rest):
        status = found.lastindex or 0
        return Phone(_COUNTRY + found[status], _DOUBTS[status])
    if (old := _eleven_digit_mobile(rest)) and old[1] in _MIGRATED:
        return Phone(_COUNTRY + _MIGRATED[old[1]] + old[2], None)
    if found := _landline(rest):
        return Phone(_COUNTRY + rest, _DOUBTS[found.lastindex or 0])
    raise Refused("phone_old_landline" if _dead_landline(rest) else "phone_invalid")


def _foreign(digits: str) -> Phone:
    """Parse a number of another country."""
    # Imported here because its metadata takes 17 ms, and 99 numbers of 100 do not need it.
    import phonenumbers as world  # noqa: PLC0415

    try:
        parsed = world.parse(digits)
    except world.NumberParseException:
        raise Refused("phone_invalid") from None
    kinds = world.PhoneNumberType
    if world.number_type(parsed) in {
        kinds.TOLL_FREE,
        kinds.PREMIUM_RATE,
        kinds.SHARED_COST,
        kinds.UAN,
    }:
        raise Refused("phone_hotline")
    if not world.is_possible_number(parsed):
        raise Refused("phone_invalid")
    e164 = world.format_number(parsed, world.PhoneNumberFormat.E164)
    return Phone(e164, None if world.is_valid_number(parsed) else "phone_unallocated")
