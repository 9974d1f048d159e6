"""Event sources, and the shape of the events that we publish."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from crm.domain.kernel.ids import MerchantId

#: The source of our own events. Inbound events may not use it, and none of our rules match it.
OWN_SOURCE = "khach-quen"


class OutboundEvent(NamedTuple):
    """An event for the bus: detail-type, detail as JSON values, and source."""

    kind: str
    detail: Mapping[str, Any]
    source: str = OWN_SOURCE


def outbound_event(
    kind: str,
    event_id: str,
    merchant_id: MerchantId,
    *,
    occurred_at: str,
    revision: int,
    detail: Mapping[str, Any],
) -> OutboundEvent:
    """Return one of our own events: a detail in the envelope that all of them have.

    Consumers drop repeats by `event_id`, and events of the same resource with a lower `revision`
    than one that they have seen.
    """
    envelope = {
        "event_id": event_id,
        "merchant_id": merchant_id,
        "occurred_at": occurred_at,
        "revision": revision,
    }
    return OutboundEvent(kind, {**envelope, **detail})
