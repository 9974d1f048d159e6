"""Duplicate detection finds the same pairs in whatever order changes are processed."""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import Address, Customer
from crm.domain.duplicates.blocking_keys import MOST_COMPARED
from crm.domain.duplicates.scoring import (
    EXACT_FROM,
    LIKELY_FROM,
    KeptPair,
    NamedPair,
    PairId,
    pair_id,
)
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.merges.changeset import pair_of
from crm.usecases.duplicates.detection import DetectionPorts, detect_duplicates
from tests.builders import MERCHANT, OTHER_MERCHANT, a_customer, moment
from tests.duplicate_customers import compared, duplicate_customers
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.duplicates import InMemoryBlockingKeyIndex, InMemoryPairs

AT = "2026-11-22T05:00:00.000Z"


@dataclass
class Scenario:
    """Customers, their changes as the stream delivers them, and duplicate detection over them."""

    customers: InMemoryCustomers = field(default_factory=InMemoryCustomers)
    pairs: InMemoryPairs = field(default_factory=InMemoryPairs)
    changes: list[CustomerChange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.blocking_key_index = InMemoryBlockingKeyIndex(self.customers)
        self.detection = DetectionPorts(self.customers, self.blocking_key_index, self.pairs)

    def create(self, customer: Customer) -> None:
        self.customers.add(MERCHANT, customer, allow_duplicate=True)
        self._record(None, customer)

    def change(self, customer_id: CustomerId, **fields: object) -> None:
        """Edit a customer without checking claims, as a merge and its undoing do."""
        before = self.customers.get(MERCHANT, customer_id)
        after = replace(before, **fields, revision=before.revision + 1)  # type: ignore[arg-type]
        self.customers.force(MERCHANT, before, after)
        self._record(before, after)

    def detect(self, changes: Sequence[CustomerChange] | None = None, *named: NamedPair) -> None:
        processed = self.changes if changes is None else changes
        detect_duplicates(processed, named, now=moment(), detection=self.detection)

    def listed(self) -> dict[PairId, int]:
        return {pair: score for pair, (_, score) in self.pairs.listed(MERCHANT).items()}

    def _record(self, before: Customer | None, after: Customer) -> None:
        sequence = f"{len(self.changes):040}"
        self.changes.append(CustomerChange(MERCHANT, after.id, "00", sequence, before, after))


NAMES = (None, "Nguyễn Thị Ánh", "nguyen thi anh", "N. T. Ánh", "Trần Văn Nam", "Khách lẻ")
PHONES = (None, "+84912345678", "+84987654321")
EMAILS = (None, "a.nh@gmail.com", "anh@gmail.com")
BIRTHDAYS = (None, "1990-05-17", "--05-17", "1961-05-17")
HOMES = tuple(
    (Address(id="a-1", line=line, province_code="01", is_default=True),)
    for line in ("12 Lý Thường Kiệt", "Số 12, ly thuong kiet", "7 Trần Phú")
)

STATUSES = ("active", "active", "active", "archived", "merged", "erased")


def _some(dice: random.Random) -> dict[str, object]:
    """Return some of the compared fields, with few values to choose from."""
    values: dict[str, object] = {
        "full_name": dice.choice(NAMES),
        "phone": dice.choice(PHONES),
        "email": dice.choice(EMAILS),
        "birthday": dice.choice(BIRTHDAYS),
        "addresses": dice.choice(((), *HOMES)),
        "status": dice.choice(STATUSES),
    }
    return {name: values[name] for name in dice.sample(sorted(values), dice.randrange(1, 7))}


@pytest.mark.req("B-12", "001-31")
@given(seed=st.integers(0, 2**32))
def test_repeated_and_reordered_changes_leave_the_pairs_of_a_full_comparison(seed: int) -> None:
    dice, scenario = random.Random(seed), Scenario()
    for number in range(1, 6):
        scenario.create(replace(a_customer(number), **_some(dice)))  # type: ignore[arg-type]
    for _ in range(20):
        scenario.change(dice.choice(scenario.changes).customer_id, **_some(dice))
        if dice.random() < 0.4:
            scenario.detect(dice.sample(scenario.changes, dice.randrange(len(scenario.changes))))
    again = scenario.changes * 2
    dice.shuffle(again)
    while again:
        some = dice.randrange(1, 9)
        scenario.detect(again[:some])
        del again[:some]

    assert scenario.listed() == compared(scenario.customers.of_merchant(MERCHANT))


@pytest.mark.req("B-12")
@pytest.mark.parametrize("seed", range(4))
def test_a_crowded_key_compares_its_oldest_customers_and_the_next_when_those_leave(
    seed: int,
) -> None:
    dice, scenario = random.Random(seed), Scenario()
    for number in range(MOST_COMPARED + 12):
        scenario.create(a_customer(number, birthday="1990-05-17"))
    dice.shuffle(scenario.changes)
    scenario.detect()
    everybody = scenario.customers.of_merchant(MERCHANT)
    assert scenario.listed() == compared(everybody)
    assert len(scenario.listed()) == MOST_COMPARED * (MOST_COMPARED - 1) // 2

    scenario.changes.clear()
    for each in dice.sample(everybody, 8):
        scenario.change(each.id, status="archived")
    scenario.detect(dice.sample(scenario.changes, 8))

    assert scenario.listed() == compared(scenario.customers.of_merchant(MERCHANT))
    assert len(scenario.listed()) == MOST_COMPARED * (MOST_COMPARED - 1) // 2


class _Interrupted(InMemoryPairs):
    """Pairs that call `meanwhile` just before the first write."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self._meanwhile: Callable[[], None] | None = meanwhile

    def replace(
        self, merchant_id: MerchantId, before: KeptPair | None, after: KeptPair | None
    ) -> None:
        if meanwhile := self._meanwhile:
            self._meanwhile = None
            meanwhile()
        super().replace(merchant_id, before, after)


@pytest.mark.req("B-12")
@pytest.mark.parametrize("processed_changes", [0, 1])
def test_a_pair_is_checked_again_if_its_customer_changed_during_the_write(
    processed_changes: int,
) -> None:
    def lose_the_birthday() -> None:
        scenario.change(other.id, birthday=None)
        scenario.detect(scenario.changes[len(scenario.changes) - processed_changes :])

    scenario = Scenario(pairs=_Interrupted(lose_the_birthday))
    scenario.create(a_customer(1, birthday="1990-05-17"))
    scenario.create(other := a_customer(2, birthday="1990-05-17"))

    scenario.detect()

    assert scenario.listed() == {}


def test_customers_that_were_just_checked_are_not_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads: list[Collection[CustomerId]] = []

    def lose_the_birthday() -> None:
        scenario.change(other.id, birthday=None)
        monkeypatch.setattr(scenario.customers, "get_many", count)

    def count(
        merchant_id: MerchantId, ids: Collection[CustomerId]
    ) -> Mapping[CustomerId, Customer]:
        reads.append(ids)
        return get_many(merchant_id, ids)

    scenario = Scenario(pairs=_Interrupted(lose_the_birthday))
    get_many = scenario.customers.get_many
    scenario.create(a_customer(1, birthday="1990-05-17"))
    scenario.create(other := a_customer(2, birthday="1990-05-17"))

    scenario.detect()

    assert scenario.listed() == {}
    assert [len(ids) for ids in reads] == [2, 2]


@pytest.mark.req("001-31")
def test_a_customer_created_with_a_taken_phone_is_listed_with_its_holder() -> None:
    scenario = Scenario()
    scenario.create(anh := a_customer(1, phone="+84912345678"))
    scenario.create(twin := a_customer(2, phone="+84912345678", full_name="Lan"))

    scenario.detect()

    pair = scenario.pairs.get(MERCHANT, pair_id(anh.id, twin.id))
    assert "phone" in pair.reasons
    assert scenario.pairs.listed(OTHER_MERCHANT) == {}


@pytest.mark.req("B-12")
def test_customers_that_an_order_identifies_as_one_person_are_listed() -> None:
    scenario = Scenario()
    scenario.create(one := a_customer(1, phone="+84912345678"))
    scenario.create(other := a_customer(2, email="anh@example.vn", full_name=None))
    scenario.detect()
    assert scenario.listed() == {}

    scenario.pairs.name(MERCHANT, pair_of(one.id, other.id, "email", "haravan", AT))
    pair = pair_id(one.id, other.id)
    scenario.detect([], NamedPair(MERCHANT, pair))

    assert "conflict" in scenario.pairs.get(MERCHANT, pair).reasons
    scenario.change(other.id, status="erased", email=None)
    scenario.detect()
    assert scenario.pairs.of(MERCHANT, one.id) == []


@pytest.mark.req("B-12")
def test_a_dismissed_pair_stays_dismissed_despite_new_evidence() -> None:
    scenario = Scenario()
    scenario.create(one := a_customer(1, birthday="1990-05-17"))
    scenario.create(other := a_customer(2, birthday="1990-05-17"))
    scenario.detect()
    pair = scenario.pairs.get(MERCHANT, pair_id(one.id, other.id))
    scenario.pairs.replace(MERCHANT, pair, replace(pair, status="dismissed", decided_at=AT))

    scenario.change(other.id, phone="+84912345678")
    scenario.change(one.id, phone="+84912345678")
    scenario.detect()

    ((status, score),) = scenario.pairs.listed(MERCHANT).values()
    assert status == "dismissed"
    assert score >= EXACT_FROM


def test_a_change_of_fields_that_are_not_compared_is_skipped() -> None:
    scenario = Scenario()
    scenario.create(a_customer(1, phone="+84912345678"))
    scenario.change(a_customer(1).id, tags=("sỉ",))

    assert (
        detect_duplicates(scenario.changes[1:], (), now=moment(), detection=scenario.detection)
        == 0
    )


@pytest.mark.req("B-12")
def test_an_erased_customer_has_no_blocking_keys() -> None:
    scenario = Scenario()
    scenario.create(anh := a_customer(1, birthday="1990-05-17", email="anh@gmail.com"))
    scenario.detect()
    assert any(scenario.blocking_key_index.found.values())

    scenario.change(anh.id, status="erased", full_name=None, birthday=None, email=None)
    scenario.detect(scenario.changes[::-1])

    assert not any(scenario.blocking_key_index.found.values())


@pytest.mark.req("B-12")
@pytest.mark.parametrize("seed", [1, 2])
def test_planted_duplicates_are_found_and_near_misses_are_not(seed: int) -> None:
    dataset, scenario = duplicate_customers(2_000, 100, seed), Scenario()
    for customer in dataset.customers:
        scenario.create(customer)
    random.Random(1).shuffle(scenario.changes)

    scenario.detect()

    likely = {pair for pair, score in scenario.listed().items() if score >= LIKELY_FROM}
    exact = {pair for pair, score in scenario.listed().items() if score >= EXACT_FROM}
    found = likely & dataset.planted.keys()
    assert len(found) / len(likely) >= 0.95
    assert len(found) / len(dataset.planted) >= 0.95
    assert exact <= dataset.planted.keys()
