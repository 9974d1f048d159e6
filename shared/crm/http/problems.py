"""Answers to requests that fail: `application/problem+json` (RFC 9457), in vi or en."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from crm.domain.kernel.errors import (
    Busy,
    Conflict,
    CrmError,
    DuplicateCustomer,
    Forbidden,
    IfMatchRequired,
    Invalid,
    InvalidParameter,
    NotFound,
    Problem,
    Stale,
    TooLarge,
    Unauthenticated,
)
from crm.domain.messages.catalogue import Locale, text

CONTENT_TYPE = "application/problem+json"
#: Problem types are names, not pages: `type` is this plus the kind of failure.
TYPES = "https://khach-quen.vn/problems/"

STATUS: Mapping[type[CrmError], HTTPStatus] = {
    InvalidParameter: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    DuplicateCustomer: HTTPStatus.CONFLICT,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    TooLarge: HTTPStatus.CONTENT_TOO_LARGE,
    Invalid: HTTPStatus.UNPROCESSABLE_CONTENT,
    IfMatchRequired: HTTPStatus.PRECONDITION_REQUIRED,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
}

_KIND: Mapping[type[CrmError], str] = {
    InvalidParameter: "invalid-parameter",
    Unauthenticated: "unauthenticated",
    Forbidden: "forbidden",
    NotFound: "not-found",
    Conflict: "conflict",
    DuplicateCustomer: "duplicate-customer",
    Stale: "stale",
    TooLarge: "too-large",
    Invalid: "invalid",
    IfMatchRequired: "if-match-required",
    Busy: "busy",
}

_RETRY_AFTER_SECONDS = 1

#: What pydantic calls a refusal → the code of our message; any other kind is a wrong type.
_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "json_invalid": "json_invalid",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "too_long": "too_many",
    "too_short": "too_few",
    "literal_error": "not_one_of",
    "enum": "not_one_of",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large_number",
}


#: Params of an error that a program may act on, so they stand in the body by name.
_TOLD = frozenset(
    {
        "field",
        "existing_customer_id",
        "archived",
        "survivor_id",
        "merge_id",
        "current_version",
    }
)
_LIMITS = ("max_length", "min_length", "ge", "le")


def of_error(error: CrmError, locale: Locale, instance: str) -> Response[str]:
    """Return the answer to a failure that the caller can act on."""
    told = {name: value for name, value in error.params.items() if name in _TOLD}
    answer = _answer(
        _KIND[type(error)],
        STATUS[type(error)],
        {"detail": text(error.code, locale, error.params), "instance": instance, **told},
        locale,
        error.problems,
    )
    if isinstance(error, Busy):
        answer.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    return answer


def of_validation(error: RequestValidationError, locale: Locale, instance: str) -> Response[str]:
    """Return 422 for a body that does not fit its model, 400 for a parameter."""
    refusals = error.errors()
    problems = [_problem(each) for each in refusals]
    if any(each["loc"][0] == "body" for each in refusals):
        kind, status, code = "invalid", HTTPStatus.UNPROCESSABLE_CONTENT, "invalid_body"
    else:
        kind, status, code = "invalid-parameter", HTTPStatus.BAD_REQUEST, "invalid_parameters"
    detail = {"detail": text(code, locale), "instance": instance}
    return _answer(kind, status, detail, locale, problems)


def of_status(status: HTTPStatus, code: str, locale: Locale, instance: str) -> Response[str]:
    """Return the answer to a failure that is no error of the domain: a route, a media type."""
    kind = status.phrase.lower().replace(" ", "-")
    return _answer(kind, status, {"detail": text(code, locale), "instance": instance}, locale)


def _problem(error: Mapping[str, Any]) -> Problem:
    path = [part for part in error["loc"][1:] if error["type"] != "json_invalid"]
    context = error.get("ctx") or {}
    limit = next((context[name] for name in _LIMITS if name in context), "")
    expected = context.get("expected") or _expected(error["type"])
    return Problem(
        ".".join(str(part) for part in path) or "body",
        _CODES.get(error["type"], "wrong_type"),
        {"limit": limit, "expected": str(expected)},
    )


def _expected(kind: str) -> str:
    """Return the JSON type that pydantic wanted, from the name of its refusal."""
    return kind.removesuffix("_type").removesuffix("_parsing").replace("_", " ")


def _answer(
    kind: str,
    status: HTTPStatus,
    members: Mapping[str, Any],
    locale: Locale,
    problems: Sequence[Problem] = (),
) -> Response[str]:
    body = {
        "type": TYPES + kind,
        "title": text(f"title_{status.value}", locale),
        "status": status.value,
        **members,
        "errors": [
            {
                "field": each.field,
                "code": each.code,
                "message": text(each.code, locale, each.params),
            }
            for each in problems
        ],
    }
    return Response(
        status_code=status.value,
        content_type=CONTENT_TYPE,
        body=json.dumps(body, ensure_ascii=False),
        headers={"Cache-Control": "no-store", "Content-Language": locale},
    )
