"""What is said to DynamoDB and what it answers, as the JSON that they are.

botocore walks through every attribute of every row with the shapes of its service model, to spell
blobs and timestamps, and looks through every action for the name of a table that would be another
account's. Our rows have none of them, and the walks are two thirds of a page's whole time and a
third of a transaction's.
"""

import json
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SAID = "said as it is"


def use_raw_json(client: "DynamoDBClient") -> "DynamoDBClient":
    """Have a client hand requests and answers on without looking through them; return it.

    It must be one that does not validate parameters. Failures are still read by their shapes.
    """
    events: Any = client.meta.events  # botocore takes what these take, its stubs do not
    events.register("before-parameter-build.dynamodb.*", _put_aside)
    events.register("before-call.dynamodb.*", _said)
    events.register("before-parse.dynamodb.*", _taken)
    return client


def _put_aside(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    """Leave botocore nothing of a request but what it adds by itself, as a transaction's token."""
    context[_SAID] = params.copy()
    params.clear()
    if "RequestItems" in context[_SAID]:
        params["RequestItems"] = {}  # botocore asks for its keys, of whatever length


def _said(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    request = json.loads(params["body"]) | context[_SAID]
    params["body"] = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()


def _taken(
    response_dict: MutableMapping[str, Any],
    customized_response_dict: dict[str, Any],
    **_: object,
) -> None:
    if response_dict["status_code"] < HTTPStatus.MULTIPLE_CHOICES:
        customized_response_dict.update(json.loads(response_dict["body"]))
        response_dict["body"] = b"{}"
