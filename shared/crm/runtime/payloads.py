"""Payloads from our state machines, read without pydantic, which takes a third of a start."""

from collections.abc import Callable, Mapping
from typing import Any


def read_payload[Payload](kind: Callable[..., Payload], event: Mapping[str, Any]) -> Payload:
    """Build a named tuple from the event; raise `TypeError` naming a missing field."""
    return kind(**{name: event[name] for name in kind.__annotations__ if name in event})
