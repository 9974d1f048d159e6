"""A DynamoDB client that counts its calls and consumed capacity units."""

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_READS = frozenset({"get_item", "batch_get_item", "query"})
#: DynamoDB bills an empty query too; DynamoDB Local reports 0 units for it.
_MINIMUM = {"query": 0.5}


class CountedClient:
    """Forwards every call and sums its cost; use it in a `Table` like a real client."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client: Any = client
        self.forget()

    def forget(self) -> None:
        """Reset the counters."""
        self.calls: Counter[str] = Counter()
        self.read_units = 0.0
        self.write_units = 0.0

    def __getattr__(self, operation: str) -> Any:
        call = getattr(self._client, operation)

        def counted(**request: Any) -> Any:
            answer = call(**{**request, "ReturnConsumedCapacity": "TOTAL"})
            self.calls[operation] += 1
            consumed = answer.get("ConsumedCapacity") or []
            entries = consumed if isinstance(consumed, list) else [consumed]
            units = sum(each["CapacityUnits"] for each in entries)
            if operation in _READS:
                self.read_units += max(units, _MINIMUM.get(operation, 0))
            else:
                self.write_units += units
            return answer

        return counted
