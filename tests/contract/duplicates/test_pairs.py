"""What `ports.Pairs` and `ports.BlockingKeyIndex` promise, for every adapter, and their cost."""

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
from crm.domain.duplicates.blocking_keys import COMPARED, LOOKED_AT, BlockingKey, blocking_keys_of
from crm.domain.duplicates.scoring import KeptPair, PairQuery, pair_id
from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.paging import Position
from crm.ports.customers import Customers
from crm.ports.duplicates import BlockingKeyIndex, Pairs
from crm.usecases.duplicates.detection import DetectionPorts, watch_changes
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
    """Give `ports.Pairs`."""
    return InMemoryPairs() if engine is None else DynamoPairs(engine)


@pytest.fixture
def blocking_key_index(engine: Table | None, memory: InMemoryCustomers) -> BlockingKeyIndex:
    """Give `ports.BlockingKeyIndex` of the same customers."""
    return InMemoryBlockingKeyIndex(memory) if engine is None else DynamoBlockingKeyIndex(engine)


def a_pair(one: int, other: int, score: int = 80, **fields: object) -> KeptPair:
    """Return a listed pair of the n-th and another customer."""
    known = KeptPair(
        id=pair_id(customer_id(one), customer_id(other)),
        is_listed=True,
        score=score,
        reasons=("phone", "name"),
        found_at=AT,
    )
    return replace(known, **fields)  # type: ignore[arg-type]


def _kept(pairs: Pairs, *known: KeptPair) -> None:
    for each in known:
        pairs.replace(MERCHANT, None, each)


def test_a_pair_is_found_by_its_id_and_by_both_customers(pairs: Pairs) -> None:
    _kept(pairs, kept := a_pair(1, 2), a_pair(2, 3))

    assert pairs.get(MERCHANT, kept.id) == kept
    assert pairs.of(MERCHANT, customer_id(1)) == [kept]
    assert {each.id for each in pairs.of(MERCHANT, customer_id(2))} == {
        kept.id,
        a_pair(2, 3).id,
    }
    assert pairs.of(MERCHANT, customer_id(9)) == []


def test_pairs_are_invisible_to_other_merchants(pairs: Pairs) -> None:
    _kept(pairs, kept := a_pair(1, 2))

    with pytest.raises(NotFound):
        pairs.get(OTHER_MERCHANT, kept.id)
    assert pairs.of(OTHER_MERCHANT, customer_id(1)) == []
    assert pairs.page(OTHER_MERCHANT, PairQuery()).pairs == ()


def test_a_pair_that_goes_leaves_nothing(pairs: Pairs) -> None:
    _kept(pairs, kept := a_pair(1, 2))

    pairs.replace(MERCHANT, kept, None)

    assert pairs.of(MERCHANT, customer_id(1)) == pairs.of(MERCHANT, customer_id(2)) == []
    assert pairs.page(MERCHANT, PairQuery()).pairs == ()


@pytest.mark.parametrize(
    "moved",
    [None, a_pair(1, 2, 60), a_pair(1, 2, status="dismissed"), a_pair(1, 2, is_listed=False)],
)
def test_a_pair_is_moved_only_as_it_was_seen(pairs: Pairs, moved: KeptPair | None) -> None:
    _kept(pairs, seen := a_pair(1, 2))
    pairs.replace(MERCHANT, seen, moved)

    with pytest.raises(Stale):
        pairs.replace(MERCHANT, seen, a_pair(1, 2, 70))

    assert pairs.of(MERCHANT, customer_id(1)) == ([moved] if moved else [])


def test_a_pair_is_made_once(pairs: Pairs) -> None:
    _kept(pairs, a_pair(1, 2))

    with pytest.raises(Stale):
        _kept(pairs, a_pair(1, 2, 60))


def test_a_pair_stands_in_one_list_at_one_place(pairs: Pairs) -> None:
    _kept(pairs, found := a_pair(1, 2))
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
    after: Position | None = None
    for _ in range(50):
        page = pairs.page(MERCHANT, query._replace(after=after))
        yield from page.pairs
        after = page.following
        if after is None:
            return


@pytest.mark.req("B-12")
def test_pairs_are_listed_by_score_page_by_page(pairs: Pairs) -> None:
    dice = random.Random(3)
    known = [a_pair(n, n + 20, dice.choice([5, 60, 80, 100])) for n in range(1, 14)]
    known = [
        replace(each, reasons=("email",)) if n % 3 == 0 else each for n, each in enumerate(known)
    ]
    _kept(pairs, *known)
    ordered = sorted(known, key=lambda each: (each.score, each.id), reverse=True)

    assert list(_walk(pairs, PairQuery(limit=4))) == ordered
    assert list(_walk(pairs, PairQuery(limit=4, least=60))) == [
        each for each in ordered if each.score >= 60
    ]
    assert list(_walk(pairs, PairQuery(limit=2, reason="email"))) == [
        each for each in ordered if each.reasons == ("email",)
    ]


def test_who_is_found_by_a_clue_is_found_until_it_leaves(
    blocking_key_index: BlockingKeyIndex,
) -> None:
    one, other = customer_id(1), customer_id(2)
    for _ in range(2):
        blocking_key_index.mark(MERCHANT, [(one, BORN), (other, BORN)], [])
    assert blocking_key_index.sharing(MERCHANT, [BORN]) == {BORN: sorted((one, other))}
    assert not blocking_key_index.sharing(OTHER_MERCHANT, [BORN]).get(BORN)

    for _ in range(2):
        blocking_key_index.mark(MERCHANT, [], [(one, BORN)])

    assert blocking_key_index.sharing(MERCHANT, [BORN]) == {BORN: [other]}


def test_whoever_leaves_a_clue_in_whatever_order_the_others_are_still_found(
    blocking_key_index: BlockingKeyIndex,
) -> None:
    dice = random.Random(11)
    known: set[CustomerId] = set()
    for _ in range(60):
        some = [customer_id(number) for number in dice.sample(range(5), dice.randrange(1, 4))]
        joined = [each for each in some if dice.random() < 0.5]
        left = [each for each in some if each not in joined]
        blocking_key_index.mark(
            MERCHANT, [(each, BORN) for each in joined], [(each, BORN) for each in left]
        )
        known = (known | {*joined}) - {*left}

        assert list(blocking_key_index.sharing(MERCHANT, [BORN])[BORN]) == sorted(known)


@pytest.mark.req("B-12")
def test_nothing_is_left_of_a_clue_that_nobody_has(
    dynamodb_local_client: "DynamoDBClient", new_tables: NewTables
) -> None:
    name = new_tables(dynamodb_local_client).main
    blocking_key_index = DynamoBlockingKeyIndex(Table(dynamodb_local_client, name))
    everybody = [(customer_id(number), BORN) for number in range(4)]
    blocking_key_index.mark(MERCHANT, everybody, [])

    blocking_key_index.mark(MERCHANT, [], everybody[:2])
    blocking_key_index.mark(MERCHANT, [], everybody[2:])

    assert dynamodb_local_client.scan(TableName=name)["Count"] == 0


def test_a_clue_that_many_have_gives_the_first_of_them(
    blocking_key_index: BlockingKeyIndex,
) -> None:
    everybody = sorted(map(customer_id, range(LOOKED_AT + 9)))

    blocking_key_index.mark(MERCHANT, [(each, BORN) for each in everybody], [])

    assert blocking_key_index.sharing(MERCHANT, [BORN]) == {BORN: everybody[:LOOKED_AT]}


@pytest.mark.req("001-31")
def test_who_claims_an_identity_and_who_stands_behind_are_found_by_it(
    blocking_key_index: BlockingKeyIndex, customers: Customers
) -> None:
    known = [a_customer(n, phone="+84912345678") for n in range(1, 4)]
    for each in known:
        customers.add(MERCHANT, each, allow_duplicate=True)
    (phone,) = blocking_keys_of(known[0])

    assert blocking_key_index.sharing(MERCHANT, [phone]) == {
        phone: sorted(each.id for each in known)
    }


# ------------------------------------------------------------------ the radar over DynamoDB


class Kept:
    """The radar over a table of DynamoDB Local, and what it costs."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        table = Table(client, name)
        self.customers = DynamoCustomers(table)
        self.pairs = DynamoPairs(table)
        self.detection = DetectionPorts(self.customers, DynamoBlockingKeyIndex(table), self.pairs)

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

    def hear(self, changes: Sequence[CustomerChange]) -> None:
        watch_changes(changes, (), now=moment(), detection=self.detection)


@pytest.fixture
def kept(dynamodb_local_client: "DynamoDBClient", new_tables: NewTables) -> Kept:
    """Give the radar over an empty table."""
    return Kept(dynamodb_local_client, new_tables(dynamodb_local_client).main)


class Priced(Kept):
    """The radar over a table, with the bill of what it heard last."""

    def __init__(self, client: "DynamoDBClient", beside: "DynamoDBClient", name: str) -> None:
        super().__init__(client, name)
        self.bill = Meter(client, beside)

    def hear(self, changes: Sequence[CustomerChange]) -> None:
        self.bill.reset()
        super().hear(changes)


@pytest.fixture
def priced(
    dynamodb_local: str, dynamodb_local_client: "DynamoDBClient", new_tables: NewTables
) -> Priced:
    """Give the radar over an empty table, with its bill."""
    client = boto3.client("dynamodb", endpoint_url=dynamodb_local)
    return Priced(client, dynamodb_local_client, new_tables(dynamodb_local_client).main)


ALL_BLOCKING_KEYS = {
    "phone": "+84912345678",
    "email": "anh.n@gmail.com",
    "card_code": "TV1",
    "birthday": "1990-05-17",
    "addresses": (HOME,),
}


@pytest.mark.req("B-12")
def test_a_customer_like_nobody_costs_a_row_a_clue_and_no_pair(priced: Priced) -> None:
    priced.hear([priced.create(a_customer(1, **ALL_BLOCKING_KEYS))])

    assert priced.bill.calls == {"BatchGetItem": 2, "TransactWriteItems": 1}
    assert priced.bill.write_units <= 2 * 4
    assert priced.bill.read_units <= 10


@pytest.mark.req("B-12")
def test_an_order_costs_the_radar_nothing(priced: Priced) -> None:
    before = a_customer(1, **ALL_BLOCKING_KEYS)

    priced.hear(
        [CustomerChange(MERCHANT, before.id, "00", "1", before, replace(before, revision=2))]
    )

    assert not priced.bill.calls


@pytest.mark.req("B-12")
def test_a_pair_costs_one_transaction_and_one_look_back(priced: Priced) -> None:
    priced.hear([priced.create(a_customer(1, **ALL_BLOCKING_KEYS))])
    twin = priced.create(a_customer(2, birthday="1990-05-17"))

    priced.hear([twin])

    assert priced.bill.calls["TransactWriteItems"] == 2  # that it is first was refused; the pair
    assert priced.bill.write_units <= 4 + 4 + 6
    assert priced.bill.read_units <= 14
    assert len(priced.pairs.of(MERCHANT, twin.customer_id)) == 1


@pytest.mark.req("B-12")
def test_a_write_to_one_of_a_crowd_costs_no_more_than_a_bound(priced: Priced) -> None:
    crowd = [a_customer(n, birthday="1990-05-17") for n in range(1, COMPARED + 16)]
    priced.hear([priced.create(each) for each in crowd])
    last = priced.create(a_customer(99, birthday="1990-05-17"))

    priced.hear([last])
    for_the_last = priced.bill.read_units, priced.bill.write_units
    priced.hear([priced.edit(min(crowd, key=lambda each: each.id), full_name="Trần Văn Nam")])
    for_the_first = priced.bill.read_units, priced.bill.write_units

    assert for_the_last[0] <= 60
    assert for_the_last[1] <= 8
    assert for_the_first[0] <= 350
    assert for_the_first[1] <= 300


@pytest.mark.req("B-12")
def test_twins_whose_records_are_heard_at_one_time_are_paired_once_and_part_again(
    kept: Kept,
) -> None:
    for round_ in range(1, 11):
        both = [a_customer(2 * round_ + n, birthday=f"1990-05-{round_:02}") for n in (0, 1)]
        made = [kept.create(each) for each in both]
        at_once(*[lambda told=told: kept.hear([told]) for told in made])
        assert len(kept.pairs.of(MERCHANT, both[0].id)) == 1

        gone = [kept.edit(each, birthday=None) for each in both]
        at_once(*[lambda told=told: kept.hear([told]) for told in gone])
        assert kept.pairs.of(MERCHANT, both[0].id) == []
        assert kept.pairs.page(MERCHANT, PairQuery()).pairs == ()


@pytest.mark.req("B-12")
def test_shards_heard_beside_each_other_leave_what_comparing_everybody_finds(kept: Kept) -> None:
    known = [a_customer(number, full_name=None) for number in range(1, 9)]
    kept.hear([kept.create(each) for each in known])

    def shard(mine: Sequence[Customer], seed: int) -> None:
        dice, now = random.Random(seed), {each.id: each for each in mine}
        for _ in range(12):
            told = kept.edit(
                now[dice.choice(sorted(now))],
                full_name=dice.choice(["Nguyễn Thị Ánh", "nguyen thi anh", "Lê Nam"]),
                birthday=dice.choice([None, "1990-05-17", "--05-17"]),
                addresses=dice.choice([(), (HOME,)]),
            )
            assert told.after
            now[told.customer_id] = told.after
            kept.hear([told])

    at_once(*(partial(shard, known[n::4], n) for n in range(4)))

    listed = kept.pairs.page(MERCHANT, PairQuery(limit=100)).pairs
    everybody = kept.customers.get_many(MERCHANT, [each.id for each in known]).values()
    assert {each.id: each.score for each in listed} == compared(everybody)
