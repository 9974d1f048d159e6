"""Measure the warm CPU time of a request against a bare boto3 handler with the same calls.

The responses of DynamoDB Local to each request are recorded and then replayed to our handler and
to the bare one in turn, so that only their own work is measured.
"""

import contextlib
import gc
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, cycle
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from benchmarks import Size
from benchmarks.populations import MERCHANT, population, rows_beside, write_all
from benchmarks.reporting import Cell, Result, Table, Target, run
from crm.aws.customers.rows import row_of
from crm.aws.dynamodb.table import Table as DynamoTable
from crm.aws.merchants.merchants import DynamoMerchants
from crm.domain.customers.customer import Customer
from crm.runtime.clients import dynamodb
from gates import handlers
from tests.engines.dynamodb_local import running
from tests.engines.tables import definitions
from tests.functions.queues import batch, sample
from tests.functions.requests import CONTEXT, Client
from tests.order_builders import HOA

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Event = dict[str, Any]
type Handler = Callable[[Event], object]

_CUSTOMERS = 120
_ROUNDS = {"tiny": 2, "quick": 9, "full": 40}
_REQUESTS_A_ROUND = {"tiny": 2, "quick": 40, "full": 60}
_AT_MOST = 1.5


class Call(NamedTuple):
    """A recorded call of the client."""

    operation: str
    params: Mapping[str, Any]
    content: bytes


class _RequestKind(NamedTuple):
    """A kind of request with its function's folder and an iterator of distinct events."""

    what: str
    folder: str
    events: Iterator[Event]


class _Raw:
    """The body of a response, as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        """Yield the whole body."""
        yield self._content


class Wire:
    """Records the calls of a client and then replays their responses."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._events = client.meta.events
        self._played: Mapping[str, Iterator[bytes]] = {}
        self._params: Mapping[str, Any] = {}
        self.recorded: list[Call] = []
        prepared: Any = self._prepared  # botocore's stubs lack this signature
        self._hooks = {
            "provide-client-params.dynamodb.*": prepared,
            "after-call.dynamodb.*": self._record,
        }
        for name, hook in self._hooks.items():
            self._events.register(name, hook)

    def play(self, calls: Sequence[Call]) -> None:
        """From now on, replay the responses of these calls in a cycle; send nothing."""
        for name, hook in self._hooks.items():
            self._events.unregister(name, hook)
        if not self._played:
            answer: Any = self._answer
            self._events.register("before-send.dynamodb.*", answer)
        self._played = {
            operation: cycle([each.content for each in calls if each.operation == operation])
            for operation in {each.operation for each in calls}
        }

    def _prepared(self, params: Mapping[str, Any], **_: object) -> None:
        self._params = dict(params)  # a client with raw JSON changes it

    def _record(
        self,
        model: Any,  # noqa: ANN401 - of botocore
        http_response: Any,  # noqa: ANN401 - of botocore
        **_: object,
    ) -> None:
        self.recorded.append(Call(model.name, self._params, http_response.content))

    def _answer(self, request: Any, **_: object) -> AWSResponse:  # noqa: ANN401 - of botocore
        operation = request.headers["X-Amz-Target"].decode().partition(".")[2]
        # Rows that a process caches for seconds may be read again: answer that there are none.
        content = next(self._played.get(operation, iter([b"{}"])))
        return AWSResponse(request.url, 200, HTTPHeaders(), _Raw(content))


def measure(size: Size) -> Result:
    """Measure requests of three HTTP functions and a batch of one order."""
    handlers.remove_aws_account()
    os.environ.update(handlers.environment())
    os.environ["POWERTOOLS_LOG_LEVEL"] = "INFO"
    with running() as address, Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.environ["AWS_ENDPOINT_URL"] = address
        people = list(population(_CUSTOMERS))
        _fill(boto3.client("dynamodb"), people)
        with contextlib.redirect_stdout(nowhere):
            wire = Wire(dynamodb())
            recorded = [(kind, _record_calls(kind, wire)) for kind in _requests(people)]
            lines = [_line(kind, wire, calls, size) for kind, calls in recorded]
    targets = [
        Target(f"{what}, ours ÷ bare", round(ours / bare, 3), _AT_MOST)
        for what, ours, bare, _ in lines
    ]
    columns = ("request", "ours, ms", "bare handler, ms", "its calls alone, ms")
    rows: list[Sequence[Cell]] = [
        (what, *(round(each, 3) for each in times)) for what, *times in lines
    ]
    return Result(
        [Table("Warm CPU time of a request", columns, rows)],
        targets,
        [
            (
                "The bare handler reads the body, spells and reads rows with boto3's own "
                "(de)serialiser, makes the same calls and answers json: no routing, validation, "
                "permissions, masking, logs or problem answers. The last column is botocore alone."
            ),
        ],
    )


def _fill(client: "DynamoDBClient", people: Sequence[Customer]) -> None:
    for logical_id, definition in definitions().items():
        names = {"IdempotencyTable": os.environ["IDEMPOTENCY_TABLE_NAME"]}
        name = names.get(logical_id, os.environ["TABLE_NAME"])
        client.create_table(TableName=name, **definition)
    name = os.environ["TABLE_NAME"]
    rows = chain(map(row_of, people), rows_beside(people))
    with ThreadPoolExecutor(2) as pool:
        write_all(client, [(name, each) for each in rows], pool)
    DynamoMerchants(DynamoTable(client, name)).add(MERCHANT, HOA)


def _requests(people: Sequence[Customer]) -> Iterator[_RequestKind]:
    """Yield the measured kinds of request; the first event of each warms the process up."""
    caller = Client(handler=lambda *_: {})
    path = f"/customers/{people[0].id}"
    yield _RequestKind("get", "customers_api", cycle([caller.event("GET", path)]))
    listed = caller.event("GET", "/customers", query={"sort": "-total_spent", "limit": "50"})
    yield _RequestKind("list of 50", "lists_api", cycle([listed]))
    yield _RequestKind("create", "customers_api", map(partial(_creation, caller), _numbers()))
    yield _RequestKind("order event", "record_orders", map(_order, _numbers()))


def _numbers() -> Iterator[int]:
    return iter(range(1_000_000))


def _creation(caller: Client, number: int) -> Event:
    body = {
        "full_name": "Nguyễn Thị Ánh",
        "phone": f"0977{number:06}",
        "email": f"anh.{number}@example.vn",
        "birthday": "1990-05-17",
        "gender": "nữ",
        "tags": ["sỉ", "hà nội"],
        "addresses": [
            {"line": "12 Lý Thường Kiệt", "ward": "Phường Cửa Nam", "province": "Hà Nội"}
        ],
    }
    return caller.event("POST", "/customers", body, Content_Type="application/json")


def _order(number: int) -> Event:
    event = sample("order_paid")
    event["detail"]["merchant_id"] = MERCHANT
    event["detail"]["event_id"] = f"e-{number}"
    event["detail"]["order"] |= {"id": f"o-{number}", "checkout_id": None}
    return batch(event)


def _record_calls(kind: _RequestKind, wire: Wire) -> list[Call]:
    """Handle two requests against the engine; return the calls of the second."""
    handler = handlers.handler(kind.folder)
    for _ in range(2):
        wire.recorded.clear()
        _require_success(handler.lambda_handler(next(kind.events), CONTEXT))
    return list(wire.recorded)


def _require_success(answer: Any) -> None:  # noqa: ANN401 - of either kind of function
    if answer.get("statusCode", 200) >= 400 or answer.get("batchItemFailures"):  # noqa: PLR2004
        raise AssertionError(answer)


def _line(
    kind: _RequestKind, wire: Wire, calls: list[Call], size: Size
) -> tuple[str, float, float, float]:
    """Return the milliseconds of our handler, the bare handler and its calls alone."""
    client = boto3.client("dynamodb", endpoint_url="http://127.0.0.1:1")
    bare_wire = Wire(client)
    ours = handlers.handler(kind.folder).lambda_handler
    bare = Bare(client, calls)
    handlers_: tuple[Handler, ...] = (lambda event: ours(event, CONTEXT), bare.answer, bare.call)
    rounds: list[list[float]] = [[] for _ in handlers_]
    for _ in range(_ROUNDS[size]):
        wire.play(calls)
        for handler, times in zip(handlers_, rounds, strict=True):
            bare_wire.play(calls)
            times.append(_milliseconds(handler, kind.events, _REQUESTS_A_ROUND[size]))
    ours_took, bare_took, calls_took = map(median, rounds)
    return kind.what, ours_took, bare_took, calls_took


def _milliseconds(handler: Handler, events: Iterator[Event], count: int) -> float:
    requests = [next(events) for _ in range(count)]
    gc.collect()
    start = process_time()
    for event in requests:
        handler(event)
    return (process_time() - start) / count * 1_000


class Bare:
    """A handler with boto3 only: parse the body, make the same calls, return JSON."""

    def __init__(self, client: "DynamoDBClient", calls: Sequence[Call]) -> None:
        self._client: Any = client
        self._calls = [(_method(each.operation), each.params) for each in calls]
        self._plain = [(name, _deserialized(params)) for name, params in self._calls]
        self._write = TypeSerializer().serialize
        self._read = TypeDeserializer().deserialize

    def call(self, _: Event) -> None:
        """Make the calls with serialized parameters."""
        for name, params in self._calls:
            getattr(self._client, name)(**params)

    def answer(self, event: Event) -> Event:
        """Handle a request without validation or authorization."""
        for record in event.get("Records", ()):
            json.loads(record["body"])
        body = json.loads(event.get("body") or "{}")
        rows: list[Any] = []
        for name, params in self._plain:
            answer = getattr(self._client, name)(**self._serialized(params))
            found = [answer["Item"]] if "Item" in answer else answer.get("Items", [])
            for some in answer.get("Responses", {}).values():
                found += some
            rows += [{name: self._read(value) for name, value in item.items()} for item in found]
        shown = json.dumps(rows or body, default=int, ensure_ascii=False)
        return {"statusCode": 200, "headers": {}, "body": shown}

    def _serialized(self, value: Any) -> Any:  # noqa: ANN401 - parameters of any call
        """Return parameters with plain values serialized by boto3."""
        if isinstance(value, _Plain):
            return {name: self._write(each) for name, each in value.items()}
        if isinstance(value, dict):
            return {name: self._serialized(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._serialized(each) for each in value]
        return value


class _Plain(dict[str, Any]):
    """Attributes as plain values."""


def _deserialized(value: Any) -> Any:  # noqa: ANN401 - parameters of any call
    """Return parameters with the attributes of rows and expressions deserialized."""
    read = TypeDeserializer().deserialize
    if isinstance(value, dict):
        return {
            name: _Plain({attribute: read(each) for attribute, each in attributes.items()})
            if name in {"Item", "ExpressionAttributeValues", "Key"}
            else _deserialized(attributes)
            for name, attributes in value.items()
        }
    if isinstance(value, list):
        return [_deserialized(each) for each in value]
    return value


def _method(operation: str) -> str:
    """Return the client method of an operation: GetItem becomes get_item."""
    return "".join(f"_{x.lower()}" if x.isupper() else x for x in operation).lstrip("_")


if __name__ == "__main__":
    sys.exit(run("handlers", measure))
