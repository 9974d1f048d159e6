"""A table asked for a row whose key is longer than any key can be: there is none."""

import pytest

from crm.aws.dynamodb.keys import Key, key
from crm.aws.dynamodb.table import Cancelled, Table

POSSIBLE = key("M#m-1", "1")
IMPOSSIBLE = [key("M#" + "x" * 2_047, "1"), key("M#m-1", "x" * 1_025), key("M#m-1", "ạ" * 342)]

pytestmark = pytest.mark.parametrize("engine", ["moto", "dynamodb local"], indirect=True)


@pytest.fixture
def there(engine: Table) -> Table:
    """Give a table with one row."""
    engine.put({**POSSIBLE, "n": {"N": "1"}})
    return engine


@pytest.mark.parametrize("impossible", IMPOSSIBLE, ids=["partition", "place", "bytes"])
def test_a_row_that_cannot_be_there_is_not_found(there: Table, impossible: Key) -> None:
    assert there.get(impossible) is None
    assert [each["n"] for each in there.get_many([impossible, POSSIBLE])] == [{"N": "1"}]


@pytest.mark.parametrize("impossible", IMPOSSIBLE, ids=["partition", "place", "bytes"])
def test_a_transaction_on_a_row_that_cannot_be_there_is_refused_whole(
    there: Table, impossible: Key
) -> None:
    action = there.checking(impossible, "n = :n", {":n": 1})

    with pytest.raises(Cancelled) as cancelled:
        there.transact([there.deleting(POSSIBLE), action])
    with pytest.raises(Cancelled):
        there.write(there.updating(impossible, "SET n = :n", "n = :n", {":n": 1}))

    assert cancelled.value.refused == {1: {}}
    assert there.get(POSSIBLE) is not None


def test_a_partition_that_cannot_be_there_is_empty(there: Table) -> None:
    answer = there.query(
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": IMPOSSIBLE[0]["pk"]},
    )

    assert answer["Items"] == []


@pytest.mark.parametrize(
    "longest",
    [key("M#" + "x" * 2_046, "1"), key("M#m-1", "ạ" * 341 + "x")],
    ids=["partition", "place"],
)
def test_the_longest_key_that_can_be_is_found(there: Table, longest: Key) -> None:
    there.put({**longest, "n": {"N": "2"}})

    assert there.get(longest) is not None
