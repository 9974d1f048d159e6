"""Each request is logged without personal data, and the engine does not wait for log lines."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from time import perf_counter
from typing import Any

import pytest

from tests.e2e.deployed import Deployed, created, eventually

ROUTE = "GET /customers/{customer_id}"
#: How long the engine waits for the first line of an invocation that writes none.
SECONDS_OF_WAIT = 0.05
MOST_REQUESTS = 50


def _lines(deployed: Deployed) -> Iterator[str]:
    """Yield every log line of the functions that the API invokes."""
    logs = deployed.client("logs")
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            if group["logGroupName"].endswith("/Http"):
                yield from _written(logs, group["logGroupName"])


def _written(logs: Any, group: str) -> Iterator[str]:
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
        for event in page["events"]:
            yield event["message"]


@pytest.mark.req("002-01")
@pytest.mark.engine
def test_a_request_is_logged_with_its_route_and_without_the_customer_id(
    deployed: Deployed,
) -> None:
    customer = created(deployed.merchant.manager)
    answer = deployed.merchant.manager.call("GET", f"/customers/{customer['id']}")
    assert answer.status == HTTPStatus.OK

    lines = eventually(
        lambda: list(_lines(deployed)), lambda seen: any(ROUTE in line for line in seen)
    )

    request = next(json.loads(line) for line in lines if ROUTE in line)
    assert request["status"] in set(HTTPStatus)
    assert request["milliseconds"] > 0
    assert not [line for line in lines if customer["id"] in line]


@pytest.mark.engine
def test_responses_do_not_wait_because_each_invocation_writes_a_line(
    deployed: Deployed,
) -> None:
    """Take the shortest of several requests, since other processes slow requests down."""
    shortest = SECONDS_OF_WAIT
    for _ in range(MOST_REQUESTS):
        started = perf_counter()
        assert deployed.anyone.call("GET", "/health").status == HTTPStatus.OK
        shortest = min(shortest, perf_counter() - started)
        if shortest < SECONDS_OF_WAIT:
            break

    assert shortest < SECONDS_OF_WAIT
