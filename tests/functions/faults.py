"""Simulate network faults between a function and DynamoDB."""

from collections.abc import Iterator
from contextlib import contextmanager

from crm.runtime.clients import dynamodb


class Lost(Exception):
    """A request or its response was lost."""


@contextmanager
def lost(operation: str, *, answer: bool) -> Iterator[None]:
    """Lose calls of an operation: with `answer`, after the table has carried them out."""
    stage = "after-call" if answer else "before-call"

    def lose(**_: object) -> None:
        raise Lost

    events = dynamodb().meta.events
    name = f"{stage}.dynamodb.{operation}"
    events.register(name, lose)
    try:
        yield
    finally:
        events.unregister(name, lose)
