"""Faults on the way to DynamoDB, as a network makes them."""

from collections.abc import Iterator
from contextlib import contextmanager

from crm.runtime.adapters import _dynamodb


class Lost(Exception):
    """The table answered and nobody heard it, or nobody asked it."""


@contextmanager
def lost(operation: str, *, answer: bool) -> Iterator[None]:
    """Lose the next calls of an operation: their answers, after the table did what they say."""
    place = "after-call" if answer else "before-call"

    def lose(**_: object) -> None:
        raise Lost

    events = _dynamodb().meta.events
    name = f"{place}.dynamodb.{operation}"
    events.register(name, lose)
    try:
        yield
    finally:
        events.unregister(name, lose)
