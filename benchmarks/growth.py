"""Get, list, search and order event as a merchant's book grows, with one shard of its list and 8.

Each index stands in a table of its own: DynamoDB Local 3.3.0 looks up only the first of several
indexes that share their partition's attribute and have two sort attributes, and sorts the whole
partition for the others (by_debt of 100,000: 445 ms, alone 10). AWS does not. Units are those of
the template's table with all of its indexes.

With `full`, the books are filled once and kept in .local/benchmarks.
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
#: Filling the indexes of a search takes longer than the rest together.
_SEARCHED = {"tiny": 120, "quick": 10_000, "full": 100_000}
_ROUNDS = {"tiny": 3, "quick": 30, "full": 200}
_METERED = {"tiny": 3, "quick": 12, "full": 24}
_SHARDS = (1, 8)
_SAMPLE, _PORTION = 200, 1_000
_PAGE, _PAGES = 50, 6
_FLAT, _FLAT_PAGES, _SLOWER = 1.05, 1.1, 1.5
_UNITS_A_SEARCH = 30.0
_KEPT = Path(__file__).parents[1] / ".local" / "benchmarks"
_MEMORY = Path("/dev/shm")  # noqa: S108 - in a folder of its own
_SORT = "by_updated_at"
_LARGE = 100_000
_LISTED = ("pk", "sk", "id", "list_partition", "summary", "updated_at")
_OF_SEARCH = {
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
class Kept:
    """A book in its tables: where each index stands, and some of its customers."""

    count: int
    shards: int
    tables: dict[str, str]
    sample: list[Customer] = field(default_factory=list)


class Routed:
    """A client that asks the table in which an index stands."""

    def __init__(self, client: "DynamoDBClient", kept: Kept) -> None:
        self._client: Any = client
        self._tables = kept.tables

    def query(self, **request: Any) -> Any:  # noqa: ANN401 - as the client answers
        """Query an index where it stands, and the table itself in the first."""
        name = self._tables.get(request.get("IndexName", ""), request["TableName"])
        return self._client.query(**{**request, "TableName": name})

    def __getattr__(self, operation: str) -> Any:  # noqa: ANN401 - any other operation
        return getattr(self._client, operation)


class Shop:
    """The operations on one book, through a client of its own."""

    def __init__(self, client: "DynamoDBClient", kept: Kept) -> None:
        table = DynamoTable(cast("DynamoDBClient", Routed(client, kept)), kept.tables[_SORT])
        shards = DynamoShards(table, seconds=3_600)
        shards.of(MERCHANT)
        self.count = kept.count
        self._customers = DynamoCustomers(table, shards)
        self._lists = DynamoCustomerLists(table, shards)
        self._search = DynamoCustomerSearch(table, shards)
        self._changesets = DynamoChangesets(table, shards)
        self._people = cycle(kept.sample)
        self._typed = cycle([typed for each in kept.sample for typed in _typed(each)])
        self._ids = Ids(f"{kept.count} {kept.shards}")
        self._pages = 0
        self._query = ListQuery(sort="updated_at", limit=_PAGE)

    def get(self) -> None:
        """Read one customer."""
        self._customers.get(MERCHANT, next(self._people).id)

    def list(self) -> None:
        """Read the next page of fifty, newest change first; start over before a book ends."""
        page = self._lists.page(MERCHANT, self._query)
        self._pages += 1
        after = page.next if self._pages % _PAGES else None
        self._query = ListQuery(sort="updated_at", limit=_PAGE, after=after)

    def search(self) -> None:
        """Look for somebody by what a cashier types."""
        self._search.find(MERCHANT, search_of(next(self._typed)), 20)

    def order(self) -> None:
        """Take an order of a known customer in."""
        person = next(self._people)
        order = an_order(1, id=f"growth {self._ids(NOW)}", placed_at="2026-11-22T04:59:00.000Z")
        record_order(
            MERCHANT,
            order,
            an_incoming_customer(order.id, phone=national(person.phone or "")),
            now=NOW,
            new_id=self._ids,
            customers=self._customers,
            changesets=self._changesets,
        )


_OPERATIONS: dict[str, Callable[[Shop], None]] = {
    "get": Shop.get,
    "list of 50": Shop.list,
    "search": Shop.search,
    "order event": Shop.order,
}


def measure(size: Size) -> Result:
    """Fill the books, then let them take turns, so that what else goes on slows all alike."""
    handlers.remove_aws_account()
    with _books(size) as (address, kept):
        units = {(each.shards, each.count): _units(address, each, _METERED[size]) for each in kept}
        times = _times(address, kept, _ROUNDS[size])
    lines: list[list[Cell]] = []
    targets: list[Target] = []
    drawn: dict[str, list[tuple[float, float]]] = {}
    for what in _OPERATIONS:
        for shards in _SHARDS:
            told = f"{what}, {shards} shard{'s' if shards > 1 else ''}"
            books = [
                each
                for each in kept
                if each.shards == shards and what in units[shards, each.count]
            ]
            for each in books:
                took = sorted(times[shards, each.count][what])
                p50, p99 = median(took), quantiles(took, n=100, method="inclusive")[98]
                spent = units[shards, each.count][what]
                lines.append([told, each.count, *(round(x, 2) for x in (*spent, p50, p99))])
                drawn.setdefault(told, []).append((each.count, p50))
            targets += _targets(told, what, books, units, drawn[told])
    if size != "tiny":
        plot(RESULTS / "growth.png", "p50 of an operation by customers of a merchant", drawn)
    columns = ("operation", "customers", "read units", "write units", "p50 ms", "p99 ms")
    return Result(
        [Table("Operations as a book grows (units are means)", columns, lines)],
        targets,
        ["![p50 of each operation by customers](results/growth.png)"] if size != "tiny" else [],
    )


def _targets(
    told: str,
    what: str,
    books: Sequence[Kept],
    units: dict[tuple[int, int], dict[str, tuple[float, float]]],
    times: Sequence[tuple[float, float]],
) -> Iterator[Target]:
    first, last = (sum(units[each.shards, each.count][what]) for each in (books[0], books[-1]))
    grown = f"at {books[-1].count:,} ÷ at {books[0].count:,}"
    if what == "search":
        most = _UNITS_A_SEARCH * books[0].shards
        yield Target(f"{told}, units at {books[-1].count:,}", round(last, 1), most)
    reason = _WHY_SEARCH if what == "search" else ""
    # A page of a few rows more or less is half a unit: the rows are not all of one length.
    limit = _FLAT_PAGES if what == "list of 50" else _FLAT
    yield Target(f"{told}, units {grown}", round(last / first, 2), limit, reason=reason)
    yield Target(
        f"{told}, p50 {grown}", round(times[-1][1] / times[0][1], 2), _SLOWER, reason=reason
    )


def _units(address: str, kept: Kept, rounds: int) -> dict[str, tuple[float, float]]:
    """Return the mean read and write units of each operation."""
    client = _client(address)
    meter = Meter(client, _client(address))
    shop = Shop(client, kept)
    spent = {}
    for what, act in _operations(kept).items():
        meter.reset()
        for _ in range(rounds):
            act(shop)
        spent[what] = (meter.read_units / rounds, meter.write_units / rounds)
    return spent


def _times(
    address: str, books: Sequence[Kept], rounds: int
) -> dict[tuple[int, int], dict[str, list[float]]]:
    """Return the milliseconds of each operation on each book, round by round."""
    shops = [(each, Shop(use_raw_json(_client(address)), each)) for each in books]
    times: dict[tuple[int, int], dict[str, list[float]]] = {
        (each.shards, each.count): {what: [] for what in _operations(each)} for each in books
    }
    for each, shop in shops:  # a connection, a thread, a cache
        for act in _operations(each).values():
            act(shop)
    for _ in range(rounds):
        for each, shop in shops:
            for what, act in _operations(each).items():
                began = perf_counter()
                act(shop)
                times[each.shards, each.count][what].append((perf_counter() - began) * 1_000)
    return times


def _operations(kept: Kept) -> dict[str, Callable[[Shop], None]]:
    has_search = len(kept.tables) > 1
    return {what: act for what, act in _OPERATIONS.items() if has_search or what != "search"}


def _typed(customer: Customer) -> Iterator[str]:
    """Give what a cashier may type to find a customer."""
    dice = Random(customer.id)  # noqa: S311 - generated data
    words = folded(customer.full_name or "").split()
    yield " ".join(dice.choice(list(islice(permutations(words), 24))))
    yield f"{words[-1]} {words[0]}"
    phone = national(customer.phone or "")
    yield phone
    yield phone[-6:]
    if customer.email:
        yield customer.email[:12]


# ── books ───────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _books(size: Size) -> Iterator[tuple[str, list[Kept]]]:
    """Give an engine and the books in it; those of `full` are kept once they are filled."""
    if size != "full":
        with running(for_long=True) as address:
            yield address, _all_filled(address, size)
        return
    # DynamoDB Local waits for the disk after each row: it works in memory, on files of its own.
    fast = _MEMORY if _MEMORY.is_dir() else None
    with TemporaryDirectory(dir=fast) as name:
        home = Path(name)
        for file in _KEPT.glob("*.db"):
            copyfile(file, home / file.name)
        with running(home, for_long=True) as address:
            _all_filled(address, size)
        _KEPT.mkdir(parents=True, exist_ok=True)
        for file in home.glob("*.db"):
            copyfile(file, _KEPT / file.name)
        with running(home, for_long=True) as address:
            yield address, _all_filled(address, size)


def _all_filled(address: str, size: Size) -> list[Kept]:
    client = _client(address)
    return [
        each
        for count in _SIZES[size]
        for each in _filled(client, count, searched=count <= _SEARCHED[size])
    ]


def _client(address: str) -> "DynamoDBClient":
    config = Config(parameter_validation=False, read_timeout=120)
    return boto3.client("dynamodb", endpoint_url=address, config=config)


def _filled(client: "DynamoDBClient", count: int, *, searched: bool) -> Iterator[Kept]:
    """Give a book of so many customers with each number of shards, filled if it is not there."""
    indexes = [_SORT, *(_OF_SEARCH if searched else ())]
    books = [
        Kept(count, shards, {index: f"Book-{count}-{shards}-{index}" for index in indexes})
        for shards in _SHARDS
    ]
    known = {name for page in client.get_paginator("list_tables").paginate()
             for name in page["TableNames"]}  # fmt: skip
    missing = [each for each in books if not {*each.tables.values(), _proof_of(each)} <= known]
    for kept in missing:
        _make_tables(client, kept, known)
    step = max(1, count // _SAMPLE)
    with ThreadPoolExecutor(4) as pool:
        for place, portion in enumerate(batched(population(count), _PORTION, strict=False)):
            # One in so many, wherever the portions begin.
            sample = portion[-place * _PORTION % step :: step]
            for kept in books:
                kept.sample += sample
            rows = [each for kept in missing for each in _rows(kept, portion)]
            write_all(client, rows, pool)
        for kept in missing:
            write_all(client, [(kept.tables[_SORT], each) for each in _claims(kept)], pool)
    for kept in missing:
        make_table(client, name=_proof_of(kept))
    yield from books


def _proof_of(kept: Kept) -> str:
    """Return the name of the table that is made when a book is filled."""
    return f"Book-{kept.count}-{kept.shards}-filled-for-{len(kept.tables)}"


def _make_tables(client: "DynamoDBClient", kept: Kept, known: Container[str]) -> None:
    for index, name in kept.tables.items():
        if name in known:
            client.delete_table(TableName=name)
        make_table(client, index, name=name)
    table = DynamoTable(client, kept.tables[_SORT])
    DynamoMerchants(table).add(MERCHANT, HOA)
    if kept.shards > 1:
        shards = DynamoShards(table)
        shards.begin(MERCHANT, kept.shards)
        shards.finish(MERCHANT, kept.shards)


def _rows(kept: Kept, customers: Sequence[Customer]) -> Iterator[tuple[str, Row]]:
    """Give customers' rows by their tables: keys alone for those of search.

    In a large book only those of the sample are whole: others have what a list shows of them.
    """
    sample = {each.id for each in kept.sample}
    for customer in customers:
        whole = row_of(customer, kept.shards)
        for index, name in kept.tables.items():
            if index == _SORT:
                is_whole = kept.count < _LARGE or customer.id in sample
                yield name, whole if is_whole else {each: whole[each] for each in _LISTED}
            elif _OF_SEARCH[index] in whole:
                shown = ("pk", "sk", "id", "list_partition", _OF_SEARCH[index])
                yield name, {each: whole[each] for each in shown}


def _claims(kept: Kept) -> Iterator[Row]:
    for customer in kept.sample:
        for identity in customer.identities():
            yield {**keys.of_claim(MERCHANT, identity), **row({"holder": customer.id})}


if __name__ == "__main__":
    sys.exit(run("growth", measure))
