"""`ports.DeadLetters`: the queue of what cannot be taken in, each with its reason."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

#: What SQS takes as an attribute, and nobody reads more of.
_MOST_FIELDS = 20


class SqsDeadLetters:
    """Keeps the messages of one queue that no retry makes better."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client: Any = client
        self._url = url

    def keep(self, body: str, reason: str, fields: Sequence[str]) -> None:
        """Keep a message as it came, with why; neither the reason nor the fields name anybody."""
        attributes = {"reason": reason, "fields": ", ".join(fields[:_MOST_FIELDS])}
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
                if value
            },
        )
