"""Look at possible duplicates, merge them, say that they are none, and take that back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from crm.domain.customers.customer import Author, Customer
from crm.domain.duplicates.scoring import (
    EXACT_FROM,
    KeptPair,
    NamedPair,
    PairId,
    PairQuery,
    default_survivor,
    judged,
    settled,
)
from crm.domain.kernel.errors import Busy, Conflict, Invalid, NotFound, Problem, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.paging import Position
from crm.domain.kernel.times import stamp
from crm.domain.merges.merge import Merge
from crm.usecases.customers.editing import NewId
from crm.usecases.duplicates.detection import DetectionPorts, watch_changes
from crm.usecases.merges.merges import MergePorts, Partner, merge_customers

Outcome = Literal["merged", "gone", "not_found", "refused", "busy"]
#: So many pairs are merged in one request.
MOST_AT_ONCE = 100
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The ports that acting on pairs takes."""

    detection: DetectionPorts
    ports: MergePorts


class ShownPair(NamedTuple):
    """A pair with both of its customers, the lower id first."""

    pair: KeptPair
    customers: tuple[Customer, Customer]


class ShownPage(NamedTuple):
    """Some pairs, and where the next ones start."""

    items: Sequence[ShownPair]
    following: Position | None


class PairOutcome(NamedTuple):
    """What became of one pair: the merge, or the code of a message that says why not."""

    id: PairId
    outcome: Outcome
    merge: Merge | None = None
    code: str | None = None
    params: Mapping[str, Any] = MappingProxyType({})


def list_pairs(merchant_id: MerchantId, query: PairQuery, *, duplicates: Duplicates) -> ShownPage:
    """Return the next pairs whose customers are both there, the likeliest first."""
    page = duplicates.detection.pairs.page(merchant_id, query)
    ids = [each for pair in page.pairs for each in pair.id]
    known = duplicates.detection.customers.get_many(merchant_id, ids) if ids else {}
    shown = [
        ShownPair(pair, (known[pair.id.lower], known[pair.id.higher]))
        for pair in page.pairs
        if all(each in known and known[each].status == "active" for each in pair.id)
    ]
    return ShownPage(shown, page.following)


def accept_pair(
    merchant_id: MerchantId,
    pair_id: PairId,
    survivor_id: CustomerId | None,
    keep: Mapping[str, str],
    *,
    by: Author,
    now: datetime,
    new_id: NewId,
    duplicates: Duplicates,
) -> Merge:
    """Merge the two customers of a pair; of two that are merged already, return that merge.

    Without a survivor, who has more orders stays, else the older, else the lower id. Raises
    `Conflict` for a pair that somebody dismissed, or one of whose customers is not there any more.
    """
    pair = duplicates.detection.pairs.get(merchant_id, pair_id)
    one, other = _both(merchant_id, pair_id, duplicates)
    if merge := _merge_between(merchant_id, one, other, duplicates):
        return merge
    if pair.status == "dismissed":
        raise Conflict("pair_dismissed")
    if not one.status == other.status == "active":
        raise Conflict("pair_gone")
    if survivor_id is None:
        survivor_id = default_survivor(one, other)
    if survivor_id not in pair_id:
        raise Invalid("invalid_fields", Problem("survivor_id", "pair_survivor"))
    merge = merge_customers(
        merchant_id,
        new_id(now),
        survivor_id,
        Partner(pair_id.other(survivor_id)),
        keep,
        by=by,
        now=now,
        ports=duplicates.ports,
    )
    _leave_list(merchant_id, pair, now, duplicates)
    return merge


def accept_pairs(
    merchant_id: MerchantId,
    pair_ids: Sequence[PairId] | None,
    *,
    by: Author,
    now: datetime,
    new_id: NewId,
    duplicates: Duplicates,
) -> list[PairOutcome]:
    """Merge pairs one by one, each with an outcome; without ids, the first that are exact.

    An exact pair is looked at again first: it has to be exact as both stand now.
    """
    only_exact = pair_ids is None
    if pair_ids is None:
        query = PairQuery(least=EXACT_FROM, limit=MOST_AT_ONCE)
        pair_ids = [pair.id for pair in duplicates.detection.pairs.page(merchant_id, query).pairs]
    outcomes = []
    for each in dict.fromkeys(pair_ids):
        try:
            if only_exact:
                _refuse_inexact(merchant_id, each, duplicates)
            merge = accept_pair(
                merchant_id,
                each,
                None,
                {},
                by=by,
                now=now,
                new_id=new_id,
                duplicates=duplicates,
            )
            outcomes.append(PairOutcome(each, "merged", merge))
        except NotFound as error:
            outcomes.append(PairOutcome(each, "not_found", code=error.code))
        except Conflict as error:
            gone = error.code in {"pair_gone", "merge_same_person"}
            outcome: Outcome = "gone" if gone else "refused"
            outcomes.append(PairOutcome(each, outcome, None, error.code, error.params))
        except Busy as error:
            outcomes.append(PairOutcome(each, "busy", code=error.code))
    return outcomes


def dismiss_pair(
    merchant_id: MerchantId, pair_id: PairId, *, by: Author, now: datetime, duplicates: Duplicates
) -> ShownPair:
    """Say that two customers are not one person; it is remembered whatever comes to light."""
    for _ in range(_ROUNDS):
        pair = duplicates.detection.pairs.get(merchant_id, pair_id)
        both = _both(merchant_id, pair_id, duplicates)
        if _merged(*both):
            raise Conflict("pair_merged")
        if pair.status == "dismissed":
            return ShownPair(pair, both)
        after = replace(pair, status="dismissed", decided_at=stamp(now), decided_by=by.actor)
        try:
            duplicates.detection.pairs.replace(merchant_id, pair, after)
        except Stale:
            continue
        return ShownPair(after, both)
    raise Busy("busy")


def reopen_pair(
    merchant_id: MerchantId, pair_id: PairId, *, now: datetime, duplicates: Duplicates
) -> ShownPair:
    """Take back that two customers are not one person; what speaks for it is looked up anew."""
    for _ in range(_ROUNDS):
        pair = duplicates.detection.pairs.get(merchant_id, pair_id)
        both = _both(merchant_id, pair_id, duplicates)
        if pair.status != "dismissed":
            return ShownPair(pair, both)
        after = replace(pair, status="open", decided_at=None, decided_by=None)
        try:
            duplicates.detection.pairs.replace(merchant_id, pair, after)
        except Stale:
            continue
        named = [NamedPair(merchant_id, pair_id)]
        watch_changes([], named, now=now, detection=duplicates.detection)
        return ShownPair(after, both)
    raise Busy("busy")


def _both(
    merchant_id: MerchantId, pair_id: PairId, duplicates: Duplicates
) -> tuple[Customer, Customer]:
    known = duplicates.detection.customers.get_many(merchant_id, pair_id)
    if len(known) < len(pair_id):
        raise NotFound("pair_not_found")
    return known[pair_id.lower], known[pair_id.higher]


def _merged(one: Customer, other: Customer) -> bool:
    return one.merged_into == other.id or other.merged_into == one.id


def _merge_between(
    merchant_id: MerchantId, one: Customer, other: Customer, duplicates: Duplicates
) -> Merge | None:
    """Return the merge that made two records one, if one did."""
    if not _merged(one, other):
        return None
    survivor, loser = (one, other) if other.merged_into == one.id else (other, one)
    return duplicates.ports.merges.get(merchant_id, survivor.merged_from[loser.id])


def _refuse_inexact(merchant_id: MerchantId, pair_id: PairId, duplicates: Duplicates) -> None:
    """Raise `Conflict` for a pair that is not exact as both of its customers stand now."""
    one, other = _both(merchant_id, pair_id, duplicates)
    if not one.status == other.status == "active":
        raise Conflict("pair_gone")
    if judged(one, other).score < EXACT_FROM:
        raise Conflict("pair_not_exact")


def _leave_list(
    merchant_id: MerchantId, pair: KeptPair, now: datetime, duplicates: Duplicates
) -> None:
    """Take a merged pair off the list at once; where it moved meanwhile, the radar will."""
    one, other = _both(merchant_id, pair.id, duplicates)
    after = settled(pair, one, other, together=False, at=stamp(now), pair=pair.id)
    try:
        duplicates.detection.pairs.replace(merchant_id, pair, after)
    except Stale:
        return
