"""Keep the pairs of possible duplicates in step with customers: each write moves only its own.

Whoever processes a write reads customers as they stand, not as the record tells them, and looks
again after writing a pair. So records may come twice or in any order, and beside each other: the
last of them leaves what a comparison of all customers would find.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import NamedTuple

from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import Customer
from crm.domain.duplicates.blocking_keys import COMPARED, BlockingKey, blocking_keys_of
from crm.domain.duplicates.scoring import (
    KeptPair,
    NamedPair,
    PairId,
    compared_fields_changed,
    pair_id,
    settled,
)
from crm.domain.kernel.errors import Busy, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import stamp
from crm.ports.customers import Customers
from crm.ports.duplicates import BlockingKeyIndex, Pairs
from crm.ports.lists import CustomerWalk

#: So many customers are marked at once before anybody is looked for, so that those who are pushed
#: out of a crowded clue are still among the first who are looked at.
_PORTION = 10
#: How many of a crowded clue's customers at its edge are compared anew when one comes or goes.
_EDGE = 10
_ROUNDS = 6

type _Found = Mapping[BlockingKey, Sequence[CustomerId]]


@dataclass(slots=True)
class _Watched:
    """A customer whose likeness changed: the clues that came or went, and whether all are new."""

    moved: set[BlockingKey] = field(default_factory=set)
    is_new: bool = True


class Compared(NamedTuple):
    """How far a bucket is compared: the last customer if more follow, and how many there were."""

    after: CustomerId | None = None
    compared: int = 0


@dataclass(frozen=True, slots=True)
class DetectionPorts:
    """What the radar needs of the world."""

    customers: Customers
    blocking_key_index: BlockingKeyIndex
    pairs: Pairs


def watch_changes(
    changes: Iterable[CustomerChange],
    named: Iterable[NamedPair],
    *,
    now: datetime,
    detection: DetectionPorts,
) -> int:
    """Bring the pairs of everybody up to date whose likeness changed; return of how many."""
    watched: dict[MerchantId, dict[CustomerId, _Watched]] = defaultdict(dict)
    for change in changes:
        if not compared_fields_changed(change.before, change.after):
            continue
        mine = watched[change.merchant_id].setdefault(change.customer_id, _Watched())
        mine.moved |= _blocking_keys(change.before) ^ _blocking_keys(change.after)
        mine.is_new &= change.before is None
    for merchant_id, pair in named:
        watched[merchant_id].setdefault(pair.lower, _Watched()).is_new = False
    for merchant_id, customers in watched.items():
        _settle_all(merchant_id, customers, now, detection)
    return sum(map(len, watched.values()))


def compare_bucket(
    merchant_id: MerchantId,
    bucket: str,
    so_far: Compared,
    *,
    now: datetime,
    detection: DetectionPorts,
    walk: CustomerWalk,
) -> Compared:
    """Bring the pairs of the next customers of a bucket up to date, as the rules are now.

    For a book that is older than the radar or its rules; doing it again does no more.
    """
    page = walk.page(merchant_id, bucket, so_far.after)
    watched = {
        each.id: _Watched({*blocking_keys_of(each)}, is_new=False) for each in page.customers
    }
    _settle_all(merchant_id, watched, now, detection)
    return Compared(page.last, so_far.compared + len(watched))


def _settle_all(
    merchant_id: MerchantId,
    watched: Mapping[CustomerId, _Watched],
    now: datetime,
    detection: DetectionPorts,
) -> None:
    for some in batched(watched.items(), _PORTION, strict=False):
        _Sweep(merchant_id, stamp(now), detection).settle(dict(some))


class _Sweep:
    """Settles the pairs of a few customers of a merchant."""

    def __init__(self, merchant_id: MerchantId, at: str, detection: DetectionPorts) -> None:
        self._merchant_id, self._at, self._detection = merchant_id, at, detection
        self._truths: dict[CustomerId, Customer | None] = {}

    def settle(self, watched: Mapping[CustomerId, _Watched]) -> None:
        """Mark what the customers are found by now, and settle their pairs."""
        self._read(watched)
        self._mark(watched)
        moved = set[BlockingKey]().union(*(mine.moved for mine in watched.values()))
        left = {
            blocking_key
            for each, mine in watched.items()
            for blocking_key in mine.moved - _blocking_keys(self._truths[each])
        }
        found = self._found(moved.union(*(_blocking_keys(self._truths[each]) for each in watched)))
        edge = _edge_of(moved, left, found, watched.keys())
        self._settle_until_still(watched, found)
        if edge:
            self._settle_until_still({each: _Watched(is_new=False) for each in edge})

    def _settle_until_still(
        self, watched: Mapping[CustomerId, _Watched], found: _Found | None = None
    ) -> None:
        for _ in range(_ROUNDS):
            try:
                written = self._settle(watched, found)
            except Stale:
                self._truths.clear()
            else:
                seen = {each: self._truths[each] for each in written}
                self._truths = {}
                now = self._read(written)
                if not any(compared_fields_changed(seen[each], now[each]) for each in written):
                    return
            watched, found = {each: _Watched(is_new=False) for each in watched}, None
        raise Busy("busy")

    def _settle(
        self, watched: Mapping[CustomerId, _Watched], found: _Found | None
    ) -> set[CustomerId]:
        """Write what is not as it should be; return whose pairs were written."""
        self._read(watched)
        blocking_keys = {each: _blocking_keys(self._truths[each]) for each in watched}
        if found is None:
            found = self._found(set[BlockingKey]().union(*blocking_keys.values()))
        written: set[CustomerId] = set()
        for each, mine in watched.items():
            groups = [found[blocking_key][:COMPARED] for blocking_key in blocking_keys[each]]
            others = {other for group in groups if each in group for other in group} - {each}
            if others or not mine.is_new:
                written |= self._settle_one(each, others)
        return written

    def _settle_one(self, me: CustomerId, others: Collection[CustomerId]) -> set[CustomerId]:
        known = {pair.id: pair for pair in self._detection.pairs.of(self._merchant_id, me)}
        wanted = {*known, *(pair_id(me, other) for other in others)}
        self._read(customer for pair in wanted for customer in pair)
        written: set[CustomerId] = set()
        for pair in sorted(wanted):
            together = pair.other(me) in others
            if self._settle_pair(pair, known.get(pair), together=together):
                written |= {*pair}
        return written

    def _settle_pair(self, pair: PairId, before: KeptPair | None, *, together: bool) -> bool:
        after = settled(
            before,
            self._truths[pair.lower],
            self._truths[pair.higher],
            together=together,
            at=self._at,
            pair=pair,
        )
        if after == before:
            return False
        self._detection.pairs.replace(self._merchant_id, before, after)
        return True

    def _mark(self, watched: Mapping[CustomerId, _Watched]) -> None:
        joined: list[tuple[CustomerId, BlockingKey]] = []
        left: list[tuple[CustomerId, BlockingKey]] = []
        for each, mine in watched.items():
            now = _blocking_keys(self._truths[each])
            for blocking_key in sorted(mine.moved):
                (joined if blocking_key in now else left).append((each, blocking_key))
        self._detection.blocking_key_index.mark(self._merchant_id, joined, left)

    def _found(self, blocking_keys: Collection[BlockingKey]) -> _Found:
        """Return the first of those who really have each clue, whatever is kept of it.

        Who was merged holds claims for the survivor.
        """
        sharing = (
            self._detection.blocking_key_index.sharing(self._merchant_id, blocking_keys)
            if blocking_keys
            else {}
        )
        kept = self._read(each for found in sharing.values() for each in found)
        stands_for = {each: (it.merged_into if it else None) or each for each, it in kept.items()}
        self._read(stands_for.values())
        return {
            blocking_key: sorted(
                {
                    stands_for[each]
                    for each in sharing.get(blocking_key, ())
                    if blocking_key in _blocking_keys(self._truths[stands_for[each]])
                }
            )
            for blocking_key in blocking_keys
        }

    def _read(self, customer_ids: Iterable[CustomerId]) -> Mapping[CustomerId, Customer | None]:
        """Read customers that were not read yet, as they stand; return all that are asked for."""
        asked = dict.fromkeys(customer_ids)
        unread = [each for each in asked if self._truths.get(each) is None]
        if unread:
            found = self._detection.customers.get_many(self._merchant_id, unread)
            self._truths |= {each: found.get(each) for each in unread}
        return {each: self._truths[each] for each in asked}


def _edge_of(
    moved: Collection[BlockingKey],
    left: Collection[BlockingKey],
    found: _Found,
    watched: Collection[CustomerId],
) -> set[CustomerId]:
    """Return who came into comparison, or went out of it, because a watched customer moved.

    Only clues that more share than are compared have an edge.
    """
    edge: set[CustomerId] = set()
    for blocking_key in moved:
        compared, waiting = found[blocking_key][:COMPARED], found[blocking_key][COMPARED:]
        if blocking_key in left and len(compared) == COMPARED:
            edge |= {*compared[-_EDGE:]}
        if waiting and not set(compared).isdisjoint(watched):
            edge |= {*waiting}
    return edge.difference(watched)


def _blocking_keys(customer: Customer | None) -> frozenset[BlockingKey]:
    return blocking_keys_of(customer) if customer else frozenset()
