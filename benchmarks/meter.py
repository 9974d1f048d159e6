"""Count what a DynamoDB client's calls cost: round trips, units as AWS bills them, bytes.

DynamoDB Local 3.3.0 reports the same units as AWS for single rows and queries, but not for several
rows: a transaction counts rows of equal cost once (twenty rows of 900 bytes: 2 units, on AWS 40),
and a missing row or an empty query is free. So an uncounted client reads the rows before and after
each write, and all calls are billed by AWS's rules.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.floor import Indexes, Item, reading, writing
from tests.engines.tables import definitions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_READS = ("GetItem", "BatchGetItem", "Query")
_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem")

type _Key = dict[str, Any]


class Change(NamedTuple):
    """A row before and after the measured calls."""

    before: Item | None
    after: Item | None

    @property
    def sk(self) -> str:
        """The sort key of the row."""
        item = self.after or self.before or {}
        return str(item["sk"]["S"])


class Meter:
    """Counts the cost of a client; `beside` is an uncounted client of the same engine."""

    def __init__(self, client: "DynamoDBClient", beside: "DynamoDBClient") -> None:
        self._beside = beside
        self._indexes = Indexes(definitions()["Table"])
        self.reset()
        events = client.meta.events
        for operation in (*_READS, *_WRITES):
            prepared: Any = self._prepared  # botocore's stubs lack the return value
            events.register(f"provide-client-params.dynamodb.{operation}", prepared)
            events.register(f"before-send.dynamodb.{operation}", self._sent)
            events.register(f"after-call.dynamodb.{operation}", self._answered)

    def reset(self) -> None:
        """Reset the counters."""
        self.calls: Counter[str] = Counter()
        self.read_units = 0.0
        self.write_units = 0.0
        self.reported_units = 0.0
        self.rows = 0
        self.sent = 0
        self.received = 0
        self._params: dict[str, Any] = {}
        self._before: list[Item | None] = []
        self._changes: dict[str, Change] = {}

    @property
    def trips(self) -> int:
        """The number of requests, retries included."""
        return self.calls.total()

    @property
    def changes(self) -> list[Change]:
        """The rows that changed."""
        return [each for each in self._changes.values() if each.before != each.after]

    def _prepared(self, params: dict[str, Any], **_: object) -> dict[str, Any]:
        self._params = params
        self._before = [self._row(table, key) for table, key, _ in _written(params)]
        return {**params, "ReturnConsumedCapacity": "TOTAL"}

    def _sent(self, request: Any, **_: object) -> None:  # noqa: ANN401 - of botocore
        self.calls[request.headers["X-Amz-Target"].decode().partition(".")[2]] += 1
        self.sent += len(request.body)

    def _answered(
        self,
        parsed: dict[str, Any],
        model: Any,  # noqa: ANN401 - of botocore
        http_response: Any,  # noqa: ANN401 - of botocore
        **_: object,
    ) -> None:
        self.received += len(http_response.content)
        consumed = parsed.get("ConsumedCapacity", [])
        entries = consumed if isinstance(consumed, list) else [consumed]
        units = sum(each["CapacityUnits"] for each in entries)
        self.reported_units += units
        self.rows += parsed.get("ScannedCount", int("Item" in parsed))
        self.rows += sum(map(len, parsed.get("Responses", {}).values()))
        if model.name == "BatchGetItem":
            self.read_units += sum(self._batch_units(parsed))
        elif model.name in _READS:
            consistent = self._params.get("ConsistentRead", False)
            self.read_units += max(units, reading([None], consistent=consistent))
        else:
            self._bill(together=model.name == "TransactWriteItems")

    def _batch_units(self, parsed: dict[str, Any]) -> Iterator[float]:
        """Yield the units of the requested rows, present or not, except unprocessed ones."""
        later = parsed.get("UnprocessedKeys", {})
        for table, request in self._params["RequestItems"].items():
            left = later.get(table, {}).get("Keys", [])
            rows = [self._row(table, key) for key in request["Keys"] if key not in left]
            yield reading(rows, consistent=request.get("ConsistentRead", False))

    def _bill(self, *, together: bool) -> None:
        for (table, key, checked), before in zip(
            _written(self._params), self._before, strict=True
        ):
            after = before if checked else self._row(table, key)
            change = Change(before, after)
            self.write_units += writing([change], self._indexes, together=together)
            first = self._changes.get(str(key), change).before
            self._changes[str(key)] = Change(first, after)

    def _row(self, table: str, key: _Key) -> Item | None:
        found = self._beside.get_item(TableName=table, Key=key, ConsistentRead=True)
        return found.get("Item")


def _written(params: dict[str, Any]) -> Iterator[tuple[str, _Key, bool]]:
    """Yield table and key of each row that a request writes, and whether it only checks it."""
    if "TransactItems" in params:
        for action in params["TransactItems"]:
            ((kind, request),) = action.items()
            yield request["TableName"], _key(request), kind == "ConditionCheck"
    elif "RequestItems" in params and isinstance(params["RequestItems"], dict):
        for table, requests in params["RequestItems"].items():
            for request in requests if isinstance(requests, list) else ():
                ((_, written),) = request.items()
                yield table, _key(written), False
    elif "UpdateExpression" in params or "Item" in params:
        yield params["TableName"], _key(params), False


def _key(request: dict[str, Any]) -> _Key:
    if "Key" in request:
        key: _Key = request["Key"]
        return key
    return {name: request["Item"][name] for name in ("pk", "sk")}
