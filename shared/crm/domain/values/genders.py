"""Gender, read from the words and numbers that sheets and platforms use."""

from typing import Literal

from crm.domain.kernel.errors import Refused
from crm.domain.values.names import folded

Gender = Literal["male", "female", "other"]

#: Folded words, and the flags of platforms: Haravan writes 1 and 0, KiotViet true and false.
_WORDS: dict[str, Gender] = {
    **dict.fromkeys(("nam", "male", "m", "1", "1 0", "true"), "male"),
    **dict.fromkeys(("nu", "female", "f", "0", "0 0", "false"), "female"),
    **dict.fromkeys(("khac", "other", "o", "gioi tinh khac"), "other"),
}
_NUMBERS: dict[float, Gender] = {1: "male", 0: "female"}
_LONGEST_WORD = 40


def read_gender(raw: str | float) -> Gender:
    """Return the gender for a word, a number or a boolean."""
    if not isinstance(raw, str):
        gender = _NUMBERS.get(raw)
    elif raw[:1] != "-" and len(raw) <= _LONGEST_WORD:
        gender = _WORDS.get(folded(raw))
    else:
        gender = None
    if gender is None:
        raise Refused("gender_unknown")
    return gender
