"""The routes of the handlers equal those of the template, and declare what they require."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm.domain.kernel.permissions import ALL
from gates import handlers
from gates.openapi import METHODS, own_document, routed

HTTP = handlers.FUNCTIONS.parent / "shared/crm/http"
HTTP_FUNCTIONS = [name for name in handlers.folders() if name.endswith("_api")]


@pytest.mark.parametrize("folder", HTTP_FUNCTIONS)
def test_the_gateway_sends_a_function_exactly_its_own_routes(folder: str) -> None:
    answered = {
        (path, method)
        for path, item in own_document(folder)["paths"].items()
        for method in item.keys() & METHODS
    }

    assert {(route["Path"], route["Method"].lower()) for route in routed(folder)} == answered


@pytest.mark.req("B-17")
@pytest.mark.parametrize("folder", HTTP_FUNCTIONS)
def test_every_post_takes_an_idempotency_key(folder: str) -> None:
    lacking = [
        path
        for path, item in own_document(folder)["paths"].items()
        for each in [item.get("post")]
        if each and "idempotency-key" not in {p["name"] for p in each.get("parameters", [])}
    ]

    assert lacking == []


def test_only_the_health_route_needs_no_token() -> None:
    open_routes = [
        route["Path"]
        for folder in HTTP_FUNCTIONS
        for route in routed(folder)
        if route.get("Auth", {}).get("Authorizer") == "NONE"
    ]

    assert open_routes == ["/health"]


def test_every_route_but_me_and_health_requires_a_permission_or_a_service() -> None:
    required = {
        f"{method.upper()} {path}": item[method]["x-permission"]
        for folder in HTTP_FUNCTIONS
        for path, item in own_document(folder)["paths"].items()
        for method in item.keys() & METHODS
    }

    others = {route: needs for route, needs in required.items() if needs not in ALL}
    assert others == {"GET /me": "none", "GET /health": "none", "POST /events": "service"}


def _routes(file: Path) -> Iterator[tuple[ast.FunctionDef, dict[str | None, ast.expr]]]:
    """Yield the routes of a module, each with the keyword arguments of its decorator."""
    for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef):
            for decorator in function.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator).startswith("app."):
                    yield function, {each.arg: each.value for each in decorator.keywords}


@pytest.mark.req("B-17")
def test_a_route_that_takes_effect_once_takes_time_and_ids_from_its_attempt_alone() -> None:
    once = [
        (file, route)
        for file in sorted(HTTP.rglob("*routes.py"))
        for route, declared in _routes(file)
        if ast.unparse(declared.get("once", ast.Constant(None))) != "None"
    ]
    own = [
        f"{file.relative_to(HTTP)}:{each.lineno} {ast.unparse(each)}"
        for file, route in once
        for each in ast.walk(route)
        if isinstance(each, ast.Attribute) and ast.unparse(each) in {"app.act", "app.now"}
    ]

    assert len(once) > 10
    assert own == []
