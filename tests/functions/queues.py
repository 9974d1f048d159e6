"""Build SQS batches that carry events of the bus."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SAMPLES = Path(__file__).parents[2] / "events" / "bus"


def sample(name: str) -> dict[str, Any]:
    """Return one of the example events."""
    event: dict[str, Any] = json.loads((_SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return event


def batch(*events: Mapping[str, Any] | str) -> dict[str, Any]:
    """Return a batch of messages; a string is used as the body itself."""
    return {
        "Records": [
            {
                "messageId": f"m-{place}",
                "receiptHandle": "r",
                "body": event if isinstance(event, str) else json.dumps(event, ensure_ascii=False),
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:ap-southeast-1:123456789012:queue",
                "awsRegion": "ap-southeast-1",
            }
            for place, event in enumerate(events)
        ]
    }
