"""List possible duplicates, merge them, dismiss them and reopen them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from crm.domain.customers.customer import Customer
from crm.domain.duplicates.scoring import (
    EXACT_FROM,
    KeptPair,
    NamedPair,
    PairId,
    PairQuery,
    default_survivor,
    score_pair,
    updated_pair,
)
from crm.domain.kernel.acts import Act
from crm.domain.kernel.conflicts import retry_on_conflict
from crm.domain.kernel.errors import Busy, Conflict, Invalid, NotFound, Problem, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.paging import Cursor
from crm.domain.kernel.times import stamp
from crm.domain.merges.merge import Merge
from crm.usecases.duplicates.detection import DetectionPorts, detect_duplicates
from crm.usecases.merges.merges import MergePorts, Partner, merge_customers

Outcome = Literal["merged", "gone", "not_found", "refused", "busy"]
#: Pairs merged in one request.
MOST_AT_ONCE = 100
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Ports for listing, merging and dismissing pairs."""

    detection: DetectionPorts
    ports: MergePorts


class ShownPair(NamedTuple):
    """A pair with both of its customers, the lower id first."""

    pair: KeptPair
    customers: tuple[Customer, Customer]


class ShownPage(NamedTuple):
    """A page of pairs, and the position of the next page if there may be one."""

    items: Sequence[ShownPair]
    following: Cursor | None


class PairOutcome(NamedTuple):
    """The outcome for one pair: the merge, or the code of the message that says why not."""

    id: PairId
    outcome: Outcome
    merge: Merge | None = None
    code: str | None = None
    params: Mapping[str, Any] = MappingProxyType({})


def list_pairs(merchant_id: MerchantId, query: PairQuery, *, duplicates: Duplicates) -> ShownPage:
    """Return the next pairs whose customers are both active, the likeliest first."""
    page = duplicates.detection.pairs.page(merchant_id, query)
    ids = [each for pair in page.pairs for each in pair.id]
    customers = duplicates.detection.customers.get_many(merchant_id, ids) if ids else {}
    shown = [
        ShownPair(pair, (customers[pair.id.lower], customers[pair.id.higher]))
        for pair in page.pairs
        if all(each in customers and customers[each].status == "active" for each in pair.id)
    ]
    return ShownPage(shown, page.following)


def accept_pair(
    merchant_id: MerchantId,
    pair_id: PairId,
    survivor_id: CustomerId | None,
    keep: Mapping[str, str],
    *,
    act: Act,
    duplicates: Duplicates,
) -> Merge:
    """Merge the two customers of a pair; if they are merged already, return that merge.

    The default survivor has more orders, else is older, else has the lower id. Raises `Conflict`
    if the pair is dismissed or one of its customers is not active, and `Invalid` for a survivor
    outside the pair.
    """
    pair = duplicates.detection.pairs.get(merchant_id, pair_id)
    one, other = _customers_of(merchant_id, pair_id, duplicates)
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
        act.new_id(),
        survivor_id,
        Partner(pair_id.other(survivor_id)),
        keep,
        act=act,
        ports=duplicates.ports,
    )
    _unlist_merged_pair(merchant_id, pair, act.now, duplicates)
    return merge


def accept_pairs(
    merchant_id: MerchantId,
    pair_ids: Sequence[PairId] | None,
    *,
    act: Act,
    duplicates: Duplicates,
) -> list[PairOutcome]:
    """Merge pairs one by one and return their outcomes; without ids, merge the first exact pairs.

    Without ids, each pair is scored again first: it must be exact for the current customers.
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
                act=act,
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
    merchant_id: MerchantId, pair_id: PairId, *, act: Act, duplicates: Duplicates
) -> ShownPair:
    """Record that two customers are not one person, whatever evidence follows."""

    def attempt() -> ShownPair:
        pair = duplicates.detection.pairs.get(merchant_id, pair_id)
        both = _customers_of(merchant_id, pair_id, duplicates)
        if _are_merged(*both):
            raise Conflict("pair_merged")
        if pair.status == "dismissed":
            return ShownPair(pair, both)
        after = replace(pair, status="dismissed", decided_at=act.at, decided_by=act.by.actor)
        duplicates.detection.pairs.replace(merchant_id, pair, after)
        return ShownPair(after, both)

    return retry_on_conflict(attempt, rounds=_ROUNDS)


def reopen_pair(
    merchant_id: MerchantId, pair_id: PairId, *, now: datetime, duplicates: Duplicates
) -> ShownPair:
    """Reopen a dismissed pair and score it again."""

    def attempt() -> tuple[ShownPair, bool]:
        pair = duplicates.detection.pairs.get(merchant_id, pair_id)
        both = _customers_of(merchant_id, pair_id, duplicates)
        if pair.status != "dismissed":
            return ShownPair(pair, both), False
        after = replace(pair, status="open", decided_at=None, decided_by=None)
        duplicates.detection.pairs.replace(merchant_id, pair, after)
        return ShownPair(after, both), True

    shown, is_reopened = retry_on_conflict(attempt, rounds=_ROUNDS)
    if is_reopened:
        named = [NamedPair(merchant_id, pair_id)]
        detect_duplicates([], named, now=now, detection=duplicates.detection)
    return shown


def _customers_of(
    merchant_id: MerchantId, pair_id: PairId, duplicates: Duplicates
) -> tuple[Customer, Customer]:
    customers = duplicates.detection.customers.get_many(merchant_id, pair_id)
    if len(customers) < len(pair_id):
        raise NotFound("pair_not_found")
    return customers[pair_id.lower], customers[pair_id.higher]


def _are_merged(one: Customer, other: Customer) -> bool:
    return one.merged_into == other.id or other.merged_into == one.id


def _merge_between(
    merchant_id: MerchantId, one: Customer, other: Customer, duplicates: Duplicates
) -> Merge | None:
    """Return the merge of one customer into the other, or None."""
    if not _are_merged(one, other):
        return None
    survivor, loser = (one, other) if other.merged_into == one.id else (other, one)
    return duplicates.ports.merges.get(merchant_id, survivor.merged_from[loser.id])


def _refuse_inexact(merchant_id: MerchantId, pair_id: PairId, duplicates: Duplicates) -> None:
    """Raise `Conflict` if a pair is not exact for its current customers."""
    one, other = _customers_of(merchant_id, pair_id, duplicates)
    if not one.status == other.status == "active":
        raise Conflict("pair_gone")
    if score_pair(one, other).score < EXACT_FROM:
        raise Conflict("pair_not_exact")


def _unlist_merged_pair(
    merchant_id: MerchantId, pair: KeptPair, now: datetime, duplicates: Duplicates
) -> None:
    """Unlist a merged pair at once; if it changed meanwhile, duplicate detection does so later."""
    one, other = _customers_of(merchant_id, pair.id, duplicates)
    after = updated_pair(pair, one, other, together=False, at=stamp(now), pair=pair.id)
    try:
        duplicates.detection.pairs.replace(merchant_id, pair, after)
    except Stale:
        return
