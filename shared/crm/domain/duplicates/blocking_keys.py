"""What a customer is found by when somebody like them is looked for.

clue       made of                                                        kept as
---------  -------------------------------------------------------------  ----------------------
phone …    phone, e-mail, card and external ids, as they are claimed      the claim
mailbox    a Gmail address without what Gmail passes over                 a row of its own
born       initials and a birthday with its year                          a row of its own
day        the words of the name, in any order, and the day of the year   a row of its own
home       initials, province and the line of an address                  a row of its own

A name alone is no clue: one in a hundred is called the same. Nor is the first of January, which
forms fill in for those who do not say.
"""

import re
from typing import Literal, NamedTuple

from crm.domain.customers.customer import Address, Customer, Identity
from crm.domain.duplicates.name_similarity import initials_of, one_i, words_of
from crm.domain.values.names import folded

ClueKind = Literal["phone", "email", "card", "ext", "mailbox", "born", "day", "home"]
#: So many customers of one clue are compared with each other, by age; the others wait their turn.
COMPARED = 20
#: So many are looked at to find those, who may be archived or have given the clue up.
LOOKED_AT = 40

_ADDRESSES = 3
_UNSAID = "01-01"
_FEWEST_WORDS = 2
_BEFORE_STREETS = frozenset({"so", "nha", "duong", "pho", "d", "street", "st"})
_BEFORE_UNITS = frozenset({"phuong", "xa", "quan", "huyen", "tinh", "tp", "p", "q", "f"})
_UNITS_OF_TWO = frozenset({("thanh", "pho"), ("thi", "tran"), ("thi", "xa"), ("khu", "pho")})
#: Words of lines that many households share: hamlets, blocks, quarters.
_SHARED = frozenset(
    [
        *("ap", "thon", "xom", "khu", "to", "khoi", "doi", "ban", "khom", "lo", "kp", "tdp"),
        *("can", "ho", "toa", "block", "chung", "cu", "tang", "phong", "ktx"),
    ]
)
_BUILDINGS = frozenset({"chung", "toa", "block", "ktx", "tower"})
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_digits = re.compile(r"\d")


class BlockingKey(NamedTuple):
    """Something that two records of one person have in common."""

    kind: ClueKind
    value: str

    @property
    def identity(self) -> Identity | None:
        """The identity that customers claim already, so that it needs no row of its own."""
        match self.kind:
            case "phone" | "email" | "card" | "ext":
                return Identity(self.kind, self.value)
            case _:
                return None


class Home(NamedTuple):
    """Where somebody lives: province, ward, the words of the line; a vague one many may share."""

    province: str
    ward: str | None
    line: str
    is_vague: bool

    @property
    def shared_ward(self) -> str:
        """The ward, where the line says too little without it."""
        return (self.ward or "") if self.is_vague else ""


def blocking_keys_of(customer: Customer) -> frozenset[BlockingKey]:
    """Return what a customer is found by; who is not active is not looked for."""
    if customer.status != "active":
        return frozenset()
    blocking_keys = {
        BlockingKey(identity.kind, identity.value)
        for identity in customer.identities()
        if identity.kind != "code"
    }
    if customer.email and (mailbox := mailbox_of(customer.email)):
        blocking_keys.add(BlockingKey("mailbox", mailbox))
    return frozenset(blocking_keys | _blocking_keys_of_name(customer))


def _blocking_keys_of_name(customer: Customer) -> set[BlockingKey]:
    initials, words = initials_of(customer.full_name), words_of(customer.full_name)
    blocking_keys = {
        BlockingKey("home", f"{each}|{home.province}|{home.shared_ward}|{home.line}")
        for home in homes_of(customer.addresses)
        for each in initials
    }
    birthday = customer.birthday
    if words and birthday and not birthday.endswith(_UNSAID):
        blocking_keys.add(BlockingKey("day", f"{words}|{birthday[-5:]}"))
        if not birthday.startswith("-"):
            blocking_keys |= {BlockingKey("born", f"{each}|{birthday}") for each in initials}
    return blocking_keys


def mailbox_of(email: str) -> str | None:
    """Return the one spelling of a Gmail address; None for mailboxes that have only one."""
    name, _, domain = email.partition("@")
    if domain not in _GMAIL:
        return None
    return name.partition("+")[0].replace(".", "")


def homes_of(addresses: tuple[Address, ...]) -> list[Home]:
    """Return where a customer lives, by the first addresses that have a line with a number."""
    ordered = sorted(addresses, key=lambda each: not each.is_default)[:_ADDRESSES]
    return [home for home in map(_home_of, ordered) if home]


def _home_of(address: Address) -> Home | None:
    words = _line_of(address.line or address.raw or "")
    numbers = sum(1 for word in words if _digits.search(word))
    if not numbers or len(words) < _FEWEST_WORDS:
        return None
    told = any(not _digits.search(word) and word not in _SHARED for word in words)
    building = not _BUILDINGS.isdisjoint(words)
    is_vague = words[0] in _SHARED and (not told or (building and numbers < _FEWEST_WORDS))
    if is_vague and address.ward_code is None:
        return None
    province = address.province_code or folded(address.province or "")
    return Home(province, address.ward_code, " ".join(words), is_vague)


def _line_of(typed: str) -> list[str]:
    """Return the words of a line up to where wards and districts begin."""
    words: list[str] = []
    for part in typed.split(","):
        mine = [word for word in folded(part).split(" ") if word]
        words += [one_i(word) for word in mine if word not in _BEFORE_STREETS]
        if {bool(_digits.search(word)) for word in words} == {True, False}:
            break
    for place in range(_FEWEST_WORDS, len(words)):
        pair = tuple(words[place : place + 2])
        if words[place] in _BEFORE_UNITS or pair in _UNITS_OF_TWO:
            return words[:place]
    return words
