"""Measure files and orders in the deployed product on this machine, and the workers' own time.

The product is built and deployed in the local engine as for the end-to-end tests, each function
with its own role. An import is timed from the upload to its end, an export from the request to its
end, orders from the first event on the bus until the last one is counted. Before, BatchWriteItem
alone writes the same rows to a table with the same indexes in the same engine.

The workers' own time is that of the use cases in one process, with a client with canned responses:
it includes all of botocore but not the engine.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import batched
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, Literal
from uuid import uuid4

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from benchmarks import Size
from benchmarks.populations import exported
from benchmarks.reporting import Cell, Result, Table, Target, run
from crm.aws.customers.customers import DynamoCustomers
from crm.aws.customers.rows import row_of
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import row
from crm.aws.dynamodb.raw_json import use_raw_json
from crm.aws.dynamodb.table import Table as DynamoTable
from crm.domain.customers.columns import ENTRIES
from crm.domain.kernel.tables import NewTable
from crm.domain.kernel.times import DEFAULT_ZONE, stamp
from crm.domain.spreadsheets.cells import row_reader
from crm.files.exports.new_table import write_table
from crm.usecases.exports.reading import line_of
from gates import handlers
from local import engine, people, stack
from local.building import HOME, build
from local.merchants import create_merchant
from local.people import Login
from tests.builders import NOON
from tests.e2e.deployed import Deployed, Merchant, tell
from tests.engines.tables import definitions
from tests.import_builders import Backend

type Kind = Literal["xlsx", "csv"]

_IMPORTED = tuple(ENTRIES)
_NOTE = _IMPORTED.index("note")
_ALONE = {"tiny": 200, "quick": 5_000, "full": 10_000}
_FILES: Mapping[Size, Sequence[tuple[int, Kind]]] = {
    "tiny": [],
    "quick": [(10_000, "xlsx")],
    "full": [(10_000, "xlsx"), (10_000, "csv"), (50_000, "xlsx"), (50_000, "csv")],
}
_ORDERS = {"tiny": 0, "quick": 200, "full": 10_000}
_BUYERS = 50
_MOST_MS_A_ROW = 0.4
_LEAST_CREATED, _LEAST_OVERWRITTEN = 200, 150
_SHARE_CREATED, _SHARE_OVERWRITTEN = 0.4, 0.3
_SECONDS = 3_600
_BETWEEN_LOOKS = 0.25
_WHY_WORKERS = (
    "botocore spells the rows of a transaction by their shapes, a fifth; a row's values are read "
    "once more where they meet the book, a quarter"
)
_WHY_ENGINE = (
    "the engine works through a transaction row by row, in the processes that the workers need; "
    "bare writes go in batches without conditions or claims to check"
)


def measure(size: Size) -> Result:
    """Measure the workers alone and, except for tiny, the deployed product."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        alone, memory = pool.submit(_measure_workers, _ALONE[size]).result()
    lines: list[Sequence[Cell]] = [
        (f"import of {_ALONE[size]:,}, {step}", round(ms, 3)) for step, ms in alone.items()
    ]
    total = sum(alone.values())
    targets = [
        Target(
            "a created row, workers' own ms", round(total, 3), _MOST_MS_A_ROW, reason=_WHY_WORKERS
        )
    ]
    tables = [Table("Workers alone, ms a row", ("worker", "ms a row"), lines)]
    if size != "tiny":
        tables += _measure_product(size, targets)
    return Result(
        tables,
        targets,
        [f"The process of the workers alone held {memory:,.0f} MB at most, its modules included."],
    )


# ── the workers alone ───────────────────────────────────────────────────────────────────────────


def _measure_workers(count: int) -> tuple[dict[str, float], float]:
    """Return each worker's milliseconds for a created row, and the process's peak MB."""
    handlers.remove_aws_account()
    backend = Backend()
    table = DynamoTable(_canned_client(), "Table")
    customers = DynamoCustomers(table)
    backend.customers = customers  # type: ignore[assignment]
    backend.metrics = replace(backend.metrics, customers=customers)
    with TemporaryDirectory() as folder:
        job = backend.upload(_file(Path(folder), "xlsx", count))
    spent = {}
    start = process_time()
    reading = backend.read(job)
    spent["read"] = process_time() - start
    if not backend.take_lock(job):
        raise AssertionError("another import holds the lock")
    start = process_time()
    for chunk in range(reading.chunks):
        backend.plan(job, chunk)
    spent["plan"] = process_time() - start
    start = process_time()
    ready = backend.settle(job)
    spent["settle"] = process_time() - start
    start = process_time()
    for each in ready:
        backend.apply(job, each)
    spent["apply"] = process_time() - start
    backend.finish(job)
    result = backend.imports.get(job.merchant_id, job.id).progress.result
    if result is None or result.by_outcome()["created"] != count:
        raise AssertionError(f"not all were created: {result}")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {step: took / count * 1_000 for step, took in spent.items()}, most


def _canned_client() -> Any:  # noqa: ANN401 - a client
    """Return a client that finds no rows and whose writes all succeed."""
    answers = {
        "BatchGetItem": {"Responses": {"Table": []}, "UnprocessedKeys": {}},
        "UpdateItem": {"Attributes": {"last": {"N": "1000000"}}},
    }

    def answer(request: Any, **_: object) -> AWSResponse:  # noqa: ANN401 - of botocore
        operation = request.headers["X-Amz-Target"].decode().partition(".")[2]
        content = json.dumps(answers.get(operation, {})).encode()
        return AWSResponse(request.url, 200, HTTPHeaders(), _Raw(content))

    # The configuration of a worker's client in `crm.runtime.clients`.
    config = Config(parameter_validation=False, user_agent="khach-quen")
    client = boto3.client("dynamodb", endpoint_url="http://127.0.0.1:1", config=config)
    client = use_raw_json(client)
    answering: Any = answer  # botocore's stubs lack the return value
    client.meta.events.register("before-send.dynamodb.*", answering)
    return client


class _Raw:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        """Yield the whole body."""
        yield self._content


def _file(folder: Path, kind: Kind, count: int, note: str | None = None) -> bytes:
    """Return a file of new customers, with `note` as everyone's note if given."""
    cells = row_reader(_IMPORTED, DEFAULT_ZONE)
    lines = []
    for person in exported(count):
        values = [None, *cells(person)[1:]]
        if note is not None:
            values[_NOTE] = note
        lines.append(line_of(values))
    target = folder / f"people.{kind}"
    write_table(target, NewTable(kind, _IMPORTED, "vi", count, batched(lines, 500, strict=False)))
    return target.read_bytes()


# ── the deployed product ────────────────────────────────────────────────────────────────────────


def _measure_product(size: Size, targets: list[Target]) -> Iterator[Table]:
    """Measure the deployed product; yield its tables and add its targets."""
    with TemporaryDirectory() as name, _deployed_product(Path(name)) as deployed:
        lines: list[Sequence[Cell]] = []
        for number, (count, kind) in enumerate(_FILES[size]):
            bare = _batch_write_speed(deployed, count, f"Bare-{number}")
            shop = _merchant(deployed, f"bench-{number}")
            for step, note in (
                ("create", None),
                ("overwrite", "Gọi trước"),
                ("unchanged", "Gọi trước"),
            ):
                content = _file(Path(name), kind, count, note)
                took = _import(deployed, shop, content, kind, count)
                speed = count / took
                what = f"import of {count:,} {kind}, {step}"
                lines.append((what, round(took, 1), round(speed), round(speed / bare, 3)))
                if step in _LEAST:
                    least, share = _LEAST[step]
                    targets += [
                        Target(f"{what}, rows/s", round(speed), least, "at least", _WHY_ENGINE),
                        Target(
                            f"{what} ÷ bare BatchWriteItem",
                            round(speed / bare, 3),
                            share,
                            "at least",
                            _WHY_ENGINE,
                        ),
                    ]
            lines.append(
                (f"bare BatchWriteItem of {count:,}", round(count / bare, 1), round(bare), 1)
            )
            took = _export(shop, kind)
            lines.append(
                (f"export of {count:,} {kind}", round(took, 1), round(count / took), None)
            )
        took = _orders(deployed, _merchant(deployed, "bench-orders"), _ORDERS[size])
        orders = f"{_ORDERS[size]:,} order events of 50 people"
        lines.append((orders, round(took, 1), round(_ORDERS[size] / took), None))
    yield Table("The deployed product", ("work", "s", "rows/s", "÷ bare"), lines)


_LEAST = {
    "create": (_LEAST_CREATED, _SHARE_CREATED),
    "overwrite": (_LEAST_OVERWRITTEN, _SHARE_OVERWRITTEN),
}


@contextmanager
def _deployed_product(home: Path) -> Iterator[Deployed]:
    """Deploy the product to its own engine, as the end-to-end tests do."""
    built = build(stack.architecture(), HOME / "build")
    with engine.running(home) as running:
        stack.deploy("local", built, running)
        deployed = stack.find("local", running)
        if deployed is None:
            raise RuntimeError("nothing was deployed")
        unused = Merchant(deployed, "", [])
        yield Deployed("local", deployed, unused, unused, home)


def _merchant(deployed: Deployed, merchant_id: str) -> Merchant:
    login = Login(merchant_id, "manager", f"{merchant_id}@example.vn", f"{uuid4()}aA1")
    create_merchant(deployed.stack, merchant_id, merchant_id, login.email, ("*",))
    people.create_login(deployed.stack, login)
    return Merchant(deployed.stack, merchant_id, [login])


def _import(deployed: Deployed, shop: Merchant, content: bytes, kind: Kind, count: int) -> float:
    """Return the seconds from the upload of a file to the end of its import."""
    api = shop.api()
    body = {"file_name": f"khach.{kind}", "mode": "overwrite", "dry_run": False}
    job = api.call("POST", "/imports", body).body
    start = perf_counter()
    deployed.upload(job["upload"], content)
    ended = _await(lambda: api.call("GET", f"/imports/{job['id']}").body, _has_ended)
    took = perf_counter() - start
    if ended["status"] != "finished" or ended["progress"]["applied"] != count:
        raise AssertionError(ended)
    return took


def _export(shop: Merchant, kind: Kind) -> float:
    """Return the seconds from the request of an export to its end."""
    api = shop.api()
    start = perf_counter()
    body = {"scope": "all", "format": kind, "columns": None, "locale": "vi"}
    job = api.call("POST", "/exports", body).body
    ended = _await(lambda: api.call("GET", f"/exports/{job['id']}").body, _has_ended)
    if ended["status"] != "finished":
        raise AssertionError(ended)
    return perf_counter() - start


def _has_ended(job: Mapping[str, Any]) -> bool:
    return job.get("status") in {"finished", "failed", "cancelled"}


def _orders(deployed: Deployed, shop: Merchant, count: int) -> float:
    """Return the seconds from the first order on the bus until all are counted."""
    events = [_order(shop.id, number) for number in range(count)]
    api = shop.api()
    start = perf_counter()
    tell(deployed, events)

    def counted() -> int:
        page = api.call("GET", "/customers", query={"limit": "100"}).body
        return sum(each["metrics"]["order_count"] for each in page["items"])

    _await(counted, lambda seen: seen == count)
    return perf_counter() - start


def _order(merchant_id: str, number: int) -> dict[str, Any]:
    at = stamp(NOON)
    phone = f"09130{number % _BUYERS:05}"
    detail = {
        "event_id": f"bench-{number}",
        "merchant_id": merchant_id,
        "occurred_at": at,
        "order": {
            "id": f"bench-{number}",
            "number": f"#{number}",
            "version": 1,
            "placed_at": at,
            "channel": "pos",
            "status": "completed",
            "total": 250_000,
            "paid": 250_000,
            "refunded": 0,
            "items": [{"sku": "a", "name": "Trà", "quantity": 1, "unit_price": 250_000}],
            "customer": {"phone": phone, "name": "Khách quen"},
        },
    }
    text = json.dumps(detail, ensure_ascii=False)
    return {"Source": "haravan", "DetailType": "OrderPaid", "Detail": text}


def _batch_write_speed(deployed: Deployed, count: int, name: str) -> float:
    """Return how many customers with their claims BatchWriteItem alone writes in a second."""
    client = deployed.client("dynamodb")
    client.create_table(TableName=name, **definitions()["Table"])
    rows: list[Any] = []
    for each in exported(count):
        rows.append(row_of(each))
        rows += [
            {**keys.of_claim(each.merchant_id, identity), **row({"holder": each.id})}
            for identity in each.identities()
        ]
    start = perf_counter()
    for some in batched(rows, 25, strict=False):
        waiting: Any = {name: [{"PutRequest": {"Item": item}} for item in some]}
        while waiting:
            waiting = client.batch_write_item(RequestItems=waiting)["UnprocessedItems"]
    took = perf_counter() - start
    client.delete_table(TableName=name)
    return count / took


def _await[Seen](look: Callable[[], Seen], holds: Callable[[Seen], bool]) -> Seen:
    deadline = time.monotonic() + _SECONDS
    while not holds(seen := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"still {seen!r}")
        time.sleep(_BETWEEN_LOOKS)
    return seen


if __name__ == "__main__":
    sys.exit(run("pipelines", measure))
