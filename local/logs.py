"""Follow the logs of a stack's functions."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

from local.stack import Stack

_GROUPS = "/aws/lambda/"
_SECONDS_BACK = 600
_SECONDS_BETWEEN = 1
_SECONDS_LATE = 60
#: The lines that the engine, like Lambda, adds to each invocation.
_FRAME = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")


class Event(NamedTuple):
    """One line of a function's log."""

    timestamp: int
    function: str
    message: str


def follow(stack: Stack) -> Iterator[str]:
    """Yield the lines of the last ten minutes and then new ones, without end."""
    store, seen = stack.client("logs"), Counter[Event]()
    since = int(time.time() - _SECONDS_BACK) * 1000
    while True:
        found = Counter(_events(store, since))
        for event in sorted((found - seen).elements()):
            if not event.message.startswith(_FRAME):
                yield format_event(event)
        seen = found
        since = max(since, int(time.time() - _SECONDS_LATE) * 1000)
        time.sleep(_SECONDS_BETWEEN)


def _events(store: Any, since: int) -> Iterator[Event]:  # noqa: ANN401 - no stubs for it
    groups = store.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=_GROUPS)
    for group in (name["logGroupName"] for page in groups for name in page["logGroups"]):
        pages = store.get_paginator("filter_log_events")
        found = [
            event
            for page in pages.paginate(logGroupName=group, startTime=since)
            for event in page["events"]
        ]
        yield from attribute_events(found, group.removeprefix(_GROUPS))


def attribute_events(found: Sequence[Mapping[str, Any]], group: str) -> Iterator[Event]:
    """Yield the events of a log group with the function that wrote each of them.

    Functions share the group. A stream belongs to one function, which the lines of our logger
    name; events of a stream without such a line get the group's name.
    """
    functions = {
        event["logStreamName"]: function
        for event in found
        if (function := _fields(event["message"]).get("function_name"))
    }
    for event in found:
        function = functions.get(event["logStreamName"], group)
        yield Event(event["timestamp"], function, event["message"])


def _fields(message: str) -> dict[str, Any]:
    """Return the fields of a structured line; no fields for any other line."""
    with suppress(ValueError):
        fields = json.loads(message)
        if isinstance(fields, dict):
            return fields
    return {}


def format_event(event: Event) -> str:
    """Format an event as one line; a structured one with its level, message, route and status."""
    at = datetime.fromtimestamp(event.timestamp / 1000, UTC).astimezone()
    text = event.message.rstrip()
    fields = _fields(text)
    if "message" in fields and "level" in fields:
        text = f"{fields['level']} {fields['message']}"
        if "route" in fields:
            text += f" {fields['route']} {fields['status']} {fields['milliseconds']} ms"
    return f"{at:%H:%M:%S} {event.function} {text}"
