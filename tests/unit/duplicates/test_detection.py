"""The duplicate radar: in whatever order writes are told, its pairs are those of the book."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import Address, Customer
from crm.domain.duplicates.blocking_keys import COMPARED
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
from crm.usecases.duplicates.detection import DetectionPorts, watch_changes
from tests.builders import MERCHANT, OTHER_MERCHANT, a_customer, moment
from tests.duplicate_customers import compared, duplicate_customers
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.duplicates import InMemoryBlockingKeyIndex, InMemoryPairs

AT = "2026-11-22T05:00:00.000Z"


@dataclass
class Told:
    """A book that remembers what the stream would tell of it, and the radar over it."""

    customers: InMemoryCustomers = field(default_factory=InMemoryCustomers)
    pairs: InMemoryPairs = field(default_factory=InMemoryPairs)
    changes: list[CustomerChange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.blocking_key_index = InMemoryBlockingKeyIndex(self.customers)
        self.detection = DetectionPorts(self.customers, self.blocking_key_index, self.pairs)

    def create(self, customer: Customer) -> None:
        self.customers.add(MERCHANT, customer, allow_duplicate=True)
        self._tell(None, customer)

    def change(self, customer_id: CustomerId, **fields: object) -> None:
        """Edit somebody, whoever holds what they get: a merge or an undoing does that too."""
        before = self.customers.get(MERCHANT, customer_id)
        after = replace(before, **fields, revision=before.revision + 1)  # type: ignore[arg-type]
        self.customers.force(MERCHANT, before, after)
        self._tell(before, after)

    def hear(self, changes: Sequence[CustomerChange] | None = None, *named: NamedPair) -> None:
        heard = self.changes if changes is None else changes
        watch_changes(heard, named, now=moment(), detection=self.detection)

    def listed(self) -> dict[PairId, int]:
        return {pair: score for pair, (_, score) in self.pairs.listed(MERCHANT).items()}

    def _tell(self, before: Customer | None, after: Customer) -> None:
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
    """Return some of the fields that pairs rest on, with few values to choose from."""
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
def test_records_in_any_order_and_number_leave_what_comparing_everybody_finds(seed: int) -> None:
    dice, told = random.Random(seed), Told()
    for number in range(1, 6):
        told.create(replace(a_customer(number), **_some(dice)))  # type: ignore[arg-type]
    for _ in range(20):
        told.change(dice.choice(told.changes).customer_id, **_some(dice))
        if dice.random() < 0.4:
            told.hear(dice.sample(told.changes, dice.randrange(len(told.changes))))
    again = told.changes * 2
    dice.shuffle(again)
    while again:
        some = dice.randrange(1, 9)
        told.hear(again[:some])
        del again[:some]

    assert told.listed() == compared(told.customers.of_merchant(MERCHANT))


@pytest.mark.req("B-12")
@pytest.mark.parametrize("seed", range(4))
def test_a_crowded_clue_compares_its_first_and_the_next_when_those_leave(seed: int) -> None:
    dice, told = random.Random(seed), Told()
    for number in range(COMPARED + 12):
        told.create(a_customer(number, birthday="1990-05-17"))
    dice.shuffle(told.changes)
    told.hear()
    everybody = told.customers.of_merchant(MERCHANT)
    assert told.listed() == compared(everybody)
    assert len(told.listed()) == COMPARED * (COMPARED - 1) // 2

    told.changes.clear()
    for each in dice.sample(everybody, 8):
        told.change(each.id, status="archived")
    told.hear(dice.sample(told.changes, 8))

    assert told.listed() == compared(told.customers.of_merchant(MERCHANT))
    assert len(told.listed()) == COMPARED * (COMPARED - 1) // 2


class _Interrupted(InMemoryPairs):
    """Pairs that something happens to the customers of just before the next is written."""

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
@pytest.mark.parametrize("changes_heard", [0, 1])
def test_a_pair_whose_customer_moved_while_it_was_written_is_looked_at_again(
    changes_heard: int,
) -> None:
    def lose_the_birthday() -> None:
        told.change(other.id, birthday=None)
        told.hear(told.changes[len(told.changes) - changes_heard :])

    told = Told(pairs=_Interrupted(lose_the_birthday))
    told.create(a_customer(1, birthday="1990-05-17"))
    told.create(other := a_customer(2, birthday="1990-05-17"))

    told.hear()

    assert told.listed() == {}


@pytest.mark.req("001-31")
def test_who_was_created_all_the_same_is_listed_with_the_holder() -> None:
    told = Told()
    told.create(anh := a_customer(1, phone="+84912345678"))
    told.create(twin := a_customer(2, phone="+84912345678", full_name="Lan"))

    told.hear()

    pair = told.pairs.get(MERCHANT, pair_id(anh.id, twin.id))
    assert "phone" in pair.reasons
    assert told.pairs.listed(OTHER_MERCHANT) == {}


@pytest.mark.req("B-12")
def test_what_an_order_names_as_one_person_is_listed_though_nothing_else_says_so() -> None:
    told = Told()
    told.create(one := a_customer(1, phone="+84912345678"))
    told.create(other := a_customer(2, email="anh@example.vn", full_name=None))
    told.hear()
    assert told.listed() == {}

    told.pairs.name(MERCHANT, pair_of(one.id, other.id, "email", "haravan", AT))
    pair = pair_id(one.id, other.id)
    told.hear([], NamedPair(MERCHANT, pair))

    assert "conflict" in told.pairs.get(MERCHANT, pair).reasons
    told.change(other.id, status="erased", email=None)
    told.hear()
    assert told.pairs.of(MERCHANT, one.id) == []


@pytest.mark.req("B-12")
def test_that_two_are_not_one_person_outlives_new_evidence() -> None:
    told = Told()
    told.create(one := a_customer(1, birthday="1990-05-17"))
    told.create(other := a_customer(2, birthday="1990-05-17"))
    told.hear()
    pair = told.pairs.get(MERCHANT, pair_id(one.id, other.id))
    told.pairs.replace(MERCHANT, pair, replace(pair, status="dismissed", decided_at=AT))

    told.change(other.id, phone="+84912345678")
    told.change(one.id, phone="+84912345678")
    told.hear()

    ((status, score),) = told.pairs.listed(MERCHANT).values()
    assert status == "dismissed"
    assert score >= EXACT_FROM


def test_a_record_of_nothing_that_counts_is_passed_over() -> None:
    told = Told()
    told.create(a_customer(1, phone="+84912345678"))
    told.change(a_customer(1).id, tags=("sỉ",))

    assert watch_changes(told.changes[1:], (), now=moment(), detection=told.detection) == 0


@pytest.mark.req("B-12")
def test_no_name_and_no_birthday_is_kept_for_who_is_erased() -> None:
    told = Told()
    told.create(anh := a_customer(1, birthday="1990-05-17", email="anh@gmail.com"))
    told.hear()
    assert any(told.blocking_key_index.found.values())

    told.change(anh.id, status="erased", full_name=None, birthday=None, email=None)
    told.hear(told.changes[::-1])

    assert not any(told.blocking_key_index.found.values())


@pytest.mark.req("B-12")
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_planted_is_found_and_what_only_looks_alike_is_not(seed: int) -> None:
    backend, told = duplicate_customers(2_000, 100, seed), Told()
    for customer in backend.customers:
        told.create(customer)
    random.Random(1).shuffle(told.changes)

    told.hear()

    likely = {pair for pair, score in told.listed().items() if score >= LIKELY_FROM}
    exact = {pair for pair, score in told.listed().items() if score >= EXACT_FROM}
    found = likely & backend.planted.keys()
    assert len(found) / len(likely) >= 0.95
    assert len(found) / len(backend.planted) >= 0.95
    assert exact <= backend.planted.keys()
