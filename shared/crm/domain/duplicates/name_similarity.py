"""How alike two names of people are: order of words, tones, short forms and namesakes.

one                 other               they are
------------------  ------------------  -----------------------------------------------------------
Nguyễn Thị Ánh      ANH NGUYEN THI      same: order, capitals and missing tones say nothing
Hoà, Lý             Hòa, Lí             same: two spellings of one sound
Nguyễn Thị Ánh      Nguyễn Ánh          same: Thị and Văn are often left out
Nguyễn Thu Ánh      N. T. Ánh, Thu Ánh  similar: shortened, the given name in full
Nguyễn Thị Ánh      Chị Ánh             part: the given name alone
Nguyễn Thị Ánh      N.T.A               initials
Phạm Văn Hùng       Phạm Văn Hưng       accents: both have tones, and they differ: brothers?
Trần Minh Khôi      Trần Minh Khhôi     slip: one letter of one long word
Khách lẻ, blank     anything            unknown: nobody's name
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

#: What stands before a name, as it is typed with tones; "Chu" is a family, "chú" an uncle.
_TITLES = frozenset(["chị", "cô", "chú", "bác", "ông", "bà", "mr", "mrs", "ms", "miss"])
#: What may be a given name that was put first, and is a title only before one word: Anh Tuấn.
_TITLES_OF_TWO = _TITLES | {"anh", "chi", "em"}
#: Middle names that say no more than a sex, and are left out or written as one letter; and those
#: that may be another, of which letter: "van" may be Văn or Vân, and is Vân at an end of a name.
_LEFT_OUT = {"thi": "", "văn": "", "van": "v", "t": "t", "v": "v"}
#: What is written where nobody asked for a name, folded.
_NOBODY = frozenset(
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
#: A word that ends in one i or y after these is spelled either way: Lý, Mỹ, Kỳ, Quý.
_i_or_y = re.compile("(?<=[bcdghklmnprstvxu])y$")
_words = re.compile(r"[^\W\d_]+|\d+")


class Word(NamedTuple):
    """A word of a name: as it sorts and is looked for, and its letters and tone."""

    plain: str
    letters: str
    tone: str


#: A name without tones that was turned round ends in it, be it Văn or Vân.
_VAN = Word("van", "van", "")


class Spelled(NamedTuple):
    """A name taken apart: the words that tell people apart, and whether it has tones at all.

    `letters` are those of middle names that may be Thị or Văn, and may be others.
    """

    words: tuple[Word, ...]
    has_accents: bool
    letters: str = ""


def initials_of(full_name: str | None) -> frozenset[str]:
    """Return the first letters of the words that count, sorted, with and without T., V. and Van.

    Nothing for less than two words.
    """
    name = spelled(full_name)
    return _initials(name) if len(name.words) >= _FEWEST_WORDS else frozenset()


def words_of(full_name: str | None) -> str | None:
    """Return the words that count, folded and sorted; None for less than two."""
    words = spelled(full_name).words
    return " ".join(sorted(word.plain for word in words)) if len(words) > 1 else None


def has_name(full_name: str | None) -> bool:
    """Tell whether a name is somebody's."""
    return bool(spelled(full_name).words)


def name_similarity(one: str | None, other: str | None) -> NameSimilarity:
    """Tell how alike two names are."""
    a, b = sorted((spelled(one), spelled(other)), key=lambda each: len(each.words))
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
def spelled(full_name: str | None) -> Spelled:
    """Return a name taken apart; no words where it is blank or nobody's."""
    if not full_name or folded(full_name) in _NOBODY:
        return Spelled((), has_accents=False)
    typed = _words.findall(normalize("NFC", full_name).lower())
    if len(typed) > 1 and typed[0] in (_TITLES_OF_TWO if len(typed) == _FEWEST_WORDS else _TITLES):
        typed = typed[1:]
    words = [word for word in map(_word, typed) if word.plain]
    has_accents = any(map(_is_accented, words))
    letters = ""
    for left_out, maybe in _LEFT_OUT.items():
        inside = range(1, len(words) - 1) if maybe else range(len(words))
        places = [place for place in inside if words[place].letters == left_out]
        if places and (len(words) > _FEWEST_WORDS or places == [0]):
            del words[places[0]]
            letters += maybe
    return Spelled(tuple(words), has_accents, letters)


def one_i(word: str) -> str:
    """Return a folded word that ends in i where i and y are one sound: "ly" → "li"."""
    return _i_or_y.sub("i", word)


def _initials(name: Spelled) -> frozenset[str]:
    letters = "".join(word.plain[0] for word in name.words)
    others = [letters + name.letters]
    if len(name.words) > _FEWEST_WORDS and name.words[-1] == _VAN:
        others.append(letters[:-1])
    return frozenset("".join(sorted(each)) for each in (letters, *others))


def _word(typed: str) -> Word:
    apart = normalize("NFD", typed)
    letters = normalize("NFC", "".join(each for each in apart if each not in _TONES))
    tone = "".join(each for each in apart if each in _TONES)
    return Word(one_i(folded(typed)), one_i(letters), tone)


def _is_accented(word: Word) -> bool:
    return bool(word.tone) or not word.letters.isascii()


def _contradict(a: Spelled, b: Spelled) -> bool:
    """Tell whether words that fold alike are spelled with different tones in both names."""
    if not (a.has_accents and b.has_accents):
        return False
    folded_alike = Counter(word.plain for word in a.words) & Counter(
        word.plain for word in b.words
    )
    return folded_alike.total() != (Counter(a.words) & Counter(b.words)).total()


def _shortened(a: Spelled, b: Spelled) -> Literal["similar", "part"] | None:
    """Tell whether the shorter name is the longer one with words left out or as initials."""
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
        match = next((each for each in rest if _stands_for(word, each)), None)
        if match is None:
            return None
        rest.remove(match)
    given = mine[-1] in {theirs[0], theirs[-1]} or theirs[-1] in {mine[0], mine[-1]}
    if not (whole and given):
        return None
    return "similar" if len(mine) >= _FEWEST_WORDS else "part"


def _stands_for(one: str, other: str) -> bool:
    return 1 in {len(one), len(other)} and one[0] == other[0]


def _is_slip(a: Sequence[Word], b: Sequence[Word]) -> bool:
    """Tell whether one long word differs by one letter, and nothing else does."""
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
