"""`ports.Events`: the EventBridge bus of this deployment."""

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
    """Publishes on one bus, and retries only the events that a call refused."""

    def __init__(self, client: "EventBridgeClient", bus: str) -> None:
        self._client: Any = client
        self._bus = bus

    def publish(self, events: Sequence[OutboundEvent]) -> list[int]:
        """Publish events in order; return the indexes of those that the bus refused."""
        pending = list(enumerate(self._entry(event) for event in events))
        for _ in range(_ATTEMPTS):
            pending = [refused for batch in _batches(pending) for refused in self._put(batch)]
            if not pending:
                break
        return [index for index, _ in pending]

    def _put(self, batch: list[tuple[int, dict[str, str]]]) -> list[tuple[int, dict[str, str]]]:
        answer = self._client.put_events(Entries=[entry for _, entry in batch])
        return [
            indexed
            for indexed, result in zip(batch, answer["Entries"], strict=True)
            if "ErrorCode" in result
        ]

    def _entry(self, event: OutboundEvent) -> dict[str, str]:
        return {
            "EventBusName": self._bus,
            "Source": event.source,
            "DetailType": event.kind,
            "Detail": json.dumps(event.detail, ensure_ascii=False, separators=(",", ":")),
        }


def _batches(
    pending: Sequence[tuple[int, dict[str, str]]],
) -> Iterator[list[tuple[int, dict[str, str]]]]:
    batch: list[tuple[int, dict[str, str]]] = []
    size = 0
    for indexed in pending:
        entry_size = sum(len(value.encode()) for value in indexed[1].values())
        if batch and (len(batch) == _ENTRIES_A_CALL or size + entry_size > _BYTES_A_CALL):
            yield batch
            batch, size = [], 0
        batch.append(indexed)
        size += entry_size
    if batch:
        yield batch
