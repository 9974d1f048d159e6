"""Keep the pairs of possible duplicates in step with customers, one changed customer at a time.

Each update reads the current customers rather than those of the stream's record, and checks them
again after writing a pair. So records may be repeated, reordered or processed concurrently: the
last one leaves the pairs that a comparison of all customers would find.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import batched
from typing import NamedTuple

from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import Customer
from crm.domain.duplicates.blocking_keys import MOST_COMPARED, BlockingKey, blocking_keys_of
from crm.domain.duplicates.scoring import (
    KeptPair,
    NamedPair,
    PairId,
    compared_fields_changed,
    pair_id,
    updated_pair,
)
from crm.domain.kernel.conflicts import retry_on_conflict
from crm.domain.kernel.errors import Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import stamp
from crm.ports.customers import Customers
from crm.ports.duplicates import BlockingKeyIndex, Pairs
from crm.ports.lists import CustomerWalk

#: Customers whose keys are written before candidates are read. Few enough that those pushed out of
#: the compared ones of a crowded key are still among the candidates read.
_CUSTOMERS_A_BATCH = 10
#: Customers at the edge of a crowded key that are compared again when another one leaves.
_EDGE_SIZE = 10
_ROUNDS = 6

type _Candidates = Mapping[BlockingKey, Sequence[CustomerId]]


@dataclass(slots=True)
class _ChangedCustomer:
    """A changed customer: the blocking keys it gained or lost, and whether it is new."""

    changed_keys: set[BlockingKey] = field(default_factory=set)
    is_new: bool = True


class BucketProgress(NamedTuple):
    """Progress of comparing a bucket: the last customer if more follow, and the count so far."""

    after: CustomerId | None = None
    compared: int = 0


@dataclass(frozen=True, slots=True)
class DetectionPorts:
    """Ports for duplicate detection."""

    customers: Customers
    blocking_key_index: BlockingKeyIndex
    pairs: Pairs


def detect_duplicates(
    changes: Iterable[CustomerChange],
    named: Iterable[NamedPair],
    *,
    now: datetime,
    detection: DetectionPorts,
) -> int:
    """Update the pairs of customers that changed or that events name; return how many.

    Changes of fields that scoring does not use are skipped.
    """
    watched: dict[MerchantId, dict[CustomerId, _ChangedCustomer]] = defaultdict(dict)
    for change in changes:
        if not compared_fields_changed(change.before, change.after):
            continue
        mine = watched[change.merchant_id].setdefault(change.customer_id, _ChangedCustomer())
        mine.changed_keys |= _blocking_keys(change.before) ^ _blocking_keys(change.after)
        mine.is_new &= change.before is None
    for merchant_id, pair in named:
        watched[merchant_id].setdefault(pair.lower, _ChangedCustomer()).is_new = False
    for merchant_id, customers in watched.items():
        _update_all(merchant_id, customers, now, detection)
    return sum(map(len, watched.values()))


def compare_bucket(
    merchant_id: MerchantId,
    bucket: str,
    so_far: BucketProgress,
    *,
    now: datetime,
    detection: DetectionPorts,
    walk: CustomerWalk,
) -> BucketProgress:
    """Update the pairs of a bucket's next customers under the current rules.

    For customers older than duplicate detection or its rules. Idempotent.
    """
    page = walk.page(merchant_id, bucket, so_far.after)
    watched = {
        each.id: _ChangedCustomer({*blocking_keys_of(each)}, is_new=False)
        for each in page.customers
    }
    _update_all(merchant_id, watched, now, detection)
    return BucketProgress(page.last, so_far.compared + len(watched))


def _update_all(
    merchant_id: MerchantId,
    watched: Mapping[CustomerId, _ChangedCustomer],
    now: datetime,
    detection: DetectionPorts,
) -> None:
    for some in batched(watched.items(), _CUSTOMERS_A_BATCH, strict=False):
        _PairUpdate(merchant_id, stamp(now), detection).run(dict(some))


class _PairUpdate:
    """Updates the pairs of a few customers of a merchant."""

    def __init__(self, merchant_id: MerchantId, at: str, detection: DetectionPorts) -> None:
        self._merchant_id, self._at, self._detection = merchant_id, at, detection
        self._customers: dict[CustomerId, Customer | None] = {}

    def run(self, watched: Mapping[CustomerId, _ChangedCustomer]) -> None:
        """Write the customers' current blocking keys, then update their pairs."""
        self._read(watched)
        self._update_index(watched)
        changed_keys = set[BlockingKey]().union(*(mine.changed_keys for mine in watched.values()))
        lost_keys = {
            blocking_key
            for each, mine in watched.items()
            for blocking_key in mine.changed_keys - _blocking_keys(self._customers[each])
        }
        candidates = self._find_candidates(
            changed_keys.union(*(_blocking_keys(self._customers[each]) for each in watched))
        )
        edge = _edge_of(changed_keys, lost_keys, candidates, watched.keys())
        self._update_until_stable(watched, candidates)
        if edge:
            self._update_until_stable({each: _ChangedCustomer(is_new=False) for each in edge})

    def _update_until_stable(
        self, watched: Mapping[CustomerId, _ChangedCustomer], candidates: _Candidates | None = None
    ) -> None:
        def again() -> None:
            changed = {each: _ChangedCustomer(is_new=False) for each in watched}
            self._update_once(changed, None)

        first = partial(self._update_once, watched, candidates)
        retry_on_conflict(again, first=first, rounds=_ROUNDS)

    def _update_once(
        self, watched: Mapping[CustomerId, _ChangedCustomer], candidates: _Candidates | None
    ) -> None:
        """Update the pairs; raise `Stale` if a compared customer changed meanwhile.

        Customers that were read after the update stay cached for the next attempt.
        """
        try:
            written = self._update_pairs(watched, candidates)
        except Stale:
            self._customers.clear()
            raise
        seen = {each: self._customers[each] for each in written}
        self._customers = {}
        now = self._read(written)
        if any(compared_fields_changed(seen[each], now[each]) for each in written):
            raise Stale("stale", current_version=None)

    def _update_pairs(
        self, watched: Mapping[CustomerId, _ChangedCustomer], candidates: _Candidates | None
    ) -> set[CustomerId]:
        """Write the pairs that differ; return their customers."""
        self._read(watched)
        blocking_keys = {each: _blocking_keys(self._customers[each]) for each in watched}
        if candidates is None:
            candidates = self._find_candidates(set[BlockingKey]().union(*blocking_keys.values()))
        written: set[CustomerId] = set()
        for each, mine in watched.items():
            groups = [
                candidates[blocking_key][:MOST_COMPARED] for blocking_key in blocking_keys[each]
            ]
            others = {other for group in groups if each in group for other in group} - {each}
            if others or not mine.is_new:
                written |= self._update_pairs_of(each, others)
        return written

    def _update_pairs_of(self, me: CustomerId, others: Collection[CustomerId]) -> set[CustomerId]:
        stored = {pair.id: pair for pair in self._detection.pairs.of(self._merchant_id, me)}
        wanted = {*stored, *(pair_id(me, other) for other in others)}
        self._read(customer for pair in wanted for customer in pair)
        written: set[CustomerId] = set()
        for pair in sorted(wanted):
            together = pair.other(me) in others
            if self._update_pair(pair, stored.get(pair), together=together):
                written |= {*pair}
        return written

    def _update_pair(self, pair: PairId, before: KeptPair | None, *, together: bool) -> bool:
        after = updated_pair(
            before,
            self._customers[pair.lower],
            self._customers[pair.higher],
            together=together,
            at=self._at,
            pair=pair,
        )
        if after == before:
            return False
        self._detection.pairs.replace(self._merchant_id, before, after)
        return True

    def _update_index(self, watched: Mapping[CustomerId, _ChangedCustomer]) -> None:
        added: list[tuple[CustomerId, BlockingKey]] = []
        removed: list[tuple[CustomerId, BlockingKey]] = []
        for each, mine in watched.items():
            now = _blocking_keys(self._customers[each])
            for blocking_key in sorted(mine.changed_keys):
                (added if blocking_key in now else removed).append((each, blocking_key))
        self._detection.blocking_key_index.update(self._merchant_id, added, removed)

    def _find_candidates(self, blocking_keys: Collection[BlockingKey]) -> _Candidates:
        """Return the first customers that really have each key, by id.

        Index rows may be outdated, and a merged customer holds claims for its survivor.
        """
        indexed = (
            self._detection.blocking_key_index.find(self._merchant_id, blocking_keys)
            if blocking_keys
            else {}
        )
        stored = self._read(each for ids in indexed.values() for each in ids)
        current = {each: (it.merged_into if it else None) or each for each, it in stored.items()}
        self._read(current.values())
        return {
            blocking_key: sorted(
                {
                    current[each]
                    for each in indexed.get(blocking_key, ())
                    if blocking_key in _blocking_keys(self._customers[current[each]])
                }
            )
            for blocking_key in blocking_keys
        }

    def _read(self, customer_ids: Iterable[CustomerId]) -> Mapping[CustomerId, Customer | None]:
        """Read customers that are not cached yet; return all that are requested."""
        requested = dict.fromkeys(customer_ids)
        unread = [each for each in requested if self._customers.get(each) is None]
        if unread:
            stored = self._detection.customers.get_many(self._merchant_id, unread)
            self._customers |= {each: stored.get(each) for each in unread}
        return {each: self._customers[each] for each in requested}


def _edge_of(
    changed_keys: Collection[BlockingKey],
    lost_keys: Collection[BlockingKey],
    candidates: _Candidates,
    watched: Collection[CustomerId],
) -> set[CustomerId]:
    """Return the customers that are now compared, or no longer, because a watched one changed.

    Only keys with more customers than are compared have an edge.
    """
    edge: set[CustomerId] = set()
    for blocking_key in changed_keys:
        having_key = candidates[blocking_key]
        compared, waiting = having_key[:MOST_COMPARED], having_key[MOST_COMPARED:]
        if blocking_key in lost_keys and len(compared) == MOST_COMPARED:
            edge |= {*compared[-_EDGE_SIZE:]}
        if waiting and not set(compared).isdisjoint(watched):
            edge |= {*waiting}
    return edge.difference(watched)


def _blocking_keys(customer: Customer | None) -> frozenset[BlockingKey]:
    return blocking_keys_of(customer) if customer else frozenset()
