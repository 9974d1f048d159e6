"""A client that takes answers as they come hears what an ordinary one hears, and fails alike."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from crm.aws.answers import take_plainly
from tests.engines.fixtures import NewTables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"pk": {"S": "M#m-1"}, "sk": {"S": "1"}}
ROW = {
    **KEY,
    "texts": {"L": [{"S": "hà nội"}, {"N": "-12.50"}, {"BOOL": True}, {"NULL": True}]},
    "summary": {"M": {"empty": {"M": {}}, "none": {"L": []}, "deep": {"M": {"n": {"N": "7"}}}}},
}

type Ask = Callable[[Any, str], Any]


@pytest.fixture(params=["moto", "dynamodb local"])
def clients(
    request: pytest.FixtureRequest, new_tables: NewTables
) -> tuple["DynamoDBClient", "DynamoDBClient", str]:
    """Give an ordinary client, a plain one and a table that both see."""
    if request.param == "moto":
        ordinary = request.getfixturevalue("moto_client")
        plain = boto3.client("dynamodb")
    else:
        ordinary = request.getfixturevalue("dynamodb_local_client")
        plain = boto3.client("dynamodb", endpoint_url=request.getfixturevalue("dynamodb_local"))
    name = new_tables(ordinary).main
    for number in range(3):
        ordinary.put_item(TableName=name, Item={**ROW, "sk": {"S": str(number)}})
    return ordinary, take_plainly(plain), name


def _queried(client: Any, name: str) -> Any:
    return client.query(
        TableName=name,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": KEY["pk"]},
        Limit=2,
        ReturnConsumedCapacity="TOTAL",
    )


ASKED: dict[str, Ask] = {
    "a row": lambda client, name: client.get_item(TableName=name, Key=KEY, ConsistentRead=True),
    "no row": lambda client, name: client.get_item(
        TableName=name, Key={**KEY, "sk": {"S": "none"}}
    ),
    "some rows": lambda client, name: client.batch_get_item(
        RequestItems={name: {"Keys": [KEY]}}, ReturnConsumedCapacity="TOTAL"
    ),
    "a page": _queried,
    "a change": lambda client, name: client.update_item(
        TableName=name,
        Key=KEY,
        UpdateExpression="SET n = :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="ALL_NEW",
    ),
    "a put": lambda client, name: client.put_item(TableName=name, Item=ROW),
}


@pytest.mark.parametrize("asked", ASKED)
def test_an_answer_is_the_same(
    clients: tuple["DynamoDBClient", "DynamoDBClient", str], asked: str
) -> None:
    ordinary, plain, name = clients

    expected, heard = ASKED[asked](ordinary, name), ASKED[asked](plain, name)

    assert heard["ResponseMetadata"]["HTTPStatusCode"] == 200
    del expected["ResponseMetadata"], heard["ResponseMetadata"]
    assert heard == expected


def test_a_refused_transaction_tells_the_row_that_was_there(
    clients: tuple["DynamoDBClient", "DynamoDBClient", str],
) -> None:
    plain: Any = clients[1]
    name = clients[2]
    put = {
        "TableName": name,
        "Item": ROW,
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }

    with pytest.raises(ClientError) as failed:
        plain.transact_write_items(TransactItems=[{"Put": put}])

    answer: Any = failed.value.response
    assert answer["Error"]["Code"] == "TransactionCanceledException"
    assert answer["CancellationReasons"][0]["Item"] == ROW
