"""Similarity of two Vietnamese names: word order, tones, short forms and namesakes.

one                 other               similarity
------------------  ------------------  -----------------------------------------------------------
Nguyễn Thị Ánh      ANH NGUYEN THI      same: order, case and missing tones do not matter
Hoà, Lý             Hòa, Lí             same: two spellings of one sound
Nguyễn Thị Ánh      Nguyễn Ánh          same: Thị and Văn are often omitted
Nguyễn Thu Ánh      N. T. Ánh, Thu Ánh  similar: shortened, given name in full
Nguyễn Thị Ánh      Chị Ánh             part: given name only
Nguyễn Thị Ánh      N.T.A               initials
Phạm Văn Hùng       Phạm Văn Hưng       accents: both have tones, which differ: brothers?
Trần Minh Khôi      Trần Minh Khhôi     slip: one letter of one long word
Khách lẻ, blank     anything            unknown: a placeholder, not a name
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple
from unicodedata import normalize

from crm.domain.values.names import folded

NameSimilarity = Literal[
    "same", "similar", "part", "initials", "accents", "slip", "different", "unknown"
]

#: Titles before a name, spelled with tones: "Chu" is a family name, "chú" means uncle.
_TITLES = frozenset(["chị", "cô", "chú", "bác", "ông", "bà", "mr", "mrs", "ms", "miss"])
#: Words that may also be a given name put first: titles only before a single word, as Anh Tuấn.
_SHORT_NAME_TITLES = _TITLES | {"anh", "chi", "em"}
#: Middle names that only tell the sex, and are often omitted or written as one letter. The value
#: is the initial if the word may be another name: "van" is Văn or Vân, at an end of a name Vân.
_OPTIONAL_MIDDLE_NAMES = {"thi": "", "văn": "", "van": "v", "t": "t", "v": "v"}
#: Folded texts that tills and forms enter when no name is given.
_PLACEHOLDER_NAMES = frozenset(
    {
        "khach",
        "khach hang",
        "khach le",
        "khach moi",
        "khach quen",
        "khach vang lai",
        "khong ten",
        "chua co ten",
        "guest",
        "customer",
        "no name",
        "noname",
        "test",
        "unknown",
        "an danh",
    }
)
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_FEWEST_WORDS = 2
_LONG_WORD = 4
#: A word that ends in i or y after these letters is spelled either way: Lý, Mỹ, Kỳ, Quý.
_i_or_y = re.compile("(?<=[bcdghklmnprstvxu])y$")
_words = re.compile(r"[^\W\d_]+|\d+")


class Word(NamedTuple):
    """A word of a name: folded for comparison, its letters without tone, and its tone."""

    plain: str
    letters: str
    tone: str


#: The last word of a reversed name without tones, which may be Văn or Vân.
_VAN = Word("van", "van", "")


class ParsedName(NamedTuple):
    """The significant words of a name, and whether it has any tones.

    `letters` are the initials of omitted middle names that may not have been Thị or Văn.
    """

    words: tuple[Word, ...]
    has_accents: bool
    letters: str = ""


def initials_of(full_name: str | None) -> frozenset[str]:
    """Return the sorted initials of the significant words, with and without T., V. and Van.

    Empty for fewer than two words.
    """
    name = _parse_name(full_name)
    return _initials(name) if len(name.words) >= _FEWEST_WORDS else frozenset()


def sorted_words_of(full_name: str | None) -> str | None:
    """Return the significant words, folded and sorted; None for fewer than two."""
    words = _parse_name(full_name).words
    return " ".join(sorted(word.plain for word in words)) if len(words) > 1 else None


def has_name(full_name: str | None) -> bool:
    """Tell whether a text is a name and not a placeholder."""
    return bool(_parse_name(full_name).words)


def name_similarity(one: str | None, other: str | None) -> NameSimilarity:
    """Return how similar two names are."""
    a, b = sorted((_parse_name(one), _parse_name(other)), key=lambda each: len(each.words))
    if not a.words:
        return "unknown"
    if Counter(word.plain for word in a.words) == Counter(word.plain for word in b.words):
        if _contradict(a, b):
            return "accents"
        return "same" if len(a.words) >= _FEWEST_WORDS else "part"
    if all(len(word.plain) == 1 for word in a.words) or all(len(w.plain) == 1 for w in b.words):
        return "different" if _initials(a).isdisjoint(_initials(b)) else "initials"
    if shortened := _shortened(a, b):
        return "accents" if _contradict(a, b) else shortened
    return "slip" if _is_slip(a.words, b.words) else "different"


@lru_cache(maxsize=512)
def _parse_name(full_name: str | None) -> ParsedName:
    """Return the parts of a name; a blank or placeholder name has no words."""
    if not full_name or folded(full_name) in _PLACEHOLDER_NAMES:
        return ParsedName((), has_accents=False)
    typed = _words.findall(normalize("NFC", full_name).lower())
    if len(typed) > 1 and typed[0] in (
        _SHORT_NAME_TITLES if len(typed) == _FEWEST_WORDS else _TITLES
    ):
        typed = typed[1:]
    words = [word for word in map(_word, typed) if word.plain]
    has_accents = any(map(_is_accented, words))
    letters = ""
    for left_out, maybe in _OPTIONAL_MIDDLE_NAMES.items():
        inside = range(1, len(words) - 1) if maybe else range(len(words))
        places = [place for place in inside if words[place].letters == left_out]
        if places and (len(words) > _FEWEST_WORDS or places == [0]):
            del words[places[0]]
            letters += maybe
    return ParsedName(tuple(words), has_accents, letters)


def normalize_final_y(word: str) -> str:
    """Return a folded word with a final y spelled i where both sound the same: "ly" → "li"."""
    return _i_or_y.sub("i", word)


def _initials(name: ParsedName) -> frozenset[str]:
    letters = "".join(word.plain[0] for word in name.words)
    others = [letters + name.letters]
    if len(name.words) > _FEWEST_WORDS and name.words[-1] == _VAN:
        others.append(letters[:-1])
    return frozenset("".join(sorted(each)) for each in (letters, *others))


def _word(typed: str) -> Word:
    apart = normalize("NFD", typed)
    letters = normalize("NFC", "".join(each for each in apart if each not in _TONES))
    tone = "".join(each for each in apart if each in _TONES)
    return Word(normalize_final_y(folded(typed)), normalize_final_y(letters), tone)


def _is_accented(word: Word) -> bool:
    return bool(word.tone) or not word.letters.isascii()


def _contradict(a: ParsedName, b: ParsedName) -> bool:
    """Tell whether both names have tones and words that fold alike differ in them."""
    if not (a.has_accents and b.has_accents):
        return False
    folded_alike = Counter(word.plain for word in a.words) & Counter(
        word.plain for word in b.words
    )
    return folded_alike.total() != (Counter(a.words) & Counter(b.words)).total()


def _shortened(a: ParsedName, b: ParsedName) -> Literal["similar", "part"] | None:
    """Return how `a` shortens `b`, with words omitted or as initials; None if it does not."""
    mine, theirs = [word.plain for word in a.words], [word.plain for word in b.words]
    rest = list(theirs)
    left = []
    whole = 0
    for word in mine:
        if len(word) > 1 and word in rest:
            rest.remove(word)
            whole += 1
        else:
            left.append(word)
    for word in left:
        match = next((each for each in rest if _abbreviates(word, each)), None)
        if match is None:
            return None
        rest.remove(match)
    given = mine[-1] in {theirs[0], theirs[-1]} or theirs[-1] in {mine[0], mine[-1]}
    if not (whole and given):
        return None
    return "similar" if len(mine) >= _FEWEST_WORDS else "part"


def _abbreviates(one: str, other: str) -> bool:
    return 1 in {len(one), len(other)} and one[0] == other[0]


def _is_slip(a: Sequence[Word], b: Sequence[Word]) -> bool:
    """Tell whether the names differ only by one letter of one long word."""
    if len(a) != len(b) or len(a) < _FEWEST_WORDS:
        return False
    mine = Counter(word.plain for word in a)
    theirs = Counter(word.plain for word in b)
    left, right = list((mine - theirs).elements()), list((theirs - mine).elements())
    return (
        len(left) == len(right) == 1
        and min(len(left[0]), len(right[0])) >= _LONG_WORD
        and _one_letter_apart(left[0], right[0])
    )


def _one_letter_apart(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    for place, letter in enumerate(shorter):
        if letter != longer[place]:
            rest = place + 1 if len(shorter) == len(longer) else place
            return shorter[rest:] == longer[place + 1 :]
    return len(longer) - len(shorter) == 1
