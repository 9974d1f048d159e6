"""Score pairs of customers that may be one person, with reasons for and against.

reason          points  when
--------------  ------  -------------------------------------------------------------------
card                60  same membership card
external_id         60  same id on another platform
email               60  same e-mail address
phone               50  same phone
mailbox             50  two spellings of the same Gmail address
conflict            40  an order or another event identified both as one person
birthday            35  same birthday with its year
address             35  same line and province, wards that do not contradict
name                30  same name (`crm.domain.duplicates.name_similarity`)
short_name          25  one name shortens the other
part_name           15  only the given name
birthday_day        10  same day of the year, year unknown or the first of January
shared_address      10  same hamlet, or same block without a flat, in one ward
initials            10  initials match the name
no_name             10  exactly one has no name, and they share an identity or an event
name_slip            5  names differ by one letter; at most 55 points without same birthday
name_accents         0  tones differ; at most 55 points without same birthday
other_gender       -15  male and female
other_birthday     -30  birthdays differ
other_name         -45  names differ; the pair is at most possible

A pair is `possible`, `likely` from 60 points, and `exact` (95 to 100) only with a shared identity,
the same name and no reason against it. Pairs are listed from 40 points; those that share an
identity, or that an event identified as one person, are always listed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from crm.domain.customers.customer import Customer, IdentityKind
from crm.domain.duplicates.blocking_keys import homes_of, mailbox_of
from crm.domain.duplicates.name_similarity import NameSimilarity, has_name, name_similarity
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.paging import Cursor

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
#: Highest score of different names: families share a phone and an address.
_MOST_FOR_OTHER_NAMES = 45
#: Highest score of names that differ by one sound: brothers have such names.
_MOST_FOR_NEAR_NAMES = 55

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
_NEW_YEAR = "01-01"
_DAY = 5  # characters of a birthday without its year: "05-17"


class EventEvidence(NamedTuple):
    """An event that identified two customers as one person: kind of identity, source, time."""

    kind: IdentityKind
    source: str
    at: str


class PairScore(NamedTuple):
    """How likely two customers are one person, 0 to 100, with the strongest reason first."""

    score: int
    reasons: tuple[Reason, ...]

    @property
    def is_listed(self) -> bool:
        """Whether the pair is shown to merchants."""
        is_certain = not _IDENTITIES.isdisjoint(self.reasons) or "conflict" in self.reasons
        return is_certain or self.score >= LISTED_FROM


class PairId(NamedTuple):
    """The ids of two customers, the lower one first."""

    lower: CustomerId
    higher: CustomerId

    def other(self, customer_id: CustomerId) -> CustomerId:
        """Return the other customer of the pair."""
        return self.lower if customer_id == self.higher else self.higher


class NamedPair(NamedTuple):
    """Two customers of a merchant that an event identified as one person."""

    merchant_id: MerchantId
    id: PairId


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPair:
    """A stored pair; an unlisted one only keeps decisions of people and evidence of events."""

    id: PairId
    status: PairStatus = "open"
    is_listed: bool = False
    score: int = 0
    reasons: tuple[Reason, ...] = ()
    found_at: str = ""
    named: EventEvidence | None = None
    decided_at: str | None = None
    decided_by: str | None = None


class PairQuery(NamedTuple):
    """A request for a page of pairs, the highest score first."""

    status: Literal["open", "dismissed"] = "open"
    least: int = 0
    reason: Reason | None = None
    limit: int = 50
    after: Cursor | None = None


class PairPage(NamedTuple):
    """A page of pairs, and the position of the next page if there may be one."""

    pairs: tuple[KeptPair, ...]
    following: Cursor | None


def pair_id(one: CustomerId, other: CustomerId) -> PairId:
    """Return the pair of two customers, in the order of their ids."""
    return PairId(*sorted((one, other)))


def format_pair_id(pair: PairId) -> str:
    """Return the id of a pair as the API writes it: both ids, joined by a hyphen."""
    return f"{pair.lower}-{pair.higher}"


def parse_pair_id(spelled: str) -> PairId | None:
    """Return the pair that an id of the API names, or None for any other text."""
    lower, _, higher = spelled.partition("-")
    return PairId(CustomerId(lower), CustomerId(higher)) if "" < lower < higher else None


def position_of(pair: KeptPair) -> Cursor:
    """Return the position of a pair in the list of its status."""
    return Cursor(pair.score, format_pair_id(pair.id))


def strength_of(score: int) -> Strength:
    """Return the strength of a score."""
    return "exact" if score >= EXACT_FROM else "likely" if score >= LIKELY_FROM else "possible"


def score_pair(one: Customer, other: Customer, *, named: bool = False) -> PairScore:
    """Return how likely two customers are one person, from these two records alone."""
    shared = list(_shared_identities(one, other))
    similarity = name_similarity(one.full_name, other.full_name)
    reasons: list[Reason] = list(shared)
    if named:
        reasons.append("conflict")
    if similarity != "unknown":
        reasons.append(_REASON_OF_NAME[similarity])
    elif (shared or named) and has_name(one.full_name) != has_name(other.full_name):
        reasons.append("no_name")
    reasons += _birthday_reasons(one.birthday, other.birthday)
    reasons += _address_reasons(one, other)
    if {one.gender, other.gender} == {"male", "female"}:
        reasons.append("other_gender")
    score = sum(POINTS[reason] for reason in reasons)
    if shared and similarity == "same" and _AGAINST.isdisjoint(reasons):
        score = min(max(score, EXACT_FROM), HIGHEST)
    else:
        score = min(score, EXACT_FROM - 1)
    if similarity == "different":
        score = min(score, _MOST_FOR_OTHER_NAMES)
    elif similarity in {"accents", "slip"} and "birthday" not in reasons:
        score = min(score, _MOST_FOR_NEAR_NAMES)
    ordered = sorted(reasons, key=lambda reason: (-abs(POINTS[reason]), reason))
    return PairScore(max(0, score), tuple(ordered))


def updated_pair(
    before: KeptPair | None,
    one: Customer | None,
    other: Customer | None,
    *,
    together: bool,
    at: str,
    pair: PairId,
) -> KeptPair | None:
    """Return the pair to store for the current customers, or None to store nothing.

    `together` tells whether they are compared because they share a blocking key.
    """
    if one is None or other is None or "erased" in {one.status, other.status}:
        return None
    if one.merged_into == other.id or other.merged_into == one.id:
        return before and replace(before, status="merged", is_listed=False)
    decided = before if before and (before.named or _is_dismissed(before)) else None
    if not one.status == other.status == "active":
        return decided and replace(decided, status=_open_or_dismissed(decided), is_listed=False)
    if not (together or decided):
        return None
    stored = before or KeptPair(id=pair)
    scored = score_pair(one, other, named=stored.named is not None)
    if not (scored.is_listed and (together or stored.named)) and not _is_dismissed(stored):
        return None
    return replace(
        stored,
        status=_open_or_dismissed(stored),
        is_listed=True,
        score=scored.score,
        reasons=scored.reasons,
        found_at=stored.found_at or at,
    )


def default_survivor(one: Customer, other: Customer) -> CustomerId:
    """Return the default survivor: more orders, else the older record, else the lower id."""
    return min(
        (one, other), key=lambda each: (-each.metrics.order_count, each.created_at, each.id)
    ).id


def compared_fields_changed(before: Customer | None, after: Customer | None) -> bool:
    """Tell whether a write changed any field that scoring uses; orders change none."""
    return _compared_fields(before) != _compared_fields(after)


def _compared_fields(customer: Customer | None) -> tuple[object, ...]:
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


def _open_or_dismissed(pair: KeptPair) -> PairStatus:
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


def _birthday_reasons(one: str | None, other: str | None) -> Iterator[Reason]:
    if not one or not other:
        return
    if one[-_DAY:] == other[-_DAY:]:
        with_years = not one.startswith("-") and not other.startswith("-")
        if with_years and one != other:
            yield "other_birthday"
        elif with_years and not one.endswith(_NEW_YEAR):
            yield "birthday"
        else:
            yield "birthday_day"
    elif not _are_swapped(one, other) and _NEW_YEAR not in {
        one[-_DAY:],
        other[-_DAY:],
    }:
        yield "other_birthday"


def _are_swapped(one: str, other: str) -> bool:
    """Tell whether two birthdays differ only by swapping day and month."""
    return one[:-_DAY] == other[:-_DAY] and one[-_DAY:] == f"{other[-2:]}-{other[-_DAY:-3]}"


def _address_reasons(one: Customer, other: Customer) -> list[Reason]:
    found: set[Reason] = set()
    for mine in homes_of(one.addresses):
        for theirs in homes_of(other.addresses):
            if (mine.line, mine.province) != (theirs.line, theirs.province):
                continue
            if mine.ward and theirs.ward and mine.ward != theirs.ward:
                continue
            found.add("shared_address" if mine.is_vague or theirs.is_vague else "address")
    return ["address"] if "address" in found else list(found)
