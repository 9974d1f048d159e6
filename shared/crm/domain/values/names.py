"""Names of people: the full name as typed, its family and given parts, and its search keys.

typed                        full            family       given
---------------------------  --------------  -----------  ------------------------------
full "Nguyễn  Thị Ánh"       Nguyễn Thị Ánh  Nguyễn Thị   Ánh (the last word)
family "Nguyễn", given "Ánh" Nguyễn Ánh      Nguyễn       Ánh
full "Cô Ánh", given "Ánh"   Cô Ánh          Cô           Ánh (the family is the rest)
full "Shop A", given "Lan"   Shop A          –            Lan (nothing to derive it from)
"""

import re
from typing import NamedTuple
from unicodedata import category, normalize

from crm.domain.kernel.errors import Refused
from crm.domain.kernel.texts import is_visible, read_line

LONGEST_NAME = 200

#: Folding can expand text (one Arabic ligature to 18 letters); a sort key holds 1,024 bytes.
LONGEST_KEY = 200

_VOWELS = {
    "a": "àảãáạăằẳẵắặâầẩẫấậ",
    "e": "èẻẽéẹêềểễếệ",
    "i": "ìỉĩíị",
    "o": "òỏõóọôồổỗốộơờởỡớợ",
    "u": "ùủũúụưừửữứự",
    "y": "ỳỷỹýỵ",
    "d": "đ",  # U+0111 only: it has no decomposition. The Icelandic ð is another letter.
}
_PLAIN = {
    ord(cased): plain
    for plain, letters in _VOWELS.items()
    for letter in letters
    for cased in (letter, letter.upper())
}
_tones = re.compile("[\u0300-\u036f]")
_between_words = re.compile("[^a-z0-9]+")


class Name(NamedTuple):
    """A full name as it is shown, and its known parts."""

    full: str
    family: str | None
    given: str | None


def read_name(
    *, full: str | None = None, family: str | None = None, given: str | None = None
) -> Name:
    """Return the name of the typed parts, deriving only the missing ones (D6)."""
    whole, before, after = _part(full), _part(family), _part(given)
    if whole is None:
        whole = " ".join(part for part in (before, after) if part)
        if not whole:
            raise Refused("name_required")
        if len(whole) > LONGEST_NAME:
            raise Refused("too_long", limit=LONGEST_NAME)
        return Name(whole, before, after)
    if before is None and after is None:
        *words, last = whole.split(" ")
        return Name(whole, " ".join(words) or None, last)
    if before is None and after is not None and whole.endswith(" " + after):
        before = whole.removesuffix(" " + after)
    elif after is None and before is not None and whole.startswith(before + " "):
        after = whole.removeprefix(before + " ")
    return Name(whole, before, after)


def folded(text: str) -> str:
    """Return lower-case words without tones: "Đặng Thị Hoà-Ánh" → "dang thi hoa anh"."""
    plain = text.translate(_PLAIN)
    if not plain.isascii():
        plain = _without_marks(plain)
        if not plain.isascii():
            kept = (c if category(c)[0] in "LMN" else " " for c in plain)
            return normalize("NFC", " ".join("".join(kept).split()))
    return _between_words.sub(" ", plain.lower()).strip()


def name_key(full: str) -> str:
    """Return the sort key of `by_name`, never empty: a name of symbols alone is its own key."""
    return folded(full)[:LONGEST_KEY].rstrip() or full.casefold()[:LONGEST_KEY]


def given_name_key(name: Name) -> str:
    """Return the folded name with the given name first: "anh nguyen thi"."""
    return name_key(" ".join(part for part in (name.given, name.family) if part) or name.full)


def _part(typed: str | None) -> str | None:
    """Return a part as one line, or None if it has no visible character."""
    text = read_line(typed, LONGEST_NAME) if typed else ""
    return text if is_visible(text) else None


def _without_marks(text: str) -> str:
    """Remove the diacritics of Latin, Greek and Cyrillic letters."""
    bare = _tones.sub("", normalize("NFKD", text)).casefold()
    return _tones.sub("", normalize("NFKD", bare)).translate(_PLAIN)
