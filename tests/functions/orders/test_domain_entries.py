"""An inbound event enters few files of the domain, and each of them once.

An entry is a call of a function, method or property of a domain module by a handler, a model of
the bus or a use case. Not counted are the construction of values, parsers of single values
(`domain/kernel`, `domain/values`), and adapters, which convert between rows and values.
"""

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from crm.runtime.adapters.merchants import merchants
from functions.record_checkouts.handler import lambda_handler as record_checkouts
from functions.record_customer_syncs.handler import lambda_handler as record_customer_syncs
from functions.record_interactions.handler import lambda_handler as record_interactions
from functions.record_orders.handler import lambda_handler as record_orders
from tests.builders import MERCHANT
from tests.functions.queues import batch, sample
from tests.functions.requests import CONTEXT
from tests.order_builders import HOA

#: The most files of the domain that an order may enter.
MOST_FILES = 6
_PACKAGE = "/shared/crm/"
_DOMAIN = "domain/"
_CALLERS = ("functions/", "bus/", "usecases/")
_PARSERS = ("domain/kernel/", "domain/values/")


class Trace:
    """Count the entries into each file of the domain, and the calls of its functions."""

    def __init__(self) -> None:
        self.entries: Counter[str] = Counter()
        self.asked: Counter[tuple[str, Any]] = Counter()

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Take a profiler event; see `sys.setprofile`."""
        file = _file_of(frame)
        if event != "call" or not file.startswith(_DOMAIN):
            return
        match frame.f_code.co_name:
            case "contribution":
                order = frame.f_locals["order"]
                self.asked["contribution", (order.key, order.version)] += 1
            case "identities_of":
                self.asked["identities_of", None] += 1
        if _caller_of(frame).startswith(_CALLERS) and not file.startswith(_PARSERS):
            self.entries[file] += 1


def _file_of(frame: FrameType) -> str:
    """Return the path of a frame's file in the package or of a handler; empty for others."""
    path = frame.f_code.co_filename
    if "/tests/" in path:
        return ""
    if _PACKAGE in path:
        return path.partition(_PACKAGE)[2]
    return "functions/" if "/functions/" in path else ""


def _caller_of(frame: FrameType) -> str:
    """Return the file that called a frame, beyond the frames of libraries."""
    caller = frame.f_back
    while caller and not _file_of(caller):
        caller = caller.f_back
    return _file_of(caller) if caller else ""


def _traced(record: Callable[..., object], name: str) -> Trace:
    trace = Trace()
    messages = batch(sample(name))
    sys.setprofile(trace)
    try:
        record(messages, CONTEXT)
    finally:
        sys.setprofile(None)
    return trace


@pytest.fixture(autouse=True)
def merchant() -> None:
    merchants().add(MERCHANT, HOA)


def test_an_order_enters_at_most_six_files_of_the_domain_each_once() -> None:
    record_checkouts(batch(sample("checkout_started")), CONTEXT)

    for name in ("order_created", "order_paid", "order_refunded", "order_cancelled"):
        trace = _traced(record_orders, name)

        assert 0 < len(trace.entries) <= MOST_FILES
        assert set(trace.entries.values()) == {1}, trace.entries
        assert trace.asked["identities_of", None] == 1


def test_what_an_order_adds_is_computed_once_for_each_snapshot() -> None:
    for name, snapshots in (("order_created", 1), ("order_paid", 2), ("order_cancelled", 2)):
        asked = [
            times
            for (question, _), times in _traced(record_orders, name).asked.items()
            if question == "contribution"
        ]

        assert asked == [1] * snapshots, name


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (record_checkouts, "checkout_started"),
        (record_checkouts, "checkout_expired"),
        (record_interactions, "interaction_recorded"),
        (record_interactions, "note_recorded"),
        (record_customer_syncs, "customer_synced"),
    ],
)
def test_other_events_enter_as_few_files_each_once(
    record: Callable[..., object], name: str
) -> None:
    record_checkouts(batch(sample("checkout_started")), CONTEXT)
    record_orders(batch(sample("order_created")), CONTEXT)

    trace = _traced(record, name)

    assert 0 < len(trace.entries) <= MOST_FILES
    assert set(trace.entries.values()) == {1}, trace.entries
    assert trace.asked["identities_of", None] <= 1
