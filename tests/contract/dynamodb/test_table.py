"""A row whose key is longer than DynamoDB allows does not exist."""

import pytest

from crm.aws.dynamodb.keys import Key, key
from crm.aws.dynamodb.table import Cancelled, Table

POSSIBLE = key("M#m-1", "1")
IMPOSSIBLE = [key("M#" + "x" * 2_047, "1"), key("M#m-1", "x" * 1_025), key("M#m-1", "ạ" * 342)]

pytestmark = pytest.mark.parametrize("engine", ["moto", "dynamodb local"], indirect=True)


@pytest.fixture
def table(engine: Table) -> Table:
    """Return a table with one row."""
    engine.put({**POSSIBLE, "n": {"N": "1"}})
    return engine


@pytest.mark.parametrize("impossible", IMPOSSIBLE, ids=["partition", "sort key", "bytes"])
def test_a_row_with_an_impossible_key_is_not_found(table: Table, impossible: Key) -> None:
    assert table.get(impossible) is None
    assert [each["n"] for each in table.get_many([impossible, POSSIBLE])] == [{"N": "1"}]


@pytest.mark.parametrize("impossible", IMPOSSIBLE, ids=["partition", "sort key", "bytes"])
def test_a_transaction_with_an_impossible_key_is_refused_as_a_whole(
    table: Table, impossible: Key
) -> None:
    action = table.checking(impossible, "n = :n", {":n": 1})

    with pytest.raises(Cancelled) as cancelled:
        table.transact([table.deleting(POSSIBLE), action])
    with pytest.raises(Cancelled):
        table.write(table.updating(impossible, "SET n = :n", "n = :n", {":n": 1}))

    assert cancelled.value.refused == {1: {}}
    assert table.get(POSSIBLE) is not None


def test_an_impossible_partition_is_empty(table: Table) -> None:
    answer = table.query(
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": IMPOSSIBLE[0]["pk"]},
    )

    assert answer["Items"] == []


@pytest.mark.parametrize(
    "longest",
    [key("M#" + "x" * 2_046, "1"), key("M#m-1", "ạ" * 341 + "x")],
    ids=["partition", "sort key"],
)
def test_the_longest_possible_key_is_found(table: Table, longest: Key) -> None:
    table.put({**longest, "n": {"N": "2"}})

    assert table.get(longest) is not None
