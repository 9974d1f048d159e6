"""Answers to requests that fail: `application/problem+json` (RFC 9457) in the caller's language."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from crm.domain.errors import (
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
from crm.domain.messages import Locale, text

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
    "literal_error": "not_one_of",
    "enum": "not_one_of",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large_number",
}


def of_error(error: CrmError, locale: Locale, instance: str) -> Response[str]:
    """Return the answer to a failure that the caller can act on."""
    status = STATUS[type(error)]
    extensions = {
        name: value for name, value in error.params.items() if name in _TOLD and value is not None
    }
    headers = {"Retry-After": str(_RETRY_AFTER_SECONDS)} if isinstance(error, Busy) else {}
    return _response(
        _KIND[type(error)],
        status,
        text(error.code, locale, error.params),
        instance,
        locale,
        error.problems,
        extensions,
        headers,
    )


#: Params of an error that a program may act on, so they stand in the body by name.
_TOLD = frozenset({"field", "existing_customer_id", "archived", "survivor_id", "current_version"})


def of_validation(error: RequestValidationError, locale: Locale, instance: str) -> Response[str]:
    """Return 422 for a body that does not fit its model, 400 for a parameter."""
    problems = [_problem(each) for each in error.errors()]
    in_body = any(each["loc"][0] == "body" for each in error.errors())
    if in_body:
        return _response(
            "invalid",
            HTTPStatus.UNPROCESSABLE_CONTENT,
            text("invalid_body", locale),
            instance,
            locale,
            problems,
        )
    return _response(
        "invalid-parameter",
        HTTPStatus.BAD_REQUEST,
        text("invalid_parameters", locale),
        instance,
        locale,
        problems,
    )


def of_status(status: HTTPStatus, code: str, locale: Locale, instance: str) -> Response[str]:
    """Return the answer to a failure that is no error of the domain: a route, a media type."""
    kind = status.phrase.lower().replace(" ", "-")
    return _response(kind, status, text(code, locale), instance, locale)


def _problem(error: Mapping[str, Any]) -> Problem:
    _, *path = error["loc"]
    context = error.get("ctx") or {}
    code = _CODES.get(error["type"], "wrong_type")
    limit = next((context[name] for name in _LIMITS if name in context), "")
    field = ".".join(str(part) for part in path) or "body"
    expected = context.get("expected") or _expected(error["type"])
    return Problem(field, code, {"limit": limit, "expected": str(expected)})


_LIMITS = ("max_length", "min_length", "ge", "le")


def _expected(kind: str) -> str:
    """Return the JSON type that pydantic wanted, from the name of its refusal."""
    return kind.removesuffix("_type").removesuffix("_parsing").replace("_", " ")


def _response(
    kind: str,
    status: HTTPStatus,
    detail: str,
    instance: str,
    locale: Locale,
    problems: Iterable[Problem] = (),
    extensions: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    body: dict[str, Any] = {
        "type": TYPES + kind,
        "title": text(f"title_{status.value}", locale),
        "status": status.value,
        "detail": detail,
        "instance": instance,
        "errors": [
            {
                "field": each.field,
                "code": each.code,
                "message": text(each.code, locale, each.params),
            }
            for each in problems
        ],
        **(extensions or {}),
    }
    return Response(
        status_code=status.value,
        content_type=CONTENT_TYPE,
        body=json.dumps(body, ensure_ascii=False),
        headers={**(headers or {}), "Cache-Control": "no-store", "Content-Language": locale},
    )
