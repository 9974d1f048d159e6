"""A raw JSON client sends, receives and fails exactly as an ordinary client does."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from crm.aws.dynamodb.raw_json import use_raw_json
from tests.engines.fixtures import NewTables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

UNCHECKED = Config(parameter_validation=False)
KEY = {"pk": {"S": "M#m-1"}, "sk": {"S": "1"}}
ROW = {
    **KEY,
    "texts": {"L": [{"S": "hà nội"}, {"N": "-12.50"}, {"BOOL": True}, {"NULL": True}]},
    "summary": {"M": {"empty": {"M": {}}, "none": {"L": []}, "deep": {"M": {"n": {"N": "7"}}}}},
}

type Operation = Callable[[Any, str], Any]


@pytest.fixture(params=["moto", "dynamodb local"])
def clients(
    request: pytest.FixtureRequest, new_tables: NewTables
) -> tuple["DynamoDBClient", "DynamoDBClient", str]:
    """Return an ordinary client, a raw JSON client and a table that both access."""
    if request.param == "moto":
        ordinary = request.getfixturevalue("moto_client")
        raw = boto3.client("dynamodb", config=UNCHECKED)
    else:
        ordinary = request.getfixturevalue("dynamodb_local_client")
        address = request.getfixturevalue("dynamodb_local")
        raw = boto3.client("dynamodb", endpoint_url=address, config=UNCHECKED)
    name = new_tables(ordinary).main
    for number in range(3):
        ordinary.put_item(TableName=name, Item={**ROW, "sk": {"S": str(number)}})
    return ordinary, use_raw_json(raw), name


def _queried(client: Any, name: str) -> Any:
    return client.query(
        TableName=name,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": KEY["pk"]},
        Limit=2,
        ReturnConsumedCapacity="TOTAL",
    )


OPERATIONS: dict[str, Operation] = {
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


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_response_is_the_same(
    clients: tuple["DynamoDBClient", "DynamoDBClient", str], operation: str
) -> None:
    ordinary, raw, name = clients

    perform = OPERATIONS[operation]
    expected, received = perform(ordinary, name), perform(raw, name)

    assert received["ResponseMetadata"]["HTTPStatusCode"] == 200
    del expected["ResponseMetadata"], received["ResponseMetadata"]
    assert received == expected


def test_a_refused_transaction_returns_the_existing_row(
    clients: tuple["DynamoDBClient", "DynamoDBClient", str],
) -> None:
    raw: Any = clients[1]
    name = clients[2]
    put = {
        "TableName": name,
        "Item": ROW,
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }

    with pytest.raises(ClientError) as failed:
        raw.transact_write_items(TransactItems=[{"Put": put}])

    answer: Any = failed.value.response
    assert answer["Error"]["Code"] == "TransactionCanceledException"
    assert answer["CancellationReasons"][0]["Item"] == ROW


def test_a_request_is_the_same(
    clients: tuple["DynamoDBClient", "DynamoDBClient", str],
) -> None:
    ordinary, raw, name = clients
    action: Any = {"Put": {"TableName": name, "Item": {**ROW, "sk": {"S": "Đặng"}}}}

    sent = []
    for client in (ordinary, raw):
        with _captured_requests(client) as requests:
            client.transact_write_items(TransactItems=[action])
            client.query(
                TableName=name,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": KEY["pk"]},
                ScanIndexForward=False,
            )
        sent.append(requests)

    (first, *rest), (raw_first, *raw_rest) = sent
    assert raw_rest == rest
    assert len(raw_first.pop("ClientRequestToken")) == len(first.pop("ClientRequestToken"))
    assert raw_first == first


def test_each_transaction_has_its_own_client_request_token(
    clients: tuple["DynamoDBClient", "DynamoDBClient", str],
) -> None:
    raw: Any = clients[1]
    put = {"TableName": clients[2], "Item": ROW}

    with _captured_requests(raw) as requests:
        raw.transact_write_items(TransactItems=[{"Put": put}])
        raw.transact_write_items(TransactItems=[{"Put": put}])

    first, second = (each["ClientRequestToken"] for each in requests)
    assert first != second


@contextmanager
def _captured_requests(client: Any) -> Iterator[list[Any]]:
    requests: list[Any] = []

    def capture(request: Any, **_: Any) -> None:
        requests.append(json.loads(request.body))

    client.meta.events.register("before-send.dynamodb.*", capture)
    try:
        yield requests
    finally:
        client.meta.events.unregister("before-send.dynamodb.*", capture)
