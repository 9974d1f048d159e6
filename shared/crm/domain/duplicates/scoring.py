"""Pairs of customers that may be one person: what speaks for it, what against, and how much.

reason          points  when
--------------  ------  -------------------------------------------------------------------
card                60  one membership card
external_id         60  one id on another platform
email               60  one e-mail address
phone               50  one phone
mailbox             50  two spellings of one Gmail address
conflict            40  an order or another event named both as one person
birthday            35  one birthday with its year
address             35  one line and province, wards that do not contradict
name                30  the same name (`crm.domain.duplicates.name_similarity`)
short_name          25  one name shortened
part_name           15  a given name alone
birthday_day        10  one day of the year where a year is not known, or the first of January
shared_address      10  one hamlet, or one block without a flat, in one ward
initials            10  initials of the name
no_name             10  one of them, not both, has no name, and an identity is shared
name_slip            5  one letter apart; without one birthday, 55 points at most
name_accents         0  tones that differ; without one birthday, 55 points at most
other_gender       -15  male and female
other_birthday     -30  birthdays that differ
other_name         -45  names that differ; the pair is possible at best

A pair is `possible`, from 60 on `likely`, and `exact` (95 to 100) only with an identity in common,
the same name and nothing against it. Pairs from 40 on are listed, and whatever their points those
who share an identity or were named by an event.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from crm.domain.customers.customer import Customer, IdentityKind
from crm.domain.duplicates.blocking_keys import homes_of, mailbox_of
from crm.domain.duplicates.name_similarity import NameSimilarity, has_name, name_similarity
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.paging import Position

Reason = Literal[
    "card",
    "external_id",
    "email",
    "phone",
    "mailbox",
    "conflict",
    "birthday",
    "address",
    "name",
    "short_name",
    "part_name",
    "birthday_day",
    "shared_address",
    "initials",
    "no_name",
    "name_slip",
    "name_accents",
    "other_gender",
    "other_birthday",
    "other_name",
]
Strength = Literal["exact", "likely", "possible"]
PairStatus = Literal["open", "dismissed", "merged"]

POINTS: Mapping[Reason, int] = {
    "card": 60,
    "external_id": 60,
    "email": 60,
    "phone": 50,
    "mailbox": 50,
    "conflict": 40,
    "birthday": 35,
    "address": 35,
    "name": 30,
    "short_name": 25,
    "part_name": 15,
    "birthday_day": 10,
    "shared_address": 10,
    "initials": 10,
    "no_name": 10,
    "name_slip": 5,
    "name_accents": 0,
    "other_gender": -15,
    "other_birthday": -30,
    "other_name": -45,
}
LISTED_FROM = 40
LIKELY_FROM = 60
EXACT_FROM = 95
HIGHEST = 100
#: The most that people of different names come to: a family has one phone and one address.
_OTHERS_AT_MOST = 45
#: The most that names one sound apart come to: so are those of brothers.
_NEARLY_AT_MOST = 55

_IDENTITIES: frozenset[Reason] = frozenset({"card", "external_id", "email", "phone", "mailbox"})
_AGAINST: frozenset[Reason] = frozenset({"other_gender", "other_birthday"})
_REASON_OF_NAME: Mapping[NameSimilarity, Reason] = {
    "same": "name",
    "similar": "short_name",
    "part": "part_name",
    "initials": "initials",
    "accents": "name_accents",
    "slip": "name_slip",
    "different": "other_name",
}
_UNSAID = "01-01"
_DAY = 5  # characters of a birthday without its year: "05-17"


class Named(NamedTuple):
    """What event named two customers as one person: by which identity of the second, and whose."""

    kind: IdentityKind
    source: str
    at: str


class Verdict(NamedTuple):
    """How likely two customers are one person, 0 to 100, and why, the strongest reason first."""

    score: int
    reasons: tuple[Reason, ...]

    @property
    def is_listed(self) -> bool:
        """Whether anybody should look at it."""
        told = not _IDENTITIES.isdisjoint(self.reasons) or "conflict" in self.reasons
        return told or self.score >= LISTED_FROM


class PairId(NamedTuple):
    """Two customers, the lower id first."""

    lower: CustomerId
    higher: CustomerId

    def other(self, customer_id: CustomerId) -> CustomerId:
        """Return the one that is not this."""
        return self.lower if customer_id == self.higher else self.higher


class NamedPair(NamedTuple):
    """Two customers of a merchant that an event named as one person."""

    merchant_id: MerchantId
    id: PairId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPair:
    """A pair as it is kept; one that is not listed only remembers what people and events said."""

    id: PairId
    status: PairStatus = "open"
    is_listed: bool = False
    score: int = 0
    reasons: tuple[Reason, ...] = ()
    found_at: str = ""
    named: Named | None = None
    decided_at: str | None = None
    decided_by: str | None = None


class PairQuery(NamedTuple):
    """Which pairs a page shows, the highest score first."""

    status: Literal["open", "dismissed"] = "open"
    least: int = 0
    reason: Reason | None = None
    limit: int = 50
    after: Position | None = None


class PairPage(NamedTuple):
    """Some pairs, and where the next ones start if there may be any."""

    pairs: tuple[KeptPair, ...]
    following: Position | None


def pair_id(one: CustomerId, other: CustomerId) -> PairId:
    """Return two customers in the order of their ids."""
    return PairId(*sorted((one, other)))


def spelled_pair(pair: PairId) -> str:
    """Return the id of a pair as the API spells it."""
    return f"{pair.lower}-{pair.higher}"


def read_pair(spelled: str) -> PairId | None:
    """Return the pair that an id of the API names; None for what is no such id."""
    lower, _, higher = spelled.partition("-")
    return PairId(CustomerId(lower), CustomerId(higher)) if "" < lower < higher else None


def position_of(pair: KeptPair) -> Position:
    """Return where a pair stands among those of its status."""
    return Position(pair.score, CustomerId(spelled_pair(pair.id)))


def strength_of(score: int) -> Strength:
    """Return what a score comes to."""
    return "exact" if score >= EXACT_FROM else "likely" if score >= LIKELY_FROM else "possible"


def judged(one: Customer, other: Customer, *, named: bool = False) -> Verdict:
    """Return how likely two customers are one person; it depends on nobody else."""
    shared = list(_shared_identities(one, other))
    similarity = name_similarity(one.full_name, other.full_name)
    reasons: list[Reason] = list(shared)
    if named:
        reasons.append("conflict")
    if similarity != "unknown":
        reasons.append(_REASON_OF_NAME[similarity])
    elif (shared or named) and has_name(one.full_name) != has_name(other.full_name):
        reasons.append("no_name")
    reasons += _of_birthdays(one.birthday, other.birthday)
    reasons += _of_homes(one, other)
    if {one.gender, other.gender} == {"male", "female"}:
        reasons.append("other_gender")
    score = sum(POINTS[reason] for reason in reasons)
    if shared and similarity == "same" and _AGAINST.isdisjoint(reasons):
        score = min(max(score, EXACT_FROM), HIGHEST)
    else:
        score = min(score, EXACT_FROM - 1)
    if similarity == "different":
        score = min(score, _OTHERS_AT_MOST)
    elif similarity in {"accents", "slip"} and "birthday" not in reasons:
        score = min(score, _NEARLY_AT_MOST)
    ordered = sorted(reasons, key=lambda reason: (-abs(POINTS[reason]), reason))
    return Verdict(max(0, score), tuple(ordered))


def settled(
    before: KeptPair | None,
    one: Customer | None,
    other: Customer | None,
    *,
    together: bool,
    at: str,
    pair: PairId,
) -> KeptPair | None:
    """Return how a pair is to be kept, as its customers stand; None if it is not to be kept.

    `together` tells that they have a clue in common by which they are compared.
    """
    if one is None or other is None or "erased" in {one.status, other.status}:
        return None
    if one.merged_into == other.id or other.merged_into == one.id:
        return before and replace(before, status="merged", is_listed=False)
    cached = before if before and (before.named or _is_dismissed(before)) else None
    if not one.status == other.status == "active":
        return cached and replace(cached, status=_decided(cached), is_listed=False)
    if not (together or cached):
        return None
    known = before or KeptPair(id=pair)
    verdict = judged(one, other, named=known.named is not None)
    if not (verdict.is_listed and (together or known.named)) and not _is_dismissed(known):
        return None
    return replace(
        known,
        status=_decided(known),
        is_listed=True,
        score=verdict.score,
        reasons=verdict.reasons,
        found_at=known.found_at or at,
    )


def default_survivor(one: Customer, other: Customer) -> CustomerId:
    """Return who stays if nobody says: who has more orders, else the older, else the lower id."""
    return min(
        (one, other), key=lambda each: (-each.metrics.order_count, each.created_at, each.id)
    ).id


def compared_fields_changed(before: Customer | None, after: Customer | None) -> bool:
    """Tell whether a write touched anything that pairs rest on; what orders move is not."""
    return _evidence(before) != _evidence(after)


def _evidence(customer: Customer | None) -> tuple[object, ...]:
    if customer is None:
        return ()
    homes = [(h.line, h.raw, h.ward_code, h.province_code, h.province) for h in customer.addresses]
    return (
        customer.status,
        customer.merged_into,
        customer.full_name,
        customer.phone,
        customer.email,
        customer.card_code,
        customer.external_ids,
        customer.birthday,
        customer.gender,
        next((each.id for each in customer.addresses if each.is_default), None),
        homes,
    )


def _is_dismissed(pair: KeptPair) -> bool:
    return pair.status == "dismissed" or (pair.status == "merged" and pair.decided_at is not None)


def _decided(pair: KeptPair) -> PairStatus:
    return "dismissed" if _is_dismissed(pair) else "open"


def _shared_identities(one: Customer, other: Customer) -> Iterator[Reason]:
    if one.card_code and one.card_code == other.card_code:
        yield "card"
    if not set(one.external_ids.items()).isdisjoint(other.external_ids.items()):
        yield "external_id"
    if one.phone and one.phone == other.phone:
        yield "phone"
    if one.email and other.email:
        if one.email == other.email:
            yield "email"
        elif (mailbox := mailbox_of(one.email)) and mailbox == mailbox_of(other.email):
            yield "mailbox"


def _of_birthdays(one: str | None, other: str | None) -> Iterator[Reason]:
    if not one or not other:
        return
    if one[-_DAY:] == other[-_DAY:]:
        with_years = not one.startswith("-") and not other.startswith("-")
        if with_years and one != other:
            yield "other_birthday"
        elif with_years and not one.endswith(_UNSAID):
            yield "birthday"
        else:
            yield "birthday_day"
    elif not _days_swapped(one, other) and _UNSAID not in {one[-_DAY:], other[-_DAY:]}:
        yield "other_birthday"


def _days_swapped(one: str, other: str) -> bool:
    """Tell whether two birthdays differ in that day and month changed places."""
    return one[:-_DAY] == other[:-_DAY] and one[-_DAY:] == f"{other[-2:]}-{other[-_DAY:-3]}"


def _of_homes(one: Customer, other: Customer) -> list[Reason]:
    found: set[Reason] = set()
    for mine in homes_of(one.addresses):
        for theirs in homes_of(other.addresses):
            if (mine.line, mine.province) != (theirs.line, theirs.province):
                continue
            if mine.ward and theirs.ward and mine.ward != theirs.ward:
                continue
            found.add("shared_address" if mine.is_vague or theirs.is_vague else "address")
    return ["address"] if "address" in found else list(found)
