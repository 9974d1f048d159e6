"""`EventBridge` retries only refused events and returns the indexes of those it gave up."""

from collections.abc import Sequence
from typing import Any

import pytest

from crm.aws.events.event_bus import EventBridge
from crm.domain.kernel.sources import OutboundEvent


class RefusingClient:
    """An EventBridge client that refuses each kind a given number of times."""

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


def _publish(client: Any, *kinds: str) -> list[int]:
    return EventBridge(client, "bus").publish([OutboundEvent(kind, {}) for kind in kinds])


@pytest.mark.req("B-18")
def test_only_a_refused_event_is_sent_again() -> None:
    client = RefusingClient({"b": 1})

    assert _publish(client, "a", "b", "c") == []

    assert client.calls == [["a", "b", "c"], ["b"]]


def test_the_indexes_of_events_that_stay_refused_are_returned() -> None:
    assert _publish(RefusingClient({"b": 99, "c": 99}), "a", "b", "c") == [1, 2]


def test_a_call_sends_at_most_ten_events() -> None:
    client = RefusingClient({})

    assert _publish(client, *(str(number) for number in range(23))) == []

    assert [len(call) for call in client.calls] == [10, 10, 3]
