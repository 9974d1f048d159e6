"""In-memory port of outbound events."""

from collections.abc import Sequence

from crm.domain.kernel.sources import OutboundEvent


class RecordedEvents:
    """`ports.Events` that records events, and refuses those at the indexes in `refusing`."""

    def __init__(self, *refusing: int) -> None:
        self.published: list[OutboundEvent] = []
        self._refusing = refusing

    def publish(self, events: Sequence[OutboundEvent]) -> list[int]:
        self.published += [
            event for index, event in enumerate(events) if index not in self._refusing
        ]
        return [index for index in self._refusing if index < len(events)]
