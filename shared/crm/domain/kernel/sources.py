"""Event sources, and the shape of the events that we publish."""

from collections.abc import Mapping
from typing import Any, NamedTuple

#: The source of our own events. Inbound events may not use it, and none of our rules match it.
OWN_SOURCE = "khach-quen"


class OutboundEvent(NamedTuple):
    """An event for the bus: detail-type, detail as JSON values, and source."""

    kind: str
    detail: Mapping[str, Any]
    source: str = OWN_SOURCE
