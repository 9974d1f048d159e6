"""Where an event comes from, and the shape of the events that we publish."""

from collections.abc import Mapping
from typing import Any, NamedTuple

#: The source of our own events: nobody else may claim it, and no rule of ours hears it.
OWN_SOURCE = "khach-quen"


class OutboundEvent(NamedTuple):
    """An event for the bus: its detail-type, its detail in JSON values, and its source."""

    kind: str
    detail: Mapping[str, Any]
    source: str = OWN_SOURCE
