"""`ports.Events`: the bus of this deployment."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from crm.domain.kernel.sources import OutboundEvent

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

_ENTRIES_A_CALL = 10
_BYTES_A_CALL = 240_000
_ATTEMPTS = 3


class EventBridge:
    """Publishes on one bus; what a call does not take is tried again alone."""

    def __init__(self, client: "EventBridgeClient", bus: str) -> None:
        self._client: Any = client
        self._bus = bus

    def publish(self, events: Sequence[OutboundEvent]) -> list[int]:
        """Publish events in order; return the places of those that were not taken."""
        waiting = list(enumerate(self._entry(event) for event in events))
        for _ in range(_ATTEMPTS):
            waiting = [refused for portion in _portions(waiting) for refused in self._put(portion)]
            if not waiting:
                break
        return [place for place, _ in waiting]

    def _put(self, portion: list[tuple[int, dict[str, str]]]) -> list[tuple[int, dict[str, str]]]:
        answer = self._client.put_events(Entries=[entry for _, entry in portion])
        return [
            numbered
            for numbered, result in zip(portion, answer["Entries"], strict=True)
            if "ErrorCode" in result
        ]

    def _entry(self, event: OutboundEvent) -> dict[str, str]:
        return {
            "EventBusName": self._bus,
            "Source": event.source,
            "DetailType": event.kind,
            "Detail": json.dumps(event.detail, ensure_ascii=False, separators=(",", ":")),
        }


def _portions(
    waiting: Sequence[tuple[int, dict[str, str]]],
) -> Iterator[list[tuple[int, dict[str, str]]]]:
    portion: list[tuple[int, dict[str, str]]] = []
    size = 0
    for numbered in waiting:
        entry_size = sum(len(value.encode()) for value in numbered[1].values())
        if portion and (len(portion) == _ENTRIES_A_CALL or size + entry_size > _BYTES_A_CALL):
            yield portion
            portion, size = [], 0
        portion.append(numbered)
        size += entry_size
    if portion:
        yield portion
