"""Build API Gateway requests, send them to a handler and read its responses."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from aws_lambda_powertools.utilities.typing import LambdaContext

_SAMPLE = Path(__file__).parents[2] / "events" / "http" / "request.json"

type Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Answered:
    """A function's response."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class _Invocation:
    """The Lambda context of an invocation."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:ap-southeast-1:123456789012:function:function"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


#: The context of every invocation; Powertools reads no other attributes.
CONTEXT = cast("LambdaContext", _Invocation())


@dataclass(frozen=True)
class Client:
    """A caller of one function: a merchant's user with a role and a language."""

    handler: Handler
    merchant_id: str = "m-1"
    role: str = "manager"
    language: str = "en"
    claims: Mapping[str, Any] = field(default_factory=dict)

    def event(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        **headers: str,
    ) -> dict[str, Any]:
        """Return the gateway's event of a request with the arguments of `send`."""
        event: dict[str, Any] = json.loads(_SAMPLE.read_text())
        request_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        event["headers"] = {"Accept-Language": self.language, **request_headers}
        event["multiValueHeaders"] = {name: [value] for name, value in event["headers"].items()}
        event |= {"httpMethod": method, "path": path}
        event["requestContext"] |= {"path": f"/v1{path}", "httpMethod": method}
        event["requestContext"]["authorizer"]["claims"] |= {
            "custom:merchant_id": self.merchant_id,
            "cognito:groups": self.role,
            **self.claims,
        }
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        if query is not None:
            event["queryStringParameters"] = dict(query)
            event["multiValueQueryStringParameters"] = {
                name: [value] for name, value in query.items()
            }
        return event

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        **headers: str,
    ) -> Answered:
        """Send a request; a non-string `body` is sent as JSON, `If_Match` as header If-Match."""
        event = self.event(method, path, body, query=query, **headers)
        answer = self.handler(event, CONTEXT)
        response_headers = {name: value[0] for name, value in answer["multiValueHeaders"].items()}
        return Answered(answer["statusCode"], json.loads(answer["body"]), response_headers)
