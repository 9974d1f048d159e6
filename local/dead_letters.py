"""Dead letters of a deployed stack: counted by reason, and put back to be taken in again."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from local.failures import Impossible
from local.stack import Stack

#: What `make redrive QUEUE=` calls a queue → the name of its function in the outputs.
QUEUES = {
    "orders": "RecordOrders",
    "checkouts": "RecordCheckouts",
    "interactions": "RecordInteractions",
    "customer-syncs": "RecordCustomerSyncs",
}
#: What says why a letter is dead; one that failed five times has none.
NO_REASON = "failed"
_AT_ONCE = 10
_SECONDS_HIDDEN = 60


def redrive(stack: Stack, queue: str) -> Counter[str]:
    """Put the dead letters of a queue back; return how many there were of each reason.

    Each is sent before it is taken away: a letter may come twice, and none is lost. Those that
    die again meanwhile stay.
    """
    outputs = _outputs(queue)
    dead, living = (stack.outputs[f"{outputs}{kind}Url"] for kind in ("DeadLetters", "Queue"))
    client = stack.client("sqs")
    counted: Counter[str] = Counter()
    for letter in _letters(client, dead, before=time.time()):
        client.send_message(QueueUrl=living, MessageBody=letter["Body"])
        client.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
        counted[reason_of(letter)] += 1
    return counted


def reason_of(letter: dict[str, Any]) -> str:
    """Return why a letter is dead."""
    attributes = letter.get("MessageAttributes", {})
    return str(attributes.get("reason", {}).get("StringValue", NO_REASON))


def _letters(client: Any, url: str, *, before: float) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - boto3's client
    """Give the letters that were dead before a moment, until the queue answers empty.

    The others stay hidden until then, or it never would, and are visible again afterwards.
    """
    others = []
    while True:
        letters = client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_AT_ONCE,
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
                others.append(letter["ReceiptHandle"])
    for receipt in others:
        client.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)


def _outputs(queue: str) -> str:
    try:
        return QUEUES[queue]
    except KeyError:
        names = ", ".join(QUEUES)
        raise Impossible(
            f"There is no queue {queue!r}: make redrive QUEUE= one of {names}"
        ) from None
