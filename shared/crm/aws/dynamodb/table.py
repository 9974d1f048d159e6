"""The DynamoDB table as adapters use it; separates failed conditions from other errors."""

import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from crm.aws.dynamodb.attributes import attribute
from crm.aws.dynamodb.keys import Key
from crm.domain.kernel.errors import Busy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Row = dict[str, dict[str, Any]]
type Action = dict[str, dict[str, Any]]

_THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
#: Reasons of a cancelled transaction that are worth a retry.
_TRANSIENT = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_ATTEMPTS = 6
#: The longest wait in seconds after a first attempt that met another writer or was throttled.
_PAUSE = 0.02
#: Longest keys in bytes. DynamoDB rejects longer ones, which come from made-up ids.
_LONGEST = {"pk": 2_048, "sk": 1_024}
_BYTES_A_CHARACTER = 4
_KEYS_A_BATCH = 100
_ROWS_A_BATCH = 25


def attempts(rounds: int = _ATTEMPTS, *, pause: float = _PAUSE) -> Iterator[None]:
    """Yield once for each attempt of a loop, which its first success leaves; then raise `Busy`.

    Waits at most `pause` seconds after the first attempt, and up to twice as long after each
    further one.
    """
    for attempt in range(rounds):
        yield
        if pause:
            time.sleep(random.uniform(0, pause * 2**attempt))  # noqa: S311 - jitter, not a secret
    raise Busy("busy")


class Cancelled(Exception):
    """A condition did not hold; `refused` maps the index of each such action to its row."""

    def __init__(self, refused: Mapping[int, Row]) -> None:
        super().__init__(f"actions {sorted(refused)} were refused")
        self.refused = refused


class Table:
    """One table through the low-level client; a boto3 resource doubles the import time."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client: Any = client
        self._name = name

    def get(self, key: Key, *, consistent: bool = True) -> Row | None:
        """Return a row; an inconsistent read may be a second old and costs half."""
        if not _is_possible(key):
            return None
        answer = self._call("get_item", Key=key, TableName=self._name, ConsistentRead=consistent)
        item: Row | None = answer.get("Item")
        return item

    def get_many(
        self, keys: Iterable[Key], *, consistent: bool = True, attributes: str = ""
    ) -> list[Row]:
        """Return the rows that exist, in no particular order.

        Inconsistent reads may be a second old and cost half.
        """
        found: list[Row] = []
        wanted: dict[str, Any] = {"ConsistentRead": consistent}
        if attributes:
            wanted["ProjectionExpression"] = attributes
        for batch in batched(filter(_is_possible, keys), _KEYS_A_BATCH, strict=False):
            pending: list[Key] = list(batch)
            for _ in attempts():
                answer = self._call(
                    "batch_get_item",
                    RequestItems={self._name: {"Keys": pending, **wanted}},
                )
                found += answer["Responses"].get(self._name, [])
                pending = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
                if not pending:
                    break
        return found

    def query(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as the client takes it
        """Return one page of a query as the client returns it."""
        if any(map(_is_too_long, request["ExpressionAttributeValues"].values())):
            return {"Items": []}
        return self._call("query", TableName=self._name, **request)

    def query_all(self, **request: Any) -> Iterable[Row]:  # noqa: ANN401 - as above
        """Yield every row of a query, page by page."""
        while True:
            answer = self.query(**request)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put(self, item: Row) -> None:
        """Write a row, replacing any existing one."""
        self._call("put_item", TableName=self._name, Item=item)

    def write_many(self, puts: Iterable[Row], deletes: Iterable[Key]) -> None:
        """Put and delete rows in batches, without conditions."""
        wanted: list[dict[str, Any]] = [{"PutRequest": {"Item": item}} for item in puts]
        wanted += [{"DeleteRequest": {"Key": key}} for key in deletes]
        for batch in batched(wanted, _ROWS_A_BATCH, strict=False):
            pending = list(batch)
            for _ in attempts():
                answer = self._call("batch_write_item", RequestItems={self._name: pending})
                pending = answer.get("UnprocessedItems", {}).get(self._name, [])
                if not pending:
                    break

    def write(self, action: Action) -> None:
        """Perform one of the actions below, or raise `Cancelled` with the existing row."""
        _refuse_impossible([action])
        ((kind, request),) = action.items()
        try:
            self._call(f"{kind.lower()}_item", **request)
        except ClientError as error:
            if _code(error) == "ConditionalCheckFailedException":
                raise Cancelled({0: error.response.get("Item", {})}) from error  # type: ignore[dict-item]
            raise

    def increment(self, key: Key, name: str, by: int) -> int:
        """Add to a number attribute and return the sum."""
        answer = self._call(
            "update_item",
            TableName=self._name,
            Key=key,
            UpdateExpression="ADD #n :by",
            ExpressionAttributeNames={"#n": name},
            ExpressionAttributeValues={":by": attribute(by)},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"][name]["N"])

    def transact(self, actions: Sequence[Action]) -> None:
        """Perform all of the actions or none; raise `Cancelled` if a condition does not hold.

        Retries on a conflict with another writer, then raises `Busy`.
        """
        _refuse_impossible(actions)
        for _ in attempts():
            try:
                self._call("transact_write_items", TransactItems=list(actions))
            except ClientError as error:
                if _code(error) != "TransactionCanceledException":
                    raise
                reasons: list[dict[str, Any]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
                refused = {
                    index: reason.get("Item", {})
                    for index, reason in enumerate(reasons)
                    if reason.get("Code") == "ConditionalCheckFailed"
                }
                if refused:
                    raise Cancelled(refused) from error
                if not any(reason.get("Code") in _TRANSIENT for reason in reasons):
                    raise
            else:
                return

    def putting(
        self,
        item: Row,
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Action:
        """Return an action that puts a row."""
        return {"Put": self._conditional({"Item": item}, condition, values, names)}

    def checking(
        self,
        key: Key,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
    ) -> Action:
        """Return an action that only checks a condition on a row."""
        return {"ConditionCheck": self._conditional({"Key": key}, condition, values, names)}

    def deleting(
        self,
        key: Key,
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Action:
        """Return an action that deletes a row."""
        return {"Delete": self._conditional({"Key": key}, condition, values, names)}

    def updating(
        self,
        key: Key,
        expression: str,
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Action:
        """Return an action that updates attributes of a row."""
        request = {"Key": key, "UpdateExpression": expression}
        return {"Update": self._conditional(request, condition, values, names)}

    def _conditional(
        self,
        what: Mapping[str, Any],
        condition: str | None,
        values: Mapping[str, Any] | None,
        names: Mapping[str, str] | None,
    ) -> dict[str, Any]:
        request: dict[str, Any] = {**what, "TableName": self._name}
        if names:
            request["ExpressionAttributeNames"] = dict(names)
        if condition is not None:
            request["ConditionExpression"] = condition
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if values:
            request["ExpressionAttributeValues"] = {
                name: attribute(value) for name, value in values.items()
            }
        return request

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**request)
        except ClientError as error:
            if _code(error) in _THROTTLED:
                raise Busy("busy") from error
            raise
        return answer


def in_partition(pk: str) -> dict[str, Any]:
    """Return the part of a query that asks for all rows of a partition."""
    return {
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": pk}},
    }


def starting_with(pk: str, start: str) -> dict[str, Any]:
    """Return the part of a query that asks for rows by the first part of the sort key."""
    return {
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :start)",
        "ExpressionAttributeValues": {":pk": {"S": pk}, ":start": {"S": start}},
    }


def between(pk: str, first: str, last: str) -> dict[str, Any]:
    """Return the part of a query that asks for rows by a range of sort keys, both included."""
    return {
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
        "ExpressionAttributeValues": {
            ":pk": {"S": pk},
            ":first": {"S": first},
            ":last": {"S": last},
        },
    }


def before_key(pk: str, sk: str | None) -> dict[str, Any]:
    """Return the part of a query that asks for rows with lower sort keys, or for all rows."""
    if not sk:
        return in_partition(pk)
    return {
        "KeyConditionExpression": "pk = :pk AND sk < :before",
        "ExpressionAttributeValues": {":pk": {"S": pk}, ":before": {"S": sk}},
    }


def due_by(shard: str, now: str) -> dict[str, Any]:
    """Return the part of a query that asks for the items of a shard that are due by a time."""
    return {
        "IndexName": "by_due",
        "KeyConditionExpression": "due_shard = :shard AND due_at <= :now",
        "ExpressionAttributeValues": {":shard": {"S": shard}, ":now": {"S": now}},
    }


def _is_possible(key: Key) -> bool:
    return not any(_is_too_long(value, _LONGEST[name]) for name, value in key.items())


def _is_too_long(value: Mapping[str, Any], limit: int = _LONGEST["pk"]) -> bool:
    text = value.get("S", "")
    return len(text) * _BYTES_A_CHARACTER > limit and len(text.encode()) > limit


def _refuse_impossible(actions: Sequence[Action]) -> None:
    """Raise `Cancelled` for actions on rows that cannot exist, like a failed condition."""
    refused: dict[int, Row] = {}
    for index, action in enumerate(actions):
        (request,) = action.values()
        key = request["Key"] if "Key" in request else _key_of(request["Item"])
        if not _is_possible(key):
            refused[index] = {}
    if refused:
        raise Cancelled(refused)


def _key_of(item: Row) -> Key:
    return {name: item[name] for name in _LONGEST if name in item}


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
