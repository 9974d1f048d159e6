"""The port of outbound events, kept in memory."""

from collections.abc import Sequence

from crm.domain.kernel.sources import OutboundEvent


class RecordedEvents:
    """`ports.Events` that remembers; the places in `refusing` are not taken."""

    def __init__(self, *refusing: int) -> None:
        self.published: list[OutboundEvent] = []
        self._refusing = refusing

    def publish(self, events: Sequence[OutboundEvent]) -> list[int]:
        self.published += [
            event for place, event in enumerate(events) if place not in self._refusing
        ]
        return [place for place in self._refusing if place < len(events)]
