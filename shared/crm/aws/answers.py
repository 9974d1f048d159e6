"""DynamoDB's answers, taken as the JSON that they are.

botocore walks through every attribute of every row with the shapes of its service model, to find
blobs and timestamps. Our rows have neither, and the walk is two thirds of a page's whole time.
"""

import json
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def take_plainly(client: "DynamoDBClient") -> "DynamoDBClient":
    """Have a client hand on what DynamoDB answers without looking through it; return it.

    Failures are still read by their shapes.
    """
    client.meta.events.register("before-parse.dynamodb.*", _taken)
    return client


def _taken(
    response_dict: MutableMapping[str, Any],
    customized_response_dict: dict[str, Any],
    **_: object,
) -> None:
    if response_dict["status_code"] < HTTPStatus.MULTIPLE_CHOICES:
        customized_response_dict.update(json.loads(response_dict["body"]))
        response_dict["body"] = b"{}"
