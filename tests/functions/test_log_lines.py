"""Each invocation logs one line for operators, without personal data."""

import json
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.runtime.observability import log_invocation
from functions.customers_api.handler import lambda_handler as customers_api
from functions.lists_api.handler import lambda_handler as lists_api
from functions.record_orders.handler import lambda_handler as record_orders
from tests.functions.queues import batch, sample
from tests.functions.requests import CONTEXT, Client, Handler

type Lines = Callable[[], list[dict[str, Any]]]

#: The fields that Powertools adds to every line.
ENVELOPE = {
    "level",
    "location",
    "message",
    "timestamp",
    "service",
    "cold_start",
    "function_name",
    "function_memory_size",
    "function_arn",
    "function_request_id",
}
MISSING = "/customers/01J00000000000000000000000"
NAME, PHONE, EMAIL = "Nguyễn Thị Ánh", "0912345678", "anh@example.vn"


@pytest.fixture
def lines(log: StringIO) -> Lines:
    """Return the function that reads the lines logged so far."""
    return lambda: [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.fixture
def client() -> Client:
    """Return a client that calls the customers API as a manager."""
    return Client(customers_api)


def _of_invocation(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in line.keys() - ENVELOPE - {"milliseconds"}}


def test_a_request_is_one_line_with_route_status_duration_and_request_id(
    client: Client, lines: Lines
) -> None:
    event = client.event("GET", MISSING) | {"resource": "/customers/{customer_id}"}
    event["requestContext"]["requestId"] = "of-the-gateway"

    customers_api(event, CONTEXT)

    (line,) = lines()
    assert line.keys() == ENVELOPE | {"route", "status", "milliseconds", "request_id"}
    assert (line["level"], line["message"]) == ("INFO", "request")
    assert line["function_request_id"] == CONTEXT.aws_request_id
    assert 0 < line["milliseconds"] < 60_000
    assert _of_invocation(line) == {
        "route": "GET /customers/{customer_id}",
        "status": 404,
        "request_id": "of-the-gateway",
    }


@pytest.mark.req("002-01", "B-14")
@pytest.mark.parametrize(
    ("handler", "request_line", "body"),
    [
        (customers_api, "POST /customers", {"full_name": NAME, "phone": PHONE}),
        (customers_api, "POST /customers", {"full_name": NAME, "phone": 1, "mail": EMAIL}),
        (customers_api, "POST /customers/lookup", {"phone": PHONE}),
        (customers_api, f"GET /customers/{PHONE}", None),
        (customers_api, f"PUT {MISSING}/tags/{NAME}", None),
        (customers_api, f"GET /{NAME}/{PHONE}/{EMAIL}", None),
        (lists_api, "GET /customers", None),
    ],
)
def test_no_part_of_a_path_query_body_or_caller_is_logged(
    handler: Handler, request_line: str, body: object, log: StringIO
) -> None:
    method, _, path = request_line.partition(" ")
    caller = Client(handler, claims={"email": EMAIL, "name": NAME})

    caller.send(method, path, body, query={"q": PHONE})

    (line,) = log.getvalue().splitlines()
    logged = f"{line} {json.loads(line)}"
    assert [each for each in (NAME, PHONE, PHONE[1:], EMAIL, MISSING) if each in logged] == []


def test_a_refused_request_is_logged_with_its_status(client: Client, lines: Lines) -> None:
    client.send("POST", "/customers", {"phone": 1})
    Client(customers_api, role="viewer").send("POST", "/customers", {"full_name": NAME})
    client.send("POST", "/customers", "{}", content_type="text/plain")

    assert [line["status"] for line in lines()] == [422, 403, 415]


def test_a_defect_is_logged_with_its_place_and_the_request_with_status_500(
    client: Client, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(EMAIL)

    monkeypatch.setattr("functions.customers_api.handler.customer_store.get", broken)

    client.send("GET", MISSING)

    defect, request = lines()
    assert (defect["message"], defect["error"]) == ("defect", "RuntimeError")
    assert (request["message"], request["status"]) == ("request", 500)
    assert EMAIL not in str([defect, request])


def test_a_handler_that_raises_is_logged_with_the_class_of_its_error(
    log: StringIO, lines: Lines
) -> None:
    @log_invocation
    def broken(_: dict[str, Any], __: LambdaContext) -> None:
        raise LookupError(NAME)

    with pytest.raises(LookupError, match=NAME):
        broken({}, CONTEXT)

    (line,) = lines()
    assert _of_invocation(line) == {
        "route": "direct",
        "status": "failed",
        "error": "LookupError",
        "request_id": CONTEXT.aws_request_id,
    }
    assert NAME not in log.getvalue() + str(line)


def test_only_the_first_invocation_of_a_process_is_a_cold_start(
    client: Client, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aws_lambda_powertools.logging.logger.is_cold_start", True)

    for _ in range(3):
        client.send("GET", "/health")

    assert [line["cold_start"] for line in lines()] == [True, False, False]


def test_a_batch_is_logged_with_its_numbers_of_records_and_failures(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_on_second(_: object, order: Any, *__: object, **___: object) -> None:
        if order.id == "second":
            raise RuntimeError(NAME)

    monkeypatch.setattr("functions.record_orders.handler.record_order", fail_on_second)
    events = [sample("order_created"), sample("order_created")]
    events[1]["detail"]["order"]["id"] = "second"

    record_orders(batch(*events), CONTEXT)

    *_, line = lines()
    assert [each["message"] for each in lines()] == ["taken in", "failed", "event"]
    assert _of_invocation(line) == {
        "route": "aws:sqs",
        "status": "ok",
        "records": 2,
        "failures": 1,
        "request_id": CONTEXT.aws_request_id,
    }


@pytest.mark.parametrize(
    ("event", "route"),
    [
        ({"Records": [{"eventSource": "aws:dynamodb"}]}, "aws:dynamodb"),
        ({"detail-type": "Object Created", "detail": {"object": {"key": NAME}}}, "Object Created"),
        ({"merchant_id": "m-1", "import_id": "01J0"}, "direct"),
        ({"Records": []}, "direct"),
    ],
)
def test_an_event_is_logged_by_its_source_or_type(
    event: dict[str, Any], route: str, lines: Lines
) -> None:
    @log_invocation
    def done(_: dict[str, Any], __: LambdaContext) -> None:
        return None

    done(event, CONTEXT)

    (line,) = lines()
    assert (line["message"], line["route"], line["status"]) == ("event", route, "ok")
