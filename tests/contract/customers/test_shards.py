"""Contract of `ports.ListShards`, and the effect of an old number in a process's cache."""

import pytest

from crm.aws.customers.customers import DynamoCustomers
from crm.aws.customers.shards import DynamoShards
from crm.aws.dynamodb.table import Table
from crm.aws.lists.lists import DynamoCustomerLists
from crm.domain.customers.shards import Shards, shard_of
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.times import stamp
from crm.domain.lists.pages import ListQuery
from tests.builders import MERCHANT, OTHER_MERCHANT, a_customer, customer_id, moment

pytestmark = pytest.mark.parametrize("engine", ["moto", "dynamodb local"], indirect=True)


@pytest.fixture
def shards(engine: Table) -> DynamoShards:
    """Return shards without a cache."""
    return DynamoShards(engine, seconds=0)


def _move_all(shards: DynamoShards, target: int) -> None:
    for bucket in range(16):
        after = shards.move(MERCHANT, f"{bucket:02x}", target, None)
        assert after is None


def _listed(engine: Table, shards: DynamoShards, *, limit: int = 100) -> int:
    lists = DynamoCustomerLists(engine, shards)
    return len(lists.page(MERCHANT, ListQuery(limit=limit)).items)


def test_a_list_has_one_shard_until_it_is_moved(shards: DynamoShards) -> None:
    assert shards.of(MERCHANT) == Shards()

    assert shards.begin(MERCHANT, 4) == Shards(1, 4)
    assert (shards.of(MERCHANT).written, shards.of(MERCHANT).read) == (1, 4)
    assert shards.open(MERCHANT, 4) == Shards(1, 4, is_open=True)
    assert (shards.of(MERCHANT).written, shards.of(MERCHANT).read) == (4, 4)
    assert shards.finish(MERCHANT, 4) == Shards(4)
    assert shards.of(OTHER_MERCHANT) == Shards()


def test_a_step_may_be_repeated_but_a_step_of_another_move_is_a_conflict(
    shards: DynamoShards,
) -> None:
    for _ in range(2):
        shards.begin(MERCHANT, 4)
        shards.open(MERCHANT, 4)
    assert shards.begin(MERCHANT, 4).is_open
    with pytest.raises(Conflict):
        shards.begin(MERCHANT, 3)
    with pytest.raises(Conflict):
        shards.open(MERCHANT, 3)
    with pytest.raises(Conflict):
        shards.finish(MERCHANT, 3)
    for _ in range(2):
        assert shards.finish(MERCHANT, 4) == Shards(4)
    assert not shards.begin(MERCHANT, 8).is_open


def test_a_writer_that_cached_the_old_number_writes_where_readers_still_look(
    engine: Table, shards: DynamoShards
) -> None:
    outdated = DynamoShards(engine, seconds=3_600)
    assert outdated.of(MERCHANT).written == 1
    shards.begin(MERCHANT, 3)
    shards.open(MERCHANT, 3)
    late_writer = DynamoCustomers(engine, outdated)

    late_writer.add_all(MERCHANT, [a_customer(number) for number in range(1, 10)])

    assert _listed(engine, shards) == 9
    _move_all(shards, 3)
    shards.finish(MERCHANT, 3)
    assert _listed(engine, shards) == 9


def test_a_reader_that_cached_the_old_number_sees_all_writes_until_the_new_shards_are_open(
    engine: Table, shards: DynamoShards
) -> None:
    outdated = DynamoShards(engine, seconds=3_600)
    assert outdated.of(MERCHANT).read == 1
    shards.begin(MERCHANT, 3)

    DynamoCustomers(engine, shards).add_all(MERCHANT, [a_customer(n) for n in range(1, 10)])

    assert _listed(engine, outdated) == 9


def test_a_customer_archived_or_restored_during_a_move_is_in_exactly_one_list(
    engine: Table, shards: DynamoShards
) -> None:
    customers = DynamoCustomers(engine, shards)
    numbers = [n for n in range(1, 40) if shard_of(customer_id(n), 2) == 1][:4]
    people = [a_customer(number) for number in numbers]
    customers.add_all(MERCHANT, people)
    gone = people[0].moved_to("archived", stamp(moment(90)))
    customers.update(MERCHANT, people[0], gone)
    shards.begin(MERCHANT, 2)
    shards.open(MERCHANT, 2)

    restored = gone.moved_to("active", stamp(moment(91)))
    customers.update(MERCHANT, gone, restored)
    customers.update(MERCHANT, people[1], people[1].moved_to("archived", stamp(moment(92))))
    _move_all(shards, 2)
    shards.finish(MERCHANT, 2)

    assert _listed(engine, shards) == 3
    assert shards.now(MERCHANT).moved == 2


def test_a_page_from_many_shards_is_as_long_as_from_one(
    engine: Table, shards: DynamoShards
) -> None:
    shards.begin(MERCHANT, 8)
    shards.open(MERCHANT, 8)
    shards.finish(MERCHANT, 8)
    everyone = [a_customer(number) for number in range(1, 41)]
    DynamoCustomers(engine, shards).add_all(MERCHANT, everyone)

    assert _listed(engine, shards, limit=20) == 20
    assert _listed(engine, shards) == 40
