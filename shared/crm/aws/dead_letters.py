"""`ports.DeadLetters`: an SQS queue of rejected messages, each with its reason."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

#: Keeps the attribute within the limits of SQS; nobody reads more fields.
_MOST_FIELDS = 20


class SqsDeadLetters:
    """Keeps messages that no retry can fix."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client: Any = client
        self._url = url

    def keep(self, body: str, reason: str, fields: Sequence[str]) -> None:
        """Keep an unchanged message with its reason and the fields at fault: no personal data."""
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
