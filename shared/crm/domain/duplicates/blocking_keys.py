"""Blocking keys that records of one person are likely to share.

key        made of                                                        stored as
---------  -------------------------------------------------------------  ----------------------
phone …    phone, e-mail, card and external ids, as customers claim them  the claim
mailbox    a Gmail address without the parts that Gmail ignores           its own row
born       initials and a birthday with its year                          its own row
day        the sorted words of the name and the day of the year           its own row
home       initials, province and the line of an address                  its own row

A name alone is no key: one customer in a hundred has the same name. Nor is the first of January,
which forms fill in when no birthday is given.
"""

import re
from typing import Literal, NamedTuple

from crm.domain.customers.customer import Address, Customer, Identity
from crm.domain.duplicates.name_similarity import initials_of, normalize_final_y, sorted_words_of
from crm.domain.values.names import folded

BlockingKeyKind = Literal["phone", "email", "card", "ext", "mailbox", "born", "day", "home"]
#: Customers of one key that are compared with each other: the oldest. The rest follow when those
#: leave.
MOST_COMPARED = 20
#: Customers of one key that are read to find those: some are archived or no longer have the key.
MOST_CANDIDATES = 40

_ADDRESSES = 3
_NEW_YEAR = "01-01"
_FEWEST_WORDS = 2
_STREET_PREFIXES = frozenset({"so", "nha", "duong", "pho", "d", "street", "st"})
_UNIT_PREFIXES = frozenset({"phuong", "xa", "quan", "huyen", "tinh", "tp", "p", "q", "f"})
_TWO_WORD_PREFIXES = frozenset({("thanh", "pho"), ("thi", "tran"), ("thi", "xa"), ("khu", "pho")})
#: Words of address lines that many households share: hamlets, blocks, quarters.
_SHARED_PLACES = frozenset(
    [
        *("ap", "thon", "xom", "khu", "to", "khoi", "doi", "ban", "khom", "lo", "kp", "tdp"),
        *("can", "ho", "toa", "block", "chung", "cu", "tang", "phong", "ktx"),
    ]
)
_BUILDINGS = frozenset({"chung", "toa", "block", "ktx", "tower"})
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_digits = re.compile(r"\d")


class BlockingKey(NamedTuple):
    """A value that two records of one person are likely to share."""

    kind: BlockingKeyKind
    value: str

    @property
    def identity(self) -> Identity | None:
        """The identity whose claim serves as the row, or None if the key has its own row."""
        match self.kind:
            case "phone" | "email" | "card" | "ext":
                return Identity(self.kind, self.value)
            case _:
                return None


class Home(NamedTuple):
    """A home: province, ward and the words of the line; many households may share a vague one."""

    province: str
    ward: str | None
    line: str
    is_vague: bool

    @property
    def shared_ward(self) -> str:
        """The ward of a vague line, which means too little without it; else empty."""
        return (self.ward or "") if self.is_vague else ""


def blocking_keys_of(customer: Customer) -> frozenset[BlockingKey]:
    """Return the blocking keys of a customer; a customer that is not active has none."""
    if customer.status != "active":
        return frozenset()
    blocking_keys = {
        BlockingKey(identity.kind, identity.value)
        for identity in customer.identities()
        if identity.kind != "code"
    }
    if customer.email and (mailbox := mailbox_of(customer.email)):
        blocking_keys.add(BlockingKey("mailbox", mailbox))
    return frozenset(blocking_keys | _name_blocking_keys(customer))


def _name_blocking_keys(customer: Customer) -> set[BlockingKey]:
    initials, words = initials_of(customer.full_name), sorted_words_of(customer.full_name)
    blocking_keys = {
        BlockingKey("home", f"{each}|{home.province}|{home.shared_ward}|{home.line}")
        for home in homes_of(customer.addresses)
        for each in initials
    }
    birthday = customer.birthday
    if words and birthday and not birthday.endswith(_NEW_YEAR):
        blocking_keys.add(BlockingKey("day", f"{words}|{birthday[-5:]}"))
        if not birthday.startswith("-"):
            blocking_keys |= {BlockingKey("born", f"{each}|{birthday}") for each in initials}
    return blocking_keys


def mailbox_of(email: str) -> str | None:
    """Return the canonical local part of a Gmail address; None for other providers."""
    name, _, domain = email.partition("@")
    if domain not in _GMAIL:
        return None
    return name.partition("+")[0].replace(".", "")


def homes_of(addresses: tuple[Address, ...]) -> list[Home]:
    """Return the homes of the first addresses, default first, whose line has a number."""
    ordered = sorted(addresses, key=lambda each: not each.is_default)[:_ADDRESSES]
    return [home for home in map(_home_of, ordered) if home]


def _home_of(address: Address) -> Home | None:
    words = _street_words(address.line or address.raw or "")
    numbers = sum(1 for word in words if _digits.search(word))
    if not numbers or len(words) < _FEWEST_WORDS:
        return None
    is_distinctive = any(not _digits.search(word) and word not in _SHARED_PLACES for word in words)
    building = not _BUILDINGS.isdisjoint(words)
    is_vague = words[0] in _SHARED_PLACES and (
        not is_distinctive or (building and numbers < _FEWEST_WORDS)
    )
    if is_vague and address.ward_code is None:
        return None
    province = address.province_code or folded(address.province or "")
    return Home(province, address.ward_code, " ".join(words), is_vague)


def _street_words(line: str) -> list[str]:
    """Return the words of a line before its wards and districts."""
    words: list[str] = []
    for part in line.split(","):
        part_words = [word for word in folded(part).split(" ") if word]
        words += [normalize_final_y(word) for word in part_words if word not in _STREET_PREFIXES]
        if {bool(_digits.search(word)) for word in words} == {True, False}:
            break
    for place in range(_FEWEST_WORDS, len(words)):
        pair = tuple(words[place : place + 2])
        if words[place] in _UNIT_PREFIXES or pair in _TWO_WORD_PREFIXES:
            return words[:place]
    return words
