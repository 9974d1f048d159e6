"""Tax codes of companies and ids of persons, as e-invoices need them.

code                     holder                                       validated by
-----------------------  -------------------------------------------  --------------------------
0100233488               a company (Circular 86/2024/TT-BTC)          check digit
0314409058-002           its branch, 001 to 999                       check digit
001090012345             a person or household, since 01-07-2025      province, century and sex
8012345674               a person's tax code until 30-06-2025         check digit; with a warning
"""

import re
from typing import NamedTuple

from crm.domain.kernel.errors import Refused
from crm.domain.values.genders import Gender

_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_ELEVEN = 11
_LONGEST_TYPED = 40

_between = re.compile(r"[\s.'\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060\ufeff-]+")
_company = re.compile(r"(\d{9,10})(?:-(\d{3}))?|(\d{10})(\d{3})", re.ASCII).fullmatch
_twelve_digits = re.compile(r"\d{12}", re.ASCII).fullmatch
_ten_digits = re.compile(r"\d{10}", re.ASCII).fullmatch
_masked = re.compile(r"\d{2}x{4,}\d{3}").fullmatch

#: One of the 63 provinces before 2025 (the merger changed no id), century and sex, year of birth.
_personal = re.compile(
    r"0(?:0[12468]|1[0-24579]|2[024-7]|3[013-8]|4[0245689]|5[12468]|6[024678]|7[024579]|8[0234679]|9[1-6])"
    r"([0-3])(\d\d)\d{6}",
    re.ASCII,
).fullmatch


class PersonalId(NamedTuple):
    """A person's id, and a warning's message code if this kind is no longer issued."""

    code: str
    doubt: str | None


def read_tax_code(raw: str | float) -> str:
    """Parse a company's code, "0100233488" or "0314409058-002"."""
    text = _digits(raw, "tax_code_invalid")
    if _twelve_digits(text):
        raise Refused("tax_code_personal")
    if (found := _company(text)) is None:
        raise Refused("tax_code_invalid")
    own = (found[1] or found[3]).zfill(10)  # spreadsheets drop the zero of the provinces 01 to 09
    branch = found[2] or found[4]
    if not _check_digit_holds(own):
        raise Refused("tax_code_check_digit")
    if branch == "000":
        raise Refused("tax_code_invalid")
    return f"{own}-{branch}" if branch else own


def read_personal_id(raw: str | float) -> PersonalId:
    """Parse a person's 12 digits, or, with a warning, the 10 of a tax code before 01-07-2025."""
    text = _digits(raw, "personal_id_invalid").replace("-", "")
    if _ten_digits(text) and _check_digit_holds(text):
        return PersonalId(text, "personal_id_legacy")
    restored = text.zfill(12) if len(text) in {10, 11} else text  # dropped zeros
    if not _personal(restored):
        raise Refused("personal_id_invalid")
    return PersonalId(restored, None)


def personal_id_doubt(code: str, *, gender: Gender | None, birthday: str | None) -> str | None:
    """Return a warning's message code if an id contradicts the gender or the year of birth."""
    if (found := _personal(code)) is None:
        return None
    century, woman = divmod(int(found[1]), 2)
    year = birthday[:-6] if birthday else "-"
    agrees = gender in {None, "other", "female" if woman else "male"} and (
        year in {"-", f"{19 + century}{found[2]}"}
    )
    return None if agrees else "personal_id_disagrees"


def masked_tax_code(code: str) -> str:
    """Return the first two and last three characters: "01xxxxx488"."""
    return f"{code[:2]}{'x' * (len(code) - 5)}{code[-3:]}"


def _digits(raw: str | float, refusal: str) -> str:
    """Return the typed code with nothing but hyphens between its digits."""
    if not isinstance(raw, str):
        if isinstance(raw, bool) or not 0 <= raw < 10**13 or raw != int(raw):
            raise Refused(refusal)
        return str(int(raw))
    if len(raw) > _LONGEST_TYPED:
        raise Refused(refusal)
    text = _between.sub(lambda gap: "-" if "-" in gap[0] else "", raw.strip())
    if _masked(text.lower()):
        raise Refused("masked_value")
    return text


def _check_digit_holds(ten: str) -> bool:
    """Tell whether the tenth digit is the check digit of the first nine."""
    total = sum(int(digit) * weight for digit, weight in zip(ten, _WEIGHTS, strict=False))
    return 10 - total % _ELEVEN == int(ten[9])
