"""Send and read DynamoDB JSON directly, bypassing botocore's serializers.

botocore walks every attribute of every row by its service model, to convert blobs and timestamps,
and searches every action for a table of another account. Our rows have neither, and these walks
take two thirds of the time of reading a page and a third of that of a transaction.
"""

import json
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_RAW_PARAMS = "raw params"


def use_raw_json(client: "DynamoDBClient") -> "DynamoDBClient":
    """Make a client pass requests and responses on without converting them; return it.

    The client must have parameter validation off. Error responses are still parsed by botocore.
    """
    events: Any = client.meta.events  # the stubs reject handlers that botocore accepts
    events.register("before-parameter-build.dynamodb.*", _set_params_aside)
    events.register("before-call.dynamodb.*", _write_body)
    events.register("before-parse.dynamodb.*", _read_body)
    return client


def _set_params_aside(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    """Hide the params from botocore, which then adds only its own, as a transaction's token."""
    context[_RAW_PARAMS] = params.copy()
    params.clear()
    if "RequestItems" in context[_RAW_PARAMS]:
        params["RequestItems"] = {}  # botocore reads its keys and accepts an empty one


def _write_body(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    request = json.loads(params["body"]) | context[_RAW_PARAMS]
    params["body"] = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()


def _read_body(
    response_dict: MutableMapping[str, Any],
    customized_response_dict: dict[str, Any],
    **_: object,
) -> None:
    if response_dict["status_code"] < HTTPStatus.MULTIPLE_CHOICES:
        customized_response_dict.update(json.loads(response_dict["body"]))
        response_dict["body"] = b"{}"
