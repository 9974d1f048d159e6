"""The bus: what a call does not take is sent again alone, and what it never takes is named."""

from collections.abc import Sequence
from typing import Any

import pytest

from crm.aws.events.event_bus import EventBridge
from crm.domain.kernel.sources import OutboundEvent


class Moody:
    """A client of EventBridge that refuses some events some times."""

    def __init__(self, refusals: dict[str, int]) -> None:
        self._refusals = refusals
        self.calls: list[list[str]] = []

    def put_events(self, *, Entries: Sequence[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - boto3's
        kinds = [entry["DetailType"] for entry in Entries]
        self.calls.append(kinds)
        return {"Entries": [self._answer(kind) for kind in kinds]}

    def _answer(self, kind: str) -> dict[str, str]:
        if self._refusals.get(kind, 0) == 0:
            return {"EventId": "1"}
        self._refusals[kind] -= 1
        return {"ErrorCode": "ThrottlingException"}


def _said(client: Any, *kinds: str) -> list[int]:
    return EventBridge(client, "bus").publish([OutboundEvent(kind, {}) for kind in kinds])


@pytest.mark.req("B-18")
def test_an_event_that_was_not_taken_is_sent_again_alone() -> None:
    client = Moody({"b": 1})

    assert _said(client, "a", "b", "c") == []

    assert client.calls == [["a", "b", "c"], ["b"]]


def test_an_event_that_is_never_taken_is_named_by_its_place() -> None:
    assert _said(Moody({"b": 99, "c": 99}), "a", "b", "c") == [1, 2]


def test_a_call_takes_ten_events_at_most() -> None:
    client = Moody({})

    assert _said(client, *(str(number) for number in range(23))) == []

    assert [len(call) for call in client.calls] == [10, 10, 3]
