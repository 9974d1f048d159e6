"""Error answers as `application/problem+json` (RFC 9457), in Vietnamese or English."""

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
#: `type` is this prefix plus the kind of error; it is a name, not a page to fetch.
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

#: pydantic error type → our message code; any other error type means a wrong type.
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


#: Error parameters that programs may act on; the body includes them by name.
_PUBLIC_PARAMS = frozenset(
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
    """Return the answer for an error that the caller can act on."""
    params = {name: value for name, value in error.params.items() if name in _PUBLIC_PARAMS}
    listed = next(each for each in type(error).__mro__ if each in STATUS)
    answer = _answer(
        _KIND[listed],
        STATUS[listed],
        {"detail": text(error.code, locale, error.params), "instance": instance, **params},
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
    """Return the answer for an error outside the domain: an unknown route, a media type."""
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
    """Return the JSON type that pydantic expected, from its error type."""
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
