"""A route cannot be declared without what it requires, and gets what it declared."""

from http import HTTPStatus
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import Response

from crm.domain.idempotency.requests import Attempt
from crm.domain.kernel.permissions import OF_ROLE
from crm.http.api import Api
from crm.http.bodies import HealthAnswer
from crm.http.parameters import CustomerPath
from crm.http.responses import answer
from crm.runtime.api import api
from tests.functions.requests import Answered, Client


def _client(app: Api, role: str = "manager") -> Client:
    return Client(app.resolve, role=role)


def _nothing() -> Response[str]:
    return answer({"status": "ok"})


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_a_route_without_a_permission_cannot_be_added(method: str) -> None:
    with pytest.raises(TypeError, match="permission"):
        getattr(api(), method)("/x", answers=HealthAnswer, once=None, if_match=False)


def test_a_post_says_whether_it_takes_effect_once_and_a_change_whether_it_needs_a_version() -> (
    None
):
    for method, lacking in (("post", "once"), ("put", "if_match"), ("delete", "if_match")):
        with pytest.raises(TypeError, match=lacking):
            getattr(api(), method)("/x", permission=None, answers=HealthAnswer)


def test_exactly_a_route_that_takes_effect_once_takes_an_attempt() -> None:
    def attempting(_: Attempt) -> Response[str]:
        return _nothing()

    for once, route in ((_nothing, _nothing), (None, attempting)):
        with pytest.raises(TypeError, match="Attempt"):
            api().post("/x", permission=None, answers=HealthAnswer, once=once)(route)


def _app(calls: list[Any]) -> Api:
    """Return routes that note how they are called."""
    app = api()

    @app.get("/read/<customer_id>", permission="customers:read", answers=HealthAnswer)
    def read(customer_id: CustomerPath) -> Response[str]:
        calls.append(("read", customer_id, app.caller is app.caller))
        return _nothing()

    @app.patch("/edit", permission=None, answers=HealthAnswer, if_match=True)
    def edit() -> Response[str]:
        calls.append(("edit", app.seen_version))
        return _nothing()

    @app.post("/read-by-post", permission=None, answers=HealthAnswer, once=None)
    def read_by_post() -> Response[str]:
        return read("c-1")

    del edit, read_by_post
    return app


def _sent(app: Api, method: str, path: str, role: str = "viewer", if_match: str = "") -> Answered:
    return _client(app, role).send(method, path, If_Match=if_match)


def test_a_route_gets_the_version_that_the_caller_saw() -> None:
    calls: list[Any] = []

    assert _sent(_app(calls), "PATCH", "/edit", if_match='"7"').status == HTTPStatus.OK
    assert calls == [("edit", 7)]


def test_a_get_that_another_route_calls_requires_its_permission_too() -> None:
    calls: list[Any] = []
    app = _app(calls)

    assert _sent(app, "GET", "/read/c-2").status == HTTPStatus.OK
    assert _sent(app, "POST", "/read-by-post").status == HTTPStatus.OK
    assert _sent(app, "POST", "/read-by-post", role="boss").status == HTTPStatus.FORBIDDEN
    assert calls == [("read", "c-2", True), ("read", "c-1", True)]


@pytest.mark.req("002-01")
@pytest.mark.parametrize(
    ("method", "path", "role", "status"),
    [
        ("GET", "/whose", "owner", HTTPStatus.OK),
        ("GET", "/defect", "owner", HTTPStatus.INTERNAL_SERVER_ERROR),
        ("GET", "/defect", "boss", HTTPStatus.FORBIDDEN),
        ("PATCH", "/edit", "owner", HTTPStatus.OK),
        ("GET", "/nowhere", "owner", HTTPStatus.NOT_FOUND),
    ],
)
def test_a_request_never_sees_the_caller_or_the_version_of_an_earlier_one(
    method: str, path: str, role: str, status: HTTPStatus
) -> None:
    seen: list[Any] = []
    app = _app([])

    @app.get("/whose", permission=None, answers=HealthAnswer)
    def whose() -> Response[str]:
        seen.append((app.merchant_id, app.caller.permissions))
        return _nothing()

    @app.get("/defect", permission="customers:read", answers=HealthAnswer)
    def defect() -> Response[str]:
        raise ValueError(app.merchant_id)

    @app.get("/version", permission=None, answers=HealthAnswer)
    def version() -> Response[str]:
        seen.append(app.seen_version)
        return _nothing()

    del whose, defect, version
    earlier = Client(app.resolve, "m-1", role).send(method, path, If_Match='"7"')
    later = Client(app.resolve, "m-2", "viewer")

    assert earlier.status == status
    seen.clear()
    assert later.send("GET", "/whose").status == HTTPStatus.OK
    assert seen == [("m-2", OF_ROLE["viewer"])]
    assert later.send("GET", "/version").status == HTTPStatus.INTERNAL_SERVER_ERROR
    assert len(seen) == 1
