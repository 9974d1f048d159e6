"""Measure get, list, search and order event by number of customers, with 1 and 8 shards.

Each index is in its own table: of several indexes with the same partition attribute and two sort
attributes, DynamoDB Local 3.3.0 looks up only the first and sorts the whole partition for the
others (by_debt of 100,000: 445 ms, alone 10). AWS does not. Units are those of the template's
table with all of its indexes.

With `full`, the customers are loaded once and kept in .local/benchmarks.
"""

import sys
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import batched, cycle, islice, permutations
from pathlib import Path
from random import Random
from shutil import copyfile
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config

from benchmarks import Size
from benchmarks.meter import Meter
from benchmarks.plots import plot
from benchmarks.populations import MERCHANT, NOW, make_table, population, write_all
from benchmarks.reporting import RESULTS, Cell, Result, Table, Target, run
from crm.aws.customers.customers import DynamoCustomers
from crm.aws.customers.rows import row_of
from crm.aws.customers.shards import DynamoShards
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import row
from crm.aws.dynamodb.raw_json import use_raw_json
from crm.aws.dynamodb.table import Row
from crm.aws.dynamodb.table import Table as DynamoTable
from crm.aws.lists.lists import DynamoCustomerLists
from crm.aws.lists.search import DynamoCustomerSearch
from crm.aws.merchants.merchants import DynamoMerchants
from crm.aws.orders.changesets import DynamoChangesets
from crm.domain.customers.customer import Customer
from crm.domain.lists.pages import ListQuery
from crm.domain.lists.search import search_of
from crm.domain.values.names import folded
from crm.domain.values.phones import national
from crm.usecases.orders.event_customers import EventPorts
from crm.usecases.orders.orders import record_order
from gates import handlers
from tests.builders import Ids
from tests.engines.dynamodb_local import running
from tests.order_builders import HOA, an_incoming_customer, an_order

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SIZES = {
    "tiny": [60, 120],
    "quick": [1_000, 10_000, 100_000],
    "full": [1_000, 10_000, 100_000, 1_000_000],
}
#: Most customers with search indexes: filling these takes longer than everything else.
_MOST_SEARCHED = {"tiny": 120, "quick": 10_000, "full": 100_000}
_ROUNDS = {"tiny": 3, "quick": 30, "full": 200}
_METERED = {"tiny": 3, "quick": 12, "full": 24}
_SHARDS = (1, 8)
_SAMPLE, _PORTION = 200, 1_000
_PAGE, _PAGES = 50, 6
_FLAT, _FLAT_PAGES, _SLOWER = 1.05, 1.1, 1.5
_UNITS_A_SEARCH = 30.0
_FOLDER = Path(__file__).parents[1] / ".local" / "benchmarks"
_MEMORY = Path("/dev/shm")  # noqa: S108 - in a folder of its own
_SORT = "by_updated_at"
_LARGE = 100_000
_LISTED = ("pk", "sk", "id", "list_partition", "summary", "updated_at")
_SEARCH_INDEXES = {
    "by_name": "name_key",
    "by_given_name": "given_name_key",
    "by_phone_suffix": "phone_reversed",
    "by_email": "email",
}
_WHY_SEARCH = (
    "more people have the name that is typed, so more are shown and more keys looked at, up to "
    "the budget of 30 units a shard; what does not fit is said"
)


@dataclass
class Dataset:
    """A merchant's customers in tables: the table of each index, and a sample of the customers."""

    count: int
    shards: int
    tables: dict[str, str]
    sample: list[Customer] = field(default_factory=list)


class Routed:
    """A client that sends each query to the table of its index."""

    def __init__(self, client: "DynamoDBClient", dataset: Dataset) -> None:
        self._client: Any = client
        self._tables = dataset.tables

    def query(self, **request: Any) -> Any:  # noqa: ANN401 - as the client answers
        """Query the table of the index; without an index, the table itself."""
        name = self._tables.get(request.get("IndexName", ""), request["TableName"])
        return self._client.query(**{**request, "TableName": name})

    def __getattr__(self, operation: str) -> Any:  # noqa: ANN401 - any other operation
        return getattr(self._client, operation)


class Shop:
    """The measured operations on one merchant's customers, with its own client."""

    def __init__(self, client: "DynamoDBClient", dataset: Dataset) -> None:
        table = DynamoTable(cast("DynamoDBClient", Routed(client, dataset)), dataset.tables[_SORT])
        shards = DynamoShards(table, seconds=3_600)
        shards.of(MERCHANT)
        self.count = dataset.count
        self._customers = DynamoCustomers(table, shards)
        self._lists = DynamoCustomerLists(table, shards)
        self._search = DynamoCustomerSearch(table, shards)
        self._changesets = DynamoChangesets(table, shards)
        self._people = cycle(dataset.sample)
        self._typed = cycle([typed for each in dataset.sample for typed in _typed(each)])
        self._ids = Ids(f"{dataset.count} {dataset.shards}")
        self._pages = 0
        self._query = ListQuery(sort="updated_at", limit=_PAGE)

    def get(self) -> None:
        """Read one customer."""
        self._customers.get(MERCHANT, next(self._people).id)

    def list(self) -> None:
        """Read the next page of fifty, newest change first; restart after six pages."""
        page = self._lists.page(MERCHANT, self._query)
        self._pages += 1
        after = page.next if self._pages % _PAGES else None
        self._query = ListQuery(sort="updated_at", limit=_PAGE, after=after)

    def search(self) -> None:
        """Search as a cashier types."""
        self._search.find(MERCHANT, search_of(next(self._typed)), 20)

    def order(self) -> None:
        """Record an order of an existing customer."""
        person = next(self._people)
        order = an_order(1, id=f"growth {self._ids(NOW)}", placed_at="2026-11-22T04:59:00.000Z")
        record_order(
            MERCHANT,
            order,
            an_incoming_customer(order.id, phone=national(person.phone or "")),
            now=NOW,
            ports=EventPorts(self._customers, self._changesets, self._ids),
        )


_OPERATIONS: dict[str, Callable[[Shop], None]] = {
    "get": Shop.get,
    "list of 50": Shop.list,
    "search": Shop.search,
    "order event": Shop.order,
}


def measure(size: Size) -> Result:
    """Load all sizes, then measure them in turns, so that other load slows all alike."""
    handlers.remove_aws_account()
    with _datasets(size) as (address, loaded):
        units = {
            (each.shards, each.count): _units(address, each, _METERED[size]) for each in loaded
        }
        times = _times(address, loaded, _ROUNDS[size])
    lines: list[list[Cell]] = []
    targets: list[Target] = []
    drawn: dict[str, list[tuple[float, float]]] = {}
    for what in _OPERATIONS:
        for shards in _SHARDS:
            label = f"{what}, {shards} shard{'s' if shards > 1 else ''}"
            datasets = [
                each
                for each in loaded
                if each.shards == shards and what in units[shards, each.count]
            ]
            for each in datasets:
                times_ms = sorted(times[shards, each.count][what])
                p50, p99 = median(times_ms), quantiles(times_ms, n=100, method="inclusive")[98]
                spent = units[shards, each.count][what]
                lines.append([label, each.count, *(round(x, 2) for x in (*spent, p50, p99))])
                drawn.setdefault(label, []).append((each.count, p50))
            targets += _targets(label, what, datasets, units, drawn[label])
    if size != "tiny":
        plot(RESULTS / "growth.png", "p50 of an operation by customers of a merchant", drawn)
    columns = ("operation", "customers", "read units", "write units", "p50 ms", "p99 ms")
    return Result(
        [Table("Operations as a book grows (units are means)", columns, lines)],
        targets,
        ["![p50 of each operation by customers](results/growth.png)"] if size != "tiny" else [],
    )


def _targets(
    label: str,
    what: str,
    datasets: Sequence[Dataset],
    units: dict[tuple[int, int], dict[str, tuple[float, float]]],
    times: Sequence[tuple[float, float]],
) -> Iterator[Target]:
    first, last = (
        sum(units[each.shards, each.count][what]) for each in (datasets[0], datasets[-1])
    )
    grown = f"at {datasets[-1].count:,} ÷ at {datasets[0].count:,}"
    if what == "search":
        most = _UNITS_A_SEARCH * datasets[0].shards
        yield Target(f"{label}, units at {datasets[-1].count:,}", round(last, 1), most)
    reason = _WHY_SEARCH if what == "search" else ""
    # Rows differ in length, so the mean of pages may vary by half a unit.
    limit = _FLAT_PAGES if what == "list of 50" else _FLAT
    yield Target(f"{label}, units {grown}", round(last / first, 2), limit, reason=reason)
    yield Target(
        f"{label}, p50 {grown}", round(times[-1][1] / times[0][1], 2), _SLOWER, reason=reason
    )


def _units(address: str, dataset: Dataset, rounds: int) -> dict[str, tuple[float, float]]:
    """Return the mean read and write units of each operation."""
    client = _client(address)
    meter = Meter(client, _client(address))
    shop = Shop(client, dataset)
    spent = {}
    for what, act in _operations(dataset).items():
        meter.reset()
        for _ in range(rounds):
            act(shop)
        spent[what] = (meter.read_units / rounds, meter.write_units / rounds)
    return spent


def _times(
    address: str, datasets: Sequence[Dataset], rounds: int
) -> dict[tuple[int, int], dict[str, list[float]]]:
    """Return the milliseconds of each operation for each size, round by round."""
    shops = [(each, Shop(use_raw_json(_client(address)), each)) for each in datasets]
    times: dict[tuple[int, int], dict[str, list[float]]] = {
        (each.shards, each.count): {what: [] for what in _operations(each)} for each in datasets
    }
    for each, shop in shops:  # warm up connections, threads and caches
        for act in _operations(each).values():
            act(shop)
    for _ in range(rounds):
        for each, shop in shops:
            for what, act in _operations(each).items():
                start = perf_counter()
                act(shop)
                times[each.shards, each.count][what].append((perf_counter() - start) * 1_000)
    return times


def _operations(dataset: Dataset) -> dict[str, Callable[[Shop], None]]:
    has_search = len(dataset.tables) > 1
    return {what: act for what, act in _OPERATIONS.items() if has_search or what != "search"}


def _typed(customer: Customer) -> Iterator[str]:
    """Yield what a cashier may type to find a customer."""
    random = Random(customer.id)  # noqa: S311 - generated data
    words = folded(customer.full_name or "").split()
    yield " ".join(random.choice(list(islice(permutations(words), 24))))
    yield f"{words[-1]} {words[0]}"
    phone = national(customer.phone or "")
    yield phone
    yield phone[-6:]
    if customer.email:
        yield customer.email[:12]


# ── data ────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _datasets(size: Size) -> Iterator[tuple[str, list[Dataset]]]:
    """Run an engine with the data of a size; that of `full` is kept between runs."""
    if size != "full":
        with running(for_long=True) as address:
            yield address, _load_all(address, size)
        return
    # DynamoDB Local syncs to disk after each row, so it works on copies of its files in memory.
    fast = _MEMORY if _MEMORY.is_dir() else None
    with TemporaryDirectory(dir=fast) as name:
        home = Path(name)
        for file in _FOLDER.glob("*.db"):
            copyfile(file, home / file.name)
        with running(home, for_long=True) as address:
            _load_all(address, size)
        _FOLDER.mkdir(parents=True, exist_ok=True)
        for file in home.glob("*.db"):
            copyfile(file, _FOLDER / file.name)
        with running(home, for_long=True) as address:
            yield address, _load_all(address, size)


def _load_all(address: str, size: Size) -> list[Dataset]:
    client = _client(address)
    return [
        each
        for count in _SIZES[size]
        for each in _load(client, count, searched=count <= _MOST_SEARCHED[size])
    ]


def _client(address: str) -> "DynamoDBClient":
    config = Config(parameter_validation=False, read_timeout=120)
    return boto3.client("dynamodb", endpoint_url=address, config=config)


def _load(client: "DynamoDBClient", count: int, *, searched: bool) -> Iterator[Dataset]:
    """Yield the customers with each number of shards, loading them if missing."""
    indexes = [_SORT, *(_SEARCH_INDEXES if searched else ())]
    datasets = [
        Dataset(count, shards, {index: f"Book-{count}-{shards}-{index}" for index in indexes})
        for shards in _SHARDS
    ]
    existing = {name for page in client.get_paginator("list_tables").paginate()
             for name in page["TableNames"]}  # fmt: skip
    missing = [
        each for each in datasets if not {*each.tables.values(), _marker_of(each)} <= existing
    ]
    for dataset in missing:
        _make_tables(client, dataset, existing)
    step = max(1, count // _SAMPLE)
    with ThreadPoolExecutor(4) as pool:
        for place, portion in enumerate(batched(population(count), _PORTION, strict=False)):
            # Every step-th customer overall, whatever the portion.
            sample = portion[-place * _PORTION % step :: step]
            for dataset in datasets:
                dataset.sample += sample
            rows = [each for dataset in missing for each in _rows(dataset, portion)]
            write_all(client, rows, pool)
        for dataset in missing:
            write_all(client, [(dataset.tables[_SORT], each) for each in _claims(dataset)], pool)
    for dataset in missing:
        make_table(client, name=_marker_of(dataset))
    yield from datasets


def _marker_of(dataset: Dataset) -> str:
    """Return the name of the table that marks complete data."""
    return f"Book-{dataset.count}-{dataset.shards}-filled-for-{len(dataset.tables)}"


def _make_tables(client: "DynamoDBClient", dataset: Dataset, existing: Container[str]) -> None:
    for index, name in dataset.tables.items():
        if name in existing:
            client.delete_table(TableName=name)
        make_table(client, index, name=name)
    table = DynamoTable(client, dataset.tables[_SORT])
    DynamoMerchants(table).add(MERCHANT, HOA)
    if dataset.shards > 1:
        shards = DynamoShards(table)
        shards.begin(MERCHANT, dataset.shards)
        shards.finish(MERCHANT, dataset.shards)


def _rows(dataset: Dataset, customers: Sequence[Customer]) -> Iterator[tuple[str, Row]]:
    """Yield customers' rows with their table names: keys only for search indexes.

    From 100,000 customers, only the sample's rows are complete; others have the list's attributes.
    """
    sample = {each.id for each in dataset.sample}
    for customer in customers:
        whole = row_of(customer, dataset.shards)
        for index, name in dataset.tables.items():
            if index == _SORT:
                is_whole = dataset.count < _LARGE or customer.id in sample
                yield name, whole if is_whole else {each: whole[each] for each in _LISTED}
            elif _SEARCH_INDEXES[index] in whole:
                shown = ("pk", "sk", "id", "list_partition", _SEARCH_INDEXES[index])
                yield name, {each: whole[each] for each in shown}


def _claims(dataset: Dataset) -> Iterator[Row]:
    for customer in dataset.sample:
        for identity in customer.identities():
            yield {**keys.of_claim(MERCHANT, identity), **row({"holder": customer.id})}


if __name__ == "__main__":
    sys.exit(run("growth", measure))
