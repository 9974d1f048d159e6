"""Interpret the text of the search box, and rank how well customers match it.

text                                searches for
----------------------------------  ------------------------------------------------------------
0912 345 678, 0162…, +84…           holder of the phone, and phones that end in it
345 678, 678                        phones that end in these digits (three or more)
anh.nguyen, anh@example.vn          holder of the e-mail, and e-mails that start with it
KH000123, TV0001                    holder of the code, holder of the card
nguyễn thị ánh, anh nguyen thi, …   full names in any order (of up to four words), and given names
                                    together with any other words of the name
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import permutations

from crm.domain.customers.customer import Identity, IdentityKind
from crm.domain.customers.listed import ListedCustomer
from crm.domain.kernel.errors import Refused
from crm.domain.values.cards import read_card
from crm.domain.values.codes import read_code
from crm.domain.values.emails import read_email
from crm.domain.values.names import LONGEST_KEY, folded
from crm.domain.values.phones import phone_suffix_key, read_phone

LONGEST_SEARCH = 200
#: Read units of one search, for each shard of the list.
UNITS = 30
_FEWEST_DIGITS = 3
_FEWEST_OF_EMAIL = 3
_MOST_WORDS_IN_ANY_ORDER = 4
_MOST_WORDS = 10
_BETWEEN_DIGITS = " .-+()/"


class Fit(IntEnum):
    """How well a customer matches; lower is better."""

    IDENTITY = 0
    WHOLE_NAME = 1
    START = 2
    PART = 3


@dataclass(frozen=True, slots=True)
class Search:
    """All interpretations of a text."""

    identities: tuple[Identity, ...] = ()
    phone_ending: str | None = None
    email_start: str | None = None
    words: tuple[str, ...] = ()

    def name_starts(self) -> Iterator[str]:
        """Yield the prefixes of folded names to search for: a few words in every order."""
        if not self.words:
            return
        orders = (
            dict.fromkeys(permutations(self.words))
            if len(self.words) <= _MOST_WORDS_IN_ANY_ORDER
            else [self.words]
        )
        yield from (" ".join(order) for order in orders)

    def is_within(self, key: str) -> bool:
        """Tell whether every word is a word of the key; the last one may be a prefix."""
        unmatched = key.split(" ")
        for word in self.words[:-1]:
            if word not in unmatched:
                return False
            unmatched.remove(word)
        return any(each.startswith(self.words[-1]) for each in unmatched)

    def fit_of(self, listed: ListedCustomer) -> Fit:
        """Return how well a customer that an index found matches."""
        name = folded(listed.customer.full_name or "")
        typed = " ".join(self.words)
        if typed and name == typed:
            return Fit.WHOLE_NAME
        phone = phone_suffix_key(listed.customer.phone) if listed.customer.phone else ""
        email = listed.customer.email or ""
        starts = (
            (name, typed),
            (phone, self.phone_ending),
            (email, self.email_start),
        )
        return Fit.START if any(s and key.startswith(s) for key, s in starts) else Fit.PART


def search_of(typed: str) -> Search:
    """Return the interpretations of a text of the search box, which may be none."""
    text = " ".join(typed.split())
    phone = _read(lambda: read_phone(text).e164)
    digits = _digits_of(text)
    return Search(
        identities=tuple(_identities(text, phone)),
        phone_ending=phone_suffix_key(phone) if phone else digits[::-1] if digits else None,
        email_start=_email_start(text),
        words=() if digits or phone or "@" in text else _words_of(text),
    )


def _identities(text: str, phone: str | None) -> Iterator[Identity]:
    readers: tuple[tuple[IdentityKind, str | None], ...] = (
        ("phone", phone),
        ("email", _read(lambda: read_email(text))),
        ("code", _read(lambda: read_code(text))),
        ("card", _read(lambda: read_card(text)) if _may_be_a_card(text) else None),
    )
    yield from (Identity(kind, value) for kind, value in readers if value is not None)


def _may_be_a_card(text: str) -> bool:
    """Tell whether a text may be a card: no e-mail, and a digit if it has several words."""
    return "@" not in text and (" " not in text or any(each.isdigit() for each in text))


def _digits_of(text: str) -> str | None:
    """Return the digits of a part of a phone number, or None for another text."""
    digits = "".join(each for each in text if each not in _BETWEEN_DIGITS)
    is_part = digits.isascii() and digits.isdigit() and len(digits) >= _FEWEST_DIGITS
    return digits if is_part else None


def _email_start(text: str) -> str | None:
    """Return the start of an e-mail address, or None; a number is taken as a phone."""
    start = text.lower()
    wanted = len(start) >= _FEWEST_OF_EMAIL and start.isascii() and " " not in start
    return start if wanted and not start.isdigit() else None


def _words_of(text: str) -> tuple[str, ...]:
    return tuple(folded(text)[:LONGEST_KEY].split()[:_MOST_WORDS])


def _read(reader: Callable[[], str]) -> str | None:
    try:
        return reader()
    except Refused:
        return None
