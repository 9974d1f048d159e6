"""A DynamoDB client that counts its round trips, and the units that they took."""

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_READS = frozenset({"get_item", "batch_get_item", "query"})
#: A query that finds nothing is billed too, which DynamoDB Local does not tell.
_LEAST = {"query": 0.5}


class CountedClient:
    """Passes every call on, and remembers what it cost; wrap it in a `Table` as the real one."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client: Any = client
        self.forget()

    def forget(self) -> None:
        """Begin to count anew."""
        self.calls: Counter[str] = Counter()
        self.read_units = 0.0
        self.write_units = 0.0

    def __getattr__(self, operation: str) -> Any:
        call = getattr(self._client, operation)

        def counted(**request: Any) -> Any:
            answer = call(**{**request, "ReturnConsumedCapacity": "TOTAL"})
            self.calls[operation] += 1
            told = answer.get("ConsumedCapacity") or []
            units = sum(
                each["CapacityUnits"] for each in (told if isinstance(told, list) else [told])
            )
            if operation in _READS:
                self.read_units += max(units, _LEAST.get(operation, 0))
            else:
                self.write_units += units
            return answer

        return counted
