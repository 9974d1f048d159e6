"""The resolver of every HTTP function: validation, problem details, CORS and the caller."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from traceback import extract_tb
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from crm.domain.idempotency.requests import Attempt, IdempotentRequest
from crm.domain.kernel.acts import Act, NewId
from crm.domain.kernel.errors import CrmError, NotFound
from crm.domain.kernel.permissions import Permission
from crm.domain.messages.catalogue import Locale
from crm.http import problems
from crm.http.bodies import ProblemAnswer
from crm.http.caller import Granted, MerchantContext, context_of, header_of, locale_of
from crm.http.idempotency_key import (
    Route,
    content_hash,
    made_of,
    path_names,
    repeated_answer,
    taking_key,
)
from crm.http.query_parameters import refuse_unknown_parameters
from crm.ports.idempotency import IdempotencyRecords
from crm.usecases.idempotency.answer_once import Made, Steps, answer_once

_MERGE_PATCH = "application/merge-patch+json"
_JSON = "application/json"
_REQUEST_HEADERS = ["If-Match", "Idempotency-Key", "Accept-Language"]
_ANSWER_HEADERS = ["ETag", "Location", "Retry-After"]
#: Every route may fail with: bad parameter, no token, no permission, throttled, defect, busy.
_ANY_ROUTE = (400, 401, 403, 429, 500, 503)
#: Additional failures that routes document, by what they do to a resource.
READ = (404,)
CREATE = (409, 413, 415, 422)
ACTION = (404, 409, 413, 415, 422)
CHANGE = (404, 409, 412, 413, 415, 422, 428)


class Api(APIGatewayRestResolver):
    """The routes of one function. Bodies are JSON; errors are answered as problem details."""

    def __init__(
        self,
        cors_origins: str,
        logger: Logger,
        *,
        now: Callable[[], datetime],
        new_id: NewId,
        idempotency_records: Callable[[], IdempotencyRecords],
        granted: Granted,
    ) -> None:
        first, *others = cors_origins.split(",")
        super().__init__(
            cors=CORSConfig(
                allow_origin=first,
                extra_origins=others,
                allow_headers=_REQUEST_HEADERS,
                expose_headers=_ANSWER_HEADERS,
            ),
            enable_validation=True,
            json_body_deserializer=_read_json,
        )
        self._logger = logger
        self._clock, self._ids = now, new_id
        self._idempotency_records = idempotency_records
        self._granted = granted
        self._attempt: Attempt | None = None
        self.use([refuse_unknown_parameters])
        self.exception_handler([*problems.STATUS])(self._failed)
        self.exception_handler(RequestValidationError)(self._unreadable)
        self.exception_handler(RequestUnsupportedContentType)(self._not_json)
        self.exception_handler(NotFoundError)(self._no_route)
        self.exception_handler(Exception)(self._defect)

    @property
    def caller(self) -> MerchantContext:
        """The caller, from the verified token."""
        return context_of(self.current_event.raw_event, self._granted)

    def caller_with(self, permission: Permission) -> MerchantContext:
        """Return the caller, or raise `Forbidden` if they lack the permission."""
        caller = self.caller
        caller.require(permission)
        return caller

    @property
    def act(self) -> Act:
        """Who asks, when, and the ids of what the request creates."""
        return Act(self.caller.author, self.now(), self.new_id)

    def now(self) -> datetime:
        """Return the current time; with an Idempotency-Key, that of the first attempt."""
        return self._attempt.at if self._attempt else self._clock()

    def new_id(self, at: datetime) -> str:
        """Return a new ULID; with an Idempotency-Key, the same one for every attempt."""
        return self._attempt.new_id(at) if self._attempt else self._ids(at)

    def once(
        self, show: Route, *, creates: HTTPStatus | None = HTTPStatus.CREATED
    ) -> Callable[[Route], Route]:
        """Make a POST take effect once per Idempotency-Key; put this below `@app.post`.

        `show` takes the parts of the path and the id of what was made, and answers it or raises
        `NotFound`; `creates` is the status it was made with. The first id that the route takes of
        `new_id` is what it makes. With `creates=None` nothing new is made: `show` takes the parts
        of the path alone, and acting twice must do no more than acting once.
        """

        def decorated(route: Route) -> Route:
            names = path_names(route)

            def answered(key: str, arguments: Mapping[str, Any]) -> Response[str]:
                if not key.strip():
                    return route(**arguments)
                place = [arguments[name] for name in names]
                ways = Steps(
                    lambda attempt: self._acted(attempt, route, arguments),
                    lambda made: show(*place, made) if creates else show(*place),
                    lambda first: self._found(show(*place, first) if creates else None, creates),
                )
                return self._answered_once(key, ways)

            return taking_key(route, answered)

        return decorated

    def repeatable(self, route: Route) -> Route:
        """Accept an Idempotency-Key on an idempotent POST; put this below `@app.post`.

        For what changes nothing, or says the state it leads to: doing it again does no more.
        """
        return taking_key(route, lambda _, arguments: route(**arguments))

    def _answered_once(self, key: str, ways: Steps[Response[str]]) -> Response[str]:
        caller, event = self.caller, self.current_event
        request = IdempotentRequest(caller.user_id, f"{event.http_method} {event.path}", key)
        made = answer_once(
            caller.merchant_id,
            request,
            content_hash(event.raw_event),
            ways,
            now=self._clock(),
            requests=self._idempotency_records(),
        )
        return repeated_answer(made)

    def _acted(
        self, attempt: Attempt, route: Route, arguments: Mapping[str, Any]
    ) -> Made[Response[str]]:
        self._attempt = attempt
        try:
            return made_of(route(**arguments))
        finally:
            self._attempt = None

    def _found(
        self, shown: Response[str] | None, status: HTTPStatus | None
    ) -> Made[Response[str]]:
        """Return what an earlier attempt created whose answer was lost."""
        if shown is None or status is None:
            raise NotFound("not_found")
        made = made_of(shown)
        location = f"{self.current_event.path}/{made.resource_id}"
        return made._replace(status=status.value, location=location)

    @staticmethod
    def path_text(part: str) -> str:
        """Return a path parameter decoded; gateways differ in whether they decode it."""
        return unquote(part)

    def header(self, name: str) -> str:
        """Return a header of the request, or "" if it is missing."""
        return header_of(self.current_event.raw_event, name.lower())

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer a request: 415 for a body that is not JSON, 500 and an alarm for a defect."""
        return super().resolve({**event, "headers": _normalized_headers(event)}, context)

    def _failed(self, error: CrmError) -> Response[str]:
        return problems.of_error(error, self._locale, self._path)

    def _unreadable(self, error: RequestValidationError) -> Response[str]:
        return problems.of_validation(error, self._locale, self._path)

    def _no_route(self, _: NotFoundError) -> Response[str]:
        return problems.of_status(HTTPStatus.NOT_FOUND, "no_such_route", self._locale, self._path)

    def _not_json(self, _: RequestUnsupportedContentType) -> Response[str]:
        return problems.of_status(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "json_only", self._locale, self._path
        )

    def _defect(self, error: Exception) -> Response[str]:
        """Answer 500 for a bug and log its location, but not its message: it may name people."""
        where = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
        self._logger.error("defect", error=type(error).__name__, where=where[-8:])
        return problems.of_status(
            HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", self._locale, self._path
        )

    @property
    def _locale(self) -> Locale:
        return locale_of(self.current_event.raw_event)

    @property
    def _path(self) -> str:
        return self.current_event.path


def answer(
    body: Mapping[str, Any],
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    """Serialize a body that is known to be valid, skipping response validation."""
    return Response(
        status_code=status.value,
        content_type=_JSON,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def answers(
    model: type[BaseModel],
    status: HTTPStatus = HTTPStatus.OK,
    *,
    failures: Sequence[int] = (),
    every: Sequence[int] = _ANY_ROUTE,
) -> dict[int, Any]:
    """Return the documented responses of a route: its answer and all its failures."""
    documented: dict[int, Any] = {
        status.value: {"description": status.phrase, "content": {_JSON: {"model": model}}}
    }
    for code in sorted({*failures, *every}):
        documented[code] = {
            "description": HTTPStatus(code).phrase,
            "content": {problems.CONTENT_TYPE: {"model": ProblemAnswer}},
        }
    return documented


def _read_json(body: str) -> Any:  # noqa: ANN401 - any JSON
    """Read a body; one nested deeper than anybody writes is as little JSON as a broken one.

    So is a number of more digits than Python reads.
    """
    try:
        return json.loads(body)
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError) as error:
        raise json.JSONDecodeError("too deep or too long", "", 0) from error


def _normalized_headers(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers with a content type of JSON if it is acceptable, or one to refuse."""
    headers: Mapping[str, str] = event.get("headers") or {}
    media_type = header_of(event, "content-type").partition(";")[0].strip().lower()
    patched = media_type == _MERGE_PATCH and event.get("httpMethod") == "PATCH"
    is_json = patched or media_type in {"", _JSON} or not event.get("body")
    others = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    return {**others, "content-type": _JSON if is_json else "not/json"}
