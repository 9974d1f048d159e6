"""Read an event from a queue, or reject it with a reason without personal data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from crm.bus.inbound import INBOUND, Event
from crm.domain.kernel.errors import Refused
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.sources import OWN_SOURCE
from crm.domain.orders.rejections import Rejected
from crm.domain.values.external_ids import read_platform

#: Larger events are rejected as too large.
MOST_BYTES = 200 * 1024


@dataclass(frozen=True, slots=True)
class Message[Detail: Event]:
    """An event: its kind (the detail-type), source, merchant, and detail as a model."""

    kind: str
    source: str
    merchant_id: MerchantId
    detail: Detail


def read_message(body: str) -> Message[Event]:
    """Read the body of a message that EventBridge put on a queue, or raise `Rejected`."""
    if len(body.encode()) > MOST_BYTES:
        raise Rejected("too_large")
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Rejected("invalid", ["body"]) from error
    if not isinstance(envelope, dict):
        raise Rejected("invalid", ["body"])
    return read_event(envelope.get("detail-type"), envelope.get("source"), envelope.get("detail"))


def size_of(detail: object) -> int:
    """Return the size of a detail on the bus, in bytes."""
    return len(json.dumps(detail, ensure_ascii=False).encode(errors="replace"))


def read_event(kind: object, source: object, detail: object) -> Message[Event]:
    """Validate an event of a kind from a source, or raise `Rejected` with the fields at fault."""
    model = INBOUND.get(kind) if isinstance(kind, str) else None
    if model is None or not isinstance(kind, str):
        raise Rejected("invalid", ["detail-type"])
    platform = _platform(source)
    try:
        read = model.model_validate_json(json.dumps(detail))
    except ValidationError as error:
        raise Rejected("invalid", _fields(error)) from None
    return Message(kind, platform, MerchantId(read.merchant_id), read)


def _platform(source: object) -> str:
    try:
        platform = read_platform(source) if isinstance(source, str) else OWN_SOURCE
    except Refused as refused:
        raise Rejected("invalid", ["source"]) from refused
    if platform == OWN_SOURCE:
        raise Rejected("invalid", ["source"])
    return platform


def _fields(error: ValidationError) -> list[str]:
    """Return up to 20 paths at fault: our own field names and indexes, never sent values."""
    errors: list[Mapping[str, Any]] = [*error.errors(include_input=False, include_url=False)]
    paths = (".".join(str(part) for part in each["loc"]) or "detail" for each in errors)
    return sorted(set(paths))[:20]
