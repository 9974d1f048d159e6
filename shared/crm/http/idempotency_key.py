"""POSTs that may be sent again: the header `Idempotency-Key`, and what a repeat is known by."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from hashlib import sha256
from inspect import Parameter, signature
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path

from crm.domain.idempotency.requests import LONGEST_KEY
from crm.usecases.idempotency.answer_once import Made

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=LONGEST_KEY,
        description="Names the request for 24 hours: sent again, it has its effect once and is"
        " answered with `Idempotency-Replayed: true`. Empty for none.",
    ),
]

type Route = Callable[..., Response[str]]


def taking_key(route: Route, answered: Callable[[str, Mapping[str, Any]], Response[str]]) -> Route:
    """Return a route with the parameters of another and the key, answered by a function of both.

    Parameters come from the signature, so that validation and documentation see the key as well.
    """

    @wraps(route)
    def keyed(*, idempotency_key: str = "", **asked: Any) -> Response[str]:  # noqa: ANN401 - of any route
        return answered(idempotency_key, asked)

    shape = signature(route)
    key = Parameter(
        "idempotency_key", Parameter.KEYWORD_ONLY, default="", annotation=IdempotencyKey
    )
    keyed.__signature__ = shape.replace(  # type: ignore[attr-defined]
        parameters=[*shape.parameters.values(), key]
    )
    return keyed


def path_names(route: Route) -> list[str]:
    """Return the parameters of a route that stand in its path, in their order."""
    return [
        name
        for name, parameter in signature(route).parameters.items()
        if any(
            isinstance(each, Path) for each in getattr(parameter.annotation, "__metadata__", ())
        )
    ]


def content_hash(event: Mapping[str, Any]) -> str:
    """Return the hash of all that a request says beside its path: its query and its body."""
    query = event.get("multiValueQueryStringParameters") or {}
    said = json.dumps([sorted(query.items()), event.get("body") or ""], ensure_ascii=False)
    return sha256(said.encode()).hexdigest()


def made_of(answer: Response[str]) -> Made[Response[str]]:
    """Return what an answer says was made: the `id` of its body, and the `Location`."""
    location = answer.headers.get("Location")
    return Made(
        answer,
        answer.status_code,
        json.loads(answer.body or "{}").get("id"),
        location if isinstance(location, str) else None,
    )


def told_again(made: Made[Response[str]]) -> Response[str]:
    """Return the answer, marked if it is of a request that was answered before."""
    if made.replayed:
        made.answer.status_code = made.status
        made.answer.headers["Idempotency-Replayed"] = "true"
        if made.location is not None:
            made.answer.headers["Location"] = made.location
    return made.answer
