"""What a route declares, and what its documentation and its signature say because of that."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from inspect import Parameter, signature
from typing import Any, Literal, Required, TypedDict, Unpack

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

from crm.domain.idempotency.requests import Attempt
from crm.domain.kernel.permissions import Permission
from crm.http import problems
from crm.http.bodies import ProblemAnswer
from crm.http.responses import JSON

type Route = Callable[..., Response[str]]
#: What the caller must have or be: a permission, a program that sends events, or any user (None).
type Requirement = Permission | Literal["service"] | None

#: Failures of a route that reads the resource in its path.
READ = (404,)
#: Failures of a route that creates a resource.
CREATE = (409, 413, 415, 422)
#: Failures of a route that acts on the resource in its path.
ACTION = (404, 409, 413, 415, 422)
#: Failures of a route that changes the version of a resource named by `If-Match`.
CHANGE = (404, 409, 412, 413, 415, 422, 428)
#: Every route may fail with: bad parameter, no token, no permission, throttled, defect, busy.
EVERY = (400, 401, 403, 429, 500, 503)


class Documented(TypedDict, total=False):
    """What a route may document beyond what it requires and answers.

    `failures` replaces the failures that follow from the method and the path; `also` names answers
    with another status.
    """

    status: HTTPStatus
    also: Mapping[HTTPStatus, type[BaseModel]]
    failures: Sequence[int]
    summary: str


class DeclaredChange(Documented):
    """What a PUT, PATCH or DELETE declares."""

    permission: Required[Requirement]
    answers: Required[type[BaseModel]]
    if_match: Required[bool]


def documentation(
    method: str,
    path: str,
    permission: Requirement,
    answers: type[BaseModel],
    *,
    if_match: bool = False,
    every: Sequence[int] = EVERY,
    **more: Unpack[Documented],
) -> dict[str, Any]:
    """Return the documentation of a route, as keyword arguments of Powertools."""
    failures = more.get("failures", _usual_failures(method, path, if_match=if_match))
    failing = dict.fromkeys({*failures, *every}, (problems.CONTENT_TYPE, ProblemAnswer))
    contents = {
        more.get("status", HTTPStatus.OK): (JSON, answers),
        **dict(sorted(failing.items())),
        **{status: (JSON, model) for status, model in more.get("also", {}).items()},
    }
    responses = {
        int(status): {
            "description": HTTPStatus(status).phrase,
            "content": {content_type: {"model": model}},
        }
        for status, (content_type, model) in contents.items()
    }
    return {
        "summary": more.get("summary"),
        "responses": responses,
        "openapi_extensions": {"x-permission": permission or "none"},
    }


def _usual_failures(method: str, path: str, *, if_match: bool) -> Sequence[int]:
    if if_match:
        return CHANGE
    if method == "GET":
        return READ if path_names(path) else ()
    return ACTION if path_names(path) else CREATE


def path_names(path: str) -> list[str]:
    """Return the names of a path's parameters, in order."""
    return re.findall(r"<(\w+)>", path)


def takes_attempt(route: Route) -> bool:
    """Return whether the first parameter of a route is the attempt at its request."""
    first = next(iter(signature(route).parameters.values()), None)
    return first is not None and first.annotation is Attempt


def taking_header(
    route: Route,
    name: str,
    header: object,
    answered: Callable[[str, Mapping[str, Any]], Response[str]],
) -> Route:
    """Return a route with the parameters of another, plus a header and without an attempt.

    `answered` gets the value of the header, and the other arguments by name. Validation and
    documentation read the parameters from the signature.
    """

    @wraps(route)
    def with_header(**arguments: Any) -> Response[str]:  # noqa: ANN401 - of any route
        return answered(arguments.pop(name), arguments)

    shape = signature(route)
    own = [each for each in shape.parameters.values() if each.annotation is not Attempt]
    added = Parameter(name, Parameter.KEYWORD_ONLY, default="", annotation=header)
    with_header.__signature__ = shape.replace(parameters=[*own, added])  # type: ignore[attr-defined]
    return with_header
