"""Functions share log groups; `make logs` shows which function wrote each line."""

import json
from typing import Any

from local.logs import Event, attribute_events, format_event

TIME = 1_700_000_000_000


def _event(stream: str, message: str) -> dict[str, Any]:
    return {"timestamp": TIME, "logStreamName": stream, "message": message}


def test_every_line_of_a_stream_gets_the_function_that_its_logger_names() -> None:
    line = json.dumps({"level": "INFO", "message": "done", "function_name": "read-import"})
    found = [_event("1", "a line of a library"), _event("1", line), _event("2", "another one")]

    assert list(attribute_events(found, "khach-quen-local/Jobs")) == [
        Event(TIME, "read-import", "a line of a library"),
        Event(TIME, "read-import", line),
        Event(TIME, "khach-quen-local/Jobs", "another one"),
    ]


def test_a_json_line_that_is_not_an_object_names_no_function() -> None:
    (event,) = attribute_events([_event("1", "[1]")], "khach-quen-local/Http")

    assert event.function == "khach-quen-local/Http"


def test_the_line_of_an_invocation_shows_its_route_status_and_milliseconds() -> None:
    fields = {"level": "INFO", "message": "request", "function_name": "lists-api"}
    outcome = {"route": "GET /customers", "status": 200, "milliseconds": 17.5}

    line = format_event(Event(TIME, "lists-api", json.dumps(fields | outcome)))

    assert line.endswith(" lists-api INFO request GET /customers 200 17.5 ms")
