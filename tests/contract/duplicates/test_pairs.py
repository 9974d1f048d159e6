"""Contract of `ports.Pairs` and `ports.BlockingKeyIndex` for every adapter, and their costs."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import boto3
import pytest

from benchmarks.meter import Meter
from crm.aws.customers.customers import DynamoCustomers
from crm.aws.duplicates.blocking_keys import DynamoBlockingKeyIndex
from crm.aws.duplicates.pairs import DynamoPairs
from crm.aws.dynamodb.table import Table
from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import Address, Customer
from crm.domain.duplicates.blocking_keys import (
    MOST_CANDIDATES,
    MOST_COMPARED,
    BlockingKey,
    blocking_keys_of,
)
from crm.domain.duplicates.scoring import KeptPair, PairQuery, pair_id
from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.paging import Cursor
from crm.ports.customers import Customers
from crm.ports.duplicates import BlockingKeyIndex, Pairs
from crm.usecases.duplicates.detection import DetectionPorts, detect_duplicates
from tests.builders import MERCHANT, OTHER_MERCHANT, a_customer, customer_id, moment
from tests.duplicate_customers import compared
from tests.engines.fixtures import NewTables
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.duplicates import InMemoryBlockingKeyIndex, InMemoryPairs
from tests.racing import at_once

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AT = "2026-11-22T05:00:00.000Z"
BORN = BlockingKey("born", "ant|1990-05-17")
HOME = Address(id="a-1", line="12 Lý Thường Kiệt", province_code="01", is_default=True)


@pytest.fixture
def pairs(engine: Table | None) -> Pairs:
    """Return `ports.Pairs`."""
    return InMemoryPairs() if engine is None else DynamoPairs(engine)


@pytest.fixture
def blocking_key_index(engine: Table | None, memory: InMemoryCustomers) -> BlockingKeyIndex:
    """Return `ports.BlockingKeyIndex` of the same customers."""
    return InMemoryBlockingKeyIndex(memory) if engine is None else DynamoBlockingKeyIndex(engine)


def a_pair(one: int, other: int, score: int = 80, **fields: object) -> KeptPair:
    """Return a listed pair of two customers by number."""
    pair = KeptPair(
        id=pair_id(customer_id(one), customer_id(other)),
        is_listed=True,
        score=score,
        reasons=("phone", "name"),
        found_at=AT,
    )
    return replace(pair, **fields)  # type: ignore[arg-type]


def _store(pairs: Pairs, *stored: KeptPair) -> None:
    for each in stored:
        pairs.replace(MERCHANT, None, each)


def test_a_pair_is_found_by_its_id_and_by_both_customers(pairs: Pairs) -> None:
    _store(pairs, kept := a_pair(1, 2), a_pair(2, 3))

    assert pairs.get(MERCHANT, kept.id) == kept
    assert pairs.of(MERCHANT, customer_id(1)) == [kept]
    assert {each.id for each in pairs.of(MERCHANT, customer_id(2))} == {
        kept.id,
        a_pair(2, 3).id,
    }
    assert pairs.of(MERCHANT, customer_id(9)) == []


def test_pairs_are_invisible_to_other_merchants(pairs: Pairs) -> None:
    _store(pairs, kept := a_pair(1, 2))

    with pytest.raises(NotFound):
        pairs.get(OTHER_MERCHANT, kept.id)
    assert pairs.of(OTHER_MERCHANT, customer_id(1)) == []
    assert pairs.page(OTHER_MERCHANT, PairQuery()).pairs == ()


def test_a_deleted_pair_leaves_no_rows(pairs: Pairs) -> None:
    _store(pairs, kept := a_pair(1, 2))

    pairs.replace(MERCHANT, kept, None)

    assert pairs.of(MERCHANT, customer_id(1)) == pairs.of(MERCHANT, customer_id(2)) == []
    assert pairs.page(MERCHANT, PairQuery()).pairs == ()


@pytest.mark.parametrize(
    "moved",
    [None, a_pair(1, 2, 60), a_pair(1, 2, status="dismissed"), a_pair(1, 2, is_listed=False)],
)
def test_a_pair_is_replaced_only_if_it_has_not_changed(
    pairs: Pairs, moved: KeptPair | None
) -> None:
    _store(pairs, seen := a_pair(1, 2))
    pairs.replace(MERCHANT, seen, moved)

    with pytest.raises(Stale):
        pairs.replace(MERCHANT, seen, a_pair(1, 2, 70))

    assert pairs.of(MERCHANT, customer_id(1)) == ([moved] if moved else [])


def test_a_pair_is_created_once(pairs: Pairs) -> None:
    _store(pairs, a_pair(1, 2))

    with pytest.raises(Stale):
        _store(pairs, a_pair(1, 2, 60))


def test_a_pair_is_listed_once(pairs: Pairs) -> None:
    _store(pairs, found := a_pair(1, 2))
    better = replace(found, score=95, reasons=("phone", "name", "birthday"))
    dismissed = replace(better, status="dismissed", decided_at=AT, decided_by="user-lan")

    pairs.replace(MERCHANT, found, better)
    assert pairs.page(MERCHANT, PairQuery()).pairs == (better,)

    pairs.replace(MERCHANT, better, dismissed)
    assert pairs.page(MERCHANT, PairQuery()).pairs == ()
    assert pairs.page(MERCHANT, PairQuery(status="dismissed")).pairs == (dismissed,)

    pairs.replace(MERCHANT, dismissed, replace(dismissed, is_listed=False))
    assert pairs.page(MERCHANT, PairQuery(status="dismissed")).pairs == ()
    assert pairs.get(MERCHANT, found.id).status == "dismissed"


def _walk(pairs: Pairs, query: PairQuery) -> Iterator[KeptPair]:
    after: Cursor | None = None
    for _ in range(50):
        page = pairs.page(MERCHANT, query._replace(after=after))
        yield from page.pairs
        after = page.following
        if after is None:
            return


@pytest.mark.req("B-12")
def test_pairs_are_listed_by_score_page_by_page(pairs: Pairs) -> None:
    dice = random.Random(3)
    stored = [a_pair(n, n + 20, dice.choice([5, 60, 80, 100])) for n in range(1, 14)]
    stored = [
        replace(each, reasons=("email",)) if n % 3 == 0 else each for n, each in enumerate(stored)
    ]
    _store(pairs, *stored)
    ordered = sorted(stored, key=lambda each: (each.score, each.id), reverse=True)

    assert list(_walk(pairs, PairQuery(limit=4))) == ordered
    assert list(_walk(pairs, PairQuery(limit=4, least=60))) == [
        each for each in ordered if each.score >= 60
    ]
    assert list(_walk(pairs, PairQuery(limit=2, reason="email"))) == [
        each for each in ordered if each.reasons == ("email",)
    ]


def test_a_customer_is_found_by_a_key_until_the_key_is_removed(
    blocking_key_index: BlockingKeyIndex,
) -> None:
    one, other = customer_id(1), customer_id(2)
    for _ in range(2):
        blocking_key_index.update(MERCHANT, [(one, BORN), (other, BORN)], [])
    assert blocking_key_index.find(MERCHANT, [BORN]) == {BORN: sorted((one, other))}
    assert not blocking_key_index.find(OTHER_MERCHANT, [BORN]).get(BORN)

    for _ in range(2):
        blocking_key_index.update(MERCHANT, [], [(one, BORN)])

    assert blocking_key_index.find(MERCHANT, [BORN]) == {BORN: [other]}


def test_removing_customers_from_a_key_in_any_order_keeps_the_others(
    blocking_key_index: BlockingKeyIndex,
) -> None:
    dice = random.Random(11)
    expected: set[CustomerId] = set()
    for _ in range(60):
        some = [customer_id(number) for number in dice.sample(range(5), dice.randrange(1, 4))]
        added = [each for each in some if dice.random() < 0.5]
        removed = [each for each in some if each not in added]
        blocking_key_index.update(
            MERCHANT, [(each, BORN) for each in added], [(each, BORN) for each in removed]
        )
        expected = (expected | {*added}) - {*removed}

        assert list(blocking_key_index.find(MERCHANT, [BORN])[BORN]) == sorted(expected)


@pytest.mark.req("B-12")
def test_a_key_without_customers_leaves_no_rows(
    dynamodb_local_client: "DynamoDBClient", new_tables: NewTables
) -> None:
    name = new_tables(dynamodb_local_client).main
    blocking_key_index = DynamoBlockingKeyIndex(Table(dynamodb_local_client, name))
    everybody = [(customer_id(number), BORN) for number in range(4)]
    blocking_key_index.update(MERCHANT, everybody, [])

    blocking_key_index.update(MERCHANT, [], everybody[:2])
    blocking_key_index.update(MERCHANT, [], everybody[2:])

    assert dynamodb_local_client.scan(TableName=name)["Count"] == 0


def test_a_key_of_many_customers_finds_the_first_of_them(
    blocking_key_index: BlockingKeyIndex,
) -> None:
    everybody = sorted(map(customer_id, range(MOST_CANDIDATES + 9)))

    blocking_key_index.update(MERCHANT, [(each, BORN) for each in everybody], [])

    assert blocking_key_index.find(MERCHANT, [BORN]) == {BORN: everybody[:MOST_CANDIDATES]}


@pytest.mark.req("001-31")
def test_an_identity_finds_its_claimant_and_further_holders(
    blocking_key_index: BlockingKeyIndex, customers: Customers
) -> None:
    sharing = [a_customer(n, phone="+84912345678") for n in range(1, 4)]
    for each in sharing:
        customers.add(MERCHANT, each, allow_duplicate=True)
    (phone,) = blocking_keys_of(sharing[0])

    assert blocking_key_index.find(MERCHANT, [phone]) == {
        phone: sorted(each.id for each in sharing)
    }


# ------------------------------------------------- duplicate detection over DynamoDB


class Detection:
    """Duplicate detection over a table of DynamoDB Local."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        table = Table(client, name)
        self.customers = DynamoCustomers(table)
        self.pairs = DynamoPairs(table)
        self.ports = DetectionPorts(self.customers, DynamoBlockingKeyIndex(table), self.pairs)

    def create(self, customer: Customer) -> CustomerChange:
        self.customers.add(MERCHANT, customer, allow_duplicate=True)
        return CustomerChange(MERCHANT, customer.id, "00", "1", None, customer)

    def edit(self, before: Customer, **fields: object) -> CustomerChange:
        after = replace(
            before,
            **fields,  # type: ignore[arg-type]
            version=before.version + 1,
            revision=before.revision + 1,
        )
        self.customers.update(MERCHANT, before, after)
        return CustomerChange(MERCHANT, before.id, "00", "2", before, after)

    def detect(self, changes: Sequence[CustomerChange]) -> None:
        detect_duplicates(changes, (), now=moment(), detection=self.ports)


@pytest.fixture
def detection(dynamodb_local_client: "DynamoDBClient", new_tables: NewTables) -> Detection:
    """Return duplicate detection over an empty table."""
    return Detection(dynamodb_local_client, new_tables(dynamodb_local_client).main)


class MeteredDetection(Detection):
    """Duplicate detection over a table, with a meter of its last run."""

    def __init__(self, client: "DynamoDBClient", beside: "DynamoDBClient", name: str) -> None:
        super().__init__(client, name)
        self.meter = Meter(client, beside)

    def detect(self, changes: Sequence[CustomerChange]) -> None:
        self.meter.reset()
        super().detect(changes)


@pytest.fixture
def metered(
    dynamodb_local: str, dynamodb_local_client: "DynamoDBClient", new_tables: NewTables
) -> MeteredDetection:
    """Return metered duplicate detection over an empty table."""
    client = boto3.client("dynamodb", endpoint_url=dynamodb_local)
    return MeteredDetection(client, dynamodb_local_client, new_tables(dynamodb_local_client).main)


ALL_BLOCKING_KEYS = {
    "phone": "+84912345678",
    "email": "anh.n@gmail.com",
    "card_code": "TV1",
    "birthday": "1990-05-17",
    "addresses": (HOME,),
}


@pytest.mark.req("B-12")
def test_a_customer_without_duplicates_costs_one_row_a_key(metered: MeteredDetection) -> None:
    metered.detect([metered.create(a_customer(1, **ALL_BLOCKING_KEYS))])

    assert metered.meter.calls == {"BatchGetItem": 2, "TransactWriteItems": 1}
    assert metered.meter.write_units <= 2 * 4
    assert metered.meter.read_units <= 10


@pytest.mark.req("B-12")
def test_an_order_costs_duplicate_detection_nothing(metered: MeteredDetection) -> None:
    before = a_customer(1, **ALL_BLOCKING_KEYS)

    metered.detect(
        [CustomerChange(MERCHANT, before.id, "00", "1", before, replace(before, revision=2))]
    )

    assert not metered.meter.calls


@pytest.mark.req("B-12")
def test_a_pair_costs_one_transaction_and_one_check(metered: MeteredDetection) -> None:
    metered.detect([metered.create(a_customer(1, **ALL_BLOCKING_KEYS))])
    twin = metered.create(a_customer(2, birthday="1990-05-17"))

    metered.detect([twin])

    # The refused write of row FIRST, and the pair.
    assert metered.meter.calls["TransactWriteItems"] == 2
    assert metered.meter.write_units <= 4 + 4 + 6
    assert metered.meter.read_units <= 14
    assert len(metered.pairs.of(MERCHANT, twin.customer_id)) == 1


@pytest.mark.req("B-12")
def test_the_cost_of_a_write_to_a_crowded_key_is_bounded(metered: MeteredDetection) -> None:
    crowd = [a_customer(n, birthday="1990-05-17") for n in range(1, MOST_COMPARED + 16)]
    metered.detect([metered.create(each) for each in crowd])
    last = metered.create(a_customer(99, birthday="1990-05-17"))

    metered.detect([last])
    for_the_last = metered.meter.read_units, metered.meter.write_units
    metered.detect([metered.edit(min(crowd, key=lambda each: each.id), full_name="Trần Văn Nam")])
    for_the_first = metered.meter.read_units, metered.meter.write_units

    assert for_the_last[0] <= 60
    assert for_the_last[1] <= 8
    assert for_the_first[0] <= 350
    assert for_the_first[1] <= 300


@pytest.mark.req("B-12")
def test_duplicates_processed_concurrently_are_paired_once_and_separated_again(
    detection: Detection,
) -> None:
    for round_ in range(1, 11):
        both = [a_customer(2 * round_ + n, birthday=f"1990-05-{round_:02}") for n in (0, 1)]
        made = [detection.create(each) for each in both]
        at_once(*[lambda change=change: detection.detect([change]) for change in made])
        assert len(detection.pairs.of(MERCHANT, both[0].id)) == 1

        gone = [detection.edit(each, birthday=None) for each in both]
        at_once(*[lambda change=change: detection.detect([change]) for change in gone])
        assert detection.pairs.of(MERCHANT, both[0].id) == []
        assert detection.pairs.page(MERCHANT, PairQuery()).pairs == ()


@pytest.mark.req("B-12")
def test_shards_processed_concurrently_leave_the_pairs_of_a_full_comparison(
    detection: Detection,
) -> None:
    everyone = [a_customer(number, full_name=None) for number in range(1, 9)]
    detection.detect([detection.create(each) for each in everyone])

    def shard(mine: Sequence[Customer], seed: int) -> None:
        dice, now = random.Random(seed), {each.id: each for each in mine}
        for _ in range(12):
            change = detection.edit(
                now[dice.choice(sorted(now))],
                full_name=dice.choice(["Nguyễn Thị Ánh", "nguyen thi anh", "Lê Nam"]),
                birthday=dice.choice([None, "1990-05-17", "--05-17"]),
                addresses=dice.choice([(), (HOME,)]),
            )
            assert change.after
            now[change.customer_id] = change.after
            detection.detect([change])

    at_once(*(partial(shard, everyone[n::4], n) for n in range(4)))

    listed = detection.pairs.page(MERCHANT, PairQuery(limit=100)).pairs
    current = detection.customers.get_many(MERCHANT, [each.id for each in everyone]).values()
    assert {each.id: each.score for each in listed} == compared(current)
