"""Redrive the dead letters of a deployed stack and count them by reason."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from local.failures import CommandError
from local.stack import Stack

#: Queue name of `make redrive QUEUE=` → its function's name in the stack outputs.
QUEUES = {
    "orders": "RecordOrders",
    "checkouts": "RecordCheckouts",
    "interactions": "RecordInteractions",
    "customer-syncs": "RecordCustomerSyncs",
}
#: The reason of a message that failed five times; it has no `reason` attribute.
NO_REASON = "failed"
_BATCH = 10
_SECONDS_HIDDEN = 60


def redrive(stack: Stack, queue: str) -> Counter[str]:
    """Send a queue's dead letters back to it; return their number by reason.

    Each is sent before it is deleted, so a message may arrive twice but is never lost. Messages
    that fail again during the redrive stay in the dead-letter queue.
    """
    prefix = _output_prefix(queue)
    dead, live = (stack.outputs[f"{prefix}{kind}Url"] for kind in ("DeadLetters", "Queue"))
    client = stack.client("sqs")
    counts: Counter[str] = Counter()
    for letter in _letters(client, dead, before=time.time()):
        client.send_message(QueueUrl=live, MessageBody=letter["Body"])
        client.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
        counts[reason_of(letter)] += 1
    return counts


def reason_of(letter: dict[str, Any]) -> str:
    """Return the reason of a dead letter."""
    attributes = letter.get("MessageAttributes", {})
    return str(attributes.get("reason", {}).get("StringValue", NO_REASON))


def _letters(client: Any, url: str, *, before: float) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - boto3's client
    """Yield the dead letters sent before a moment, until the queue answers empty.

    Later ones stay hidden meanwhile, since the queue would never be empty, and are then released.
    """
    later = []
    while True:
        letters = client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_BATCH,
            VisibilityTimeout=_SECONDS_HIDDEN,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            AttributeNames=["SentTimestamp"],
        ).get("Messages", [])
        if not letters:
            break
        for letter in letters:
            if int(letter["Attributes"]["SentTimestamp"]) / 1000 < before:
                yield letter
            else:
                later.append(letter["ReceiptHandle"])
    for receipt in later:
        client.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)


def _output_prefix(queue: str) -> str:
    try:
        return QUEUES[queue]
    except KeyError:
        names = ", ".join(QUEUES)
        raise CommandError(
            f"Unknown queue {queue!r}: use make redrive QUEUE= with one of {names}"
        ) from None
