"""The routes of the handlers equal those of the template."""

import pytest

from gates import handlers
from gates.openapi import METHODS, own_document, routed

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
