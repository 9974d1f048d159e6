"""The resolver of every HTTP function: declared routes, problem details, CORS and the caller."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from traceback import extract_tb
from typing import Any, Unpack
from urllib.parse import unquote

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import (
    ApiGatewayResolver,
    APIGatewayRestResolver,
    CORSConfig,
    Response,
)
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import (
    OpenAPIRequestValidationMiddleware,
)
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from crm.domain.idempotency.requests import Attempt, IdempotentRequest, new_attempt
from crm.domain.kernel.acts import Act, NewId
from crm.domain.kernel.errors import CrmError, NotFound
from crm.domain.kernel.ids import MerchantId
from crm.domain.messages.catalogue import Locale
from crm.http import problems
from crm.http.caller import Granted, MerchantContext, context_of, header_of, locale_of
from crm.http.declarations import (
    DeclaredChange,
    Documented,
    Requirement,
    Route,
    documentation,
    path_names,
    takes_attempt,
    taking_header,
)
from crm.http.etags import seen_version
from crm.http.idempotency_key import IdempotencyKey, content_hash, made_of, repeated_answer
from crm.http.parameters import IfMatch
from crm.http.query_parameters import refuse_unknown_parameters
from crm.http.responses import JSON
from crm.ports.idempotency import IdempotencyRecords
from crm.usecases.idempotency.answer_once import Made, Steps, answer_once

_MERGE_PATCH = "application/merge-patch+json"
_REQUEST_HEADERS = ["If-Match", "Idempotency-Key", "Accept-Language"]
_ANSWER_HEADERS = ["ETag", "Location", "Retry-After"]


type Middleware = Callable[..., Response[str]]


class Api:
    """The routes of one function. Bodies are JSON; errors are answered as problem details.

    A route declares what it requires of a request. Caller, permission and `If-Match` are checked
    before parameters and body are read.
    """

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
        self._resolver = APIGatewayRestResolver(
            cors=CORSConfig(
                allow_origin=first,
                extra_origins=others,
                allow_headers=_REQUEST_HEADERS,
                expose_headers=_ANSWER_HEADERS,
            ),
            enable_validation=True,
            json_body_deserializer=_read_json,
        )
        self._read_request = OpenAPIRequestValidationMiddleware()  # type: ignore[no-untyped-call]
        self._logger = logger
        self._clock, self._ids = now, new_id
        self._idempotency_records = idempotency_records
        self._granted = granted
        handles = self._resolver.exception_handler
        handles([*problems.STATUS])(self._failed)
        handles(RequestValidationError)(self._unreadable)
        handles(RequestUnsupportedContentType)(self._not_json)
        handles(NotFoundError)(self._no_route)
        handles(Exception)(self._defect)

    # ── routes ──────────────────────────────────────────────────────────────────────────────────

    def open(self, path: str, *, answers: type[BaseModel]) -> Callable[[Route], Route]:
        """Add a GET that anybody may send, without a token."""

        def decorated(route: Route) -> Route:
            shown = documentation("GET", path, None, answers, every=(503,))
            self._add("GET", path, route, shown, ())
            return route

        return decorated

    def get(
        self,
        path: str,
        *,
        permission: Requirement,
        answers: type[BaseModel],
        **more: Unpack[Documented],
    ) -> Callable[[Route], Route]:
        """Add a GET; other code that calls it needs the permission as well."""

        def decorated(route: Route) -> Route:
            @wraps(route)
            def checked(*in_path: Any, **arguments: Any) -> Response[str]:  # noqa: ANN401 - of any route
                self._require(permission)
                return route(*in_path, **arguments)

            shown = documentation("GET", path, permission, answers, **more)
            self._add("GET", path, route, shown, [self._required(permission)])
            return checked

        return decorated

    def post(
        self,
        path: str,
        *,
        permission: Requirement,
        answers: type[BaseModel],
        once: Route | None,
        creates: bool = True,
        **more: Unpack[Documented],
    ) -> Callable[[Route], Route]:
        """Add a POST, which takes effect once for each `Idempotency-Key`.

        With `once`, the first parameter of the route is the `Attempt`. A repeated request is
        answered by `once`, which takes the parameters of the path and the attempt's `created_id`,
        and raises `NotFound` if nothing has that id. With `creates=False` the route creates
        nothing: `once` takes only the parameters of the path, and acting twice must have the
        effect of acting once. `once=None` is for a route that can be repeated as it is, because
        it changes nothing or sets a given state.
        """

        def decorated(route: Route) -> Route:
            if takes_attempt(route) != (once is not None):
                raise TypeError(f"POST {path}: exactly a route with once=… takes an Attempt")

            def answered(key: str, arguments: Mapping[str, Any]) -> Response[str]:
                if once is None:
                    return route(**arguments)
                if not key.strip():
                    return route(new_attempt(self.act), **arguments)
                in_path = [arguments[name] for name in path_names(path)]
                return self._answered_once(
                    key,
                    lambda attempt: route(attempt, **arguments),
                    lambda made: once(*in_path, made) if creates else once(*in_path),
                    more.get("status", HTTPStatus.OK) if creates else None,
                )

            handler = taking_header(route, "idempotency_key", IdempotencyKey, answered)
            shown = documentation("POST", path, permission, answers, **more)
            self._add("POST", path, handler, shown, [self._required(permission)])
            return route

        return decorated

    def put(self, path: str, **declared: Unpack[DeclaredChange]) -> Callable[[Route], Route]:
        """Add a PUT; with `if_match` it needs the version that the caller saw."""
        return self._changing("PUT", path, **declared)

    def patch(self, path: str, **declared: Unpack[DeclaredChange]) -> Callable[[Route], Route]:
        """Add a PATCH; with `if_match` it needs the version that the caller saw."""
        return self._changing("PATCH", path, **declared)

    def delete(self, path: str, **declared: Unpack[DeclaredChange]) -> Callable[[Route], Route]:
        """Add a DELETE; with `if_match` it needs the version that the caller saw."""
        return self._changing("DELETE", path, **declared)

    def _changing(
        self,
        method: str,
        path: str,
        *,
        permission: Requirement,
        answers: type[BaseModel],
        if_match: bool,
        **more: Unpack[Documented],
    ) -> Callable[[Route], Route]:
        def decorated(route: Route) -> Route:
            handler = route
            if if_match:
                handler = taking_header(
                    route, "if_match", IfMatch, lambda _, arguments: route(**arguments)
                )
            shown = documentation(method, path, permission, answers, if_match=if_match, **more)
            required = self._required(permission, if_match=if_match)
            self._add(method, path, handler, shown, [required])
            return route

        return decorated

    def _required(self, permission: Requirement, *, if_match: bool = False) -> Middleware:
        """Return a step that checks the caller, the permission and the header `If-Match`."""

        def required(_: ApiGatewayResolver, next_middleware: NextMiddleware) -> Response[str]:
            self._require(permission)
            if if_match:
                self._resolver.context["seen_version"] = seen_version(self.header("If-Match"))
            return next_middleware(self._resolver)

        return required

    def _add(
        self,
        method: str,
        path: str,
        handler: Route,
        shown: Mapping[str, Any],
        before: Sequence[Middleware],
    ) -> None:
        """Add a route, whose parameters and body are read after the steps `before`.

        Powertools itself reads them before any step of a route, so its own reading is off.
        """
        steps: list[Callable[..., Any]] = [*before, self._read_request, refuse_unknown_parameters]
        route = self._resolver.route
        route(path, method, enable_validation=False, middlewares=steps, **shown)(handler)

    def openapi(self) -> str:
        """Return the OpenAPI document of the routes, as JSON."""
        return self._resolver.get_openapi_json_schema()

    # ── the request ─────────────────────────────────────────────────────────────────────────────

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer a request: 415 for a body that is not JSON, 500 and an alarm for a defect."""
        return self._resolver.resolve({**event, "headers": _normalized_headers(event)}, context)

    @property
    def caller(self) -> MerchantContext:
        """The caller, from the verified token."""
        request = self._resolver.context
        if "caller" not in request:
            request["caller"] = context_of(self._event, self._granted)
        caller: MerchantContext = request["caller"]
        return caller

    @property
    def merchant_id(self) -> MerchantId:
        """The caller's merchant."""
        return self.caller.merchant_id

    @property
    def seen_version(self) -> int:
        """The version in `If-Match`, of a route that declares `if_match=True`."""
        version: int = self._resolver.context["seen_version"]
        return version

    @property
    def act(self) -> Act:
        """Author, time and ids of a change; a route with `once=…` takes those of its attempt."""
        return Act(self.caller.author, self._clock(), self._ids)

    def now(self) -> datetime:
        """Return the current time."""
        return self._clock()

    @staticmethod
    def path_text(part: str) -> str:
        """Return a path parameter decoded; gateways differ in whether they decode it."""
        return unquote(part)

    def header(self, name: str) -> str:
        """Return a header of the request, or "" if it is missing."""
        return header_of(self._event, name.lower())

    @property
    def _event(self) -> dict[str, Any]:
        return self._resolver.current_event.raw_event

    @property
    def _path(self) -> str:
        return self._resolver.current_event.path

    @property
    def _locale(self) -> Locale:
        return locale_of(self._event)

    def _require(self, permission: Requirement) -> None:
        """Raise `Unauthenticated` or `Forbidden` unless the caller meets a requirement."""
        caller = self.caller
        if permission == "service":
            caller.require_service()
        elif permission is not None:
            caller.require(permission)

    def _answered_once(
        self,
        key: str,
        act: Callable[[Attempt], Response[str]],
        show: Callable[[str | None], Response[str]],
        created: HTTPStatus | None,
    ) -> Response[str]:
        """Act, or show what an earlier attempt did; it answered `created` if it created it."""
        caller, event = self.caller, self._resolver.current_event

        def find(created_id: str) -> Made[Response[str]]:
            if created is None:
                raise NotFound("not_found")
            made = made_of(show(created_id))
            location = f"{event.path}/{made.resource_id}"
            return made._replace(status=created.value, location=location)

        made = answer_once(
            caller.merchant_id,
            IdempotentRequest(caller.user_id, f"{event.http_method} {event.path}", key),
            content_hash(event.raw_event),
            Steps(lambda attempt: made_of(act(attempt)), show, find),
            act=self.act,
            requests=self._idempotency_records(),
        )
        return repeated_answer(made)

    # ── failures ────────────────────────────────────────────────────────────────────────────────

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


def _read_json(body: str) -> Any:  # noqa: ANN401 - any JSON
    """Read a body; raise `JSONDecodeError` for every body that Python cannot read.

    That includes bodies nested too deeply, and numbers of too many digits.
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
    is_json = patched or media_type in {"", JSON} or not event.get("body")
    others = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    return {**others, "content-type": JSON if is_json else "not/json"}
