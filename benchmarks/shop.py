"""A merchant's customers in a table with all indexes, with a client that counts units."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import boto3

from benchmarks.floor import Indexes, Item, reading, writing
from benchmarks.meter import Change, Meter
from benchmarks.populations import MERCHANT, rows_beside, write_all
from benchmarks.reporting import Cell, Target
from crm.aws.customers.customers import DynamoCustomers
from crm.aws.customers.rows import row_of
from crm.aws.customers.shards import DynamoShards
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.table import Table as DynamoTable
from crm.aws.lists.lists import DynamoCustomerLists
from crm.aws.lists.search import DynamoCustomerSearch
from crm.aws.loyalty.loyalty import DynamoRewards
from crm.aws.merchants.merchants import DynamoMerchants
from crm.aws.orders.changesets import DynamoChangesets
from crm.domain.customers.customer import Customer
from tests.engines.tables import definitions, make_tables
from tests.order_builders import HOA

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_READS_AT_MOST, _WRITES_AT_MOST = 1.25, 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """The least cost of an operation: round trips and read units, and the rows it must write.

    `written` selects, of the changed rows, those that the operation promises.
    """

    trips: int
    reads: float
    written: Callable[[Change], bool] = lambda _: True
    more_writes: float = 0


class Shop:
    """Customers in a table with all indexes, with a metered client."""

    def __init__(self, address: str, customers: Sequence[Customer]) -> None:
        client, self.beside = _client(address), _client(address)
        self.name = make_tables(client).main
        rows = chain(map(row_of, customers), rows_beside(customers))
        with ThreadPoolExecutor(2) as pool:
            write_all(client, [(self.name, each) for each in rows], pool)
        self.people = customers
        self.meter = Meter(client, self.beside)
        self.table = DynamoTable(client, self.name)
        shards = DynamoShards(self.table, seconds=3_600)
        self.customers = DynamoCustomers(self.table, shards)
        self.lists = DynamoCustomerLists(self.table, shards)
        self.search = DynamoCustomerSearch(self.table, shards)
        self.changesets = DynamoChangesets(self.table, shards)
        self.rewards = DynamoRewards(self.table)
        DynamoMerchants(self.table).add(MERCHANT, HOA)
        shards.of(MERCHANT)
        self.indexes = Indexes(definitions()["Table"])
        self.lines: list[list[Cell]] = []
        self.targets: list[Target] = []

    def rows(self, *row_keys: keys.Key, consistent: bool = True) -> float:
        """Return the units of reading rows, whether they exist or not."""
        return reading(map(self.row, row_keys), consistent=consistent)

    def row(self, key: keys.Key) -> Item | None:
        """Read a row without counting it."""
        return self.beside.get_item(TableName=self.name, Key=key).get("Item")

    def measure(
        self,
        what: str,
        act: Callable[[], object],
        least: Least,
        *,
        share: float = 1,
        reasons: Sequence[str] = ("", ""),
    ) -> None:
        """Run an operation once; add its cost, or a share of it, and the least to the table."""
        meter = self.meter
        meter.reset()
        act()
        promised = [change for change in meter.changes if least.written(change)]
        alone = len(promised) == 1
        floor = writing(promised, self.indexes, together=not alone) + least.more_writes
        reads, writes = meter.read_units / share, meter.write_units / share
        least_reads, least_writes = least.reads / share, floor / share
        least_trips = least.trips + bool(promised) + bool(least.more_writes)
        trips: list[Cell] = (
            [meter.trips, least_trips] if share == 1 else [round(meter.trips / share, 4), None]
        )
        self.lines.append(
            [
                what,
                *trips,
                round(reads, 3),
                round(least_reads, 3),
                round(writes, 3),
                round(least_writes, 3),
                round(meter.reported_units / share, 3),
                round(meter.sent / share),
                round(meter.received / share),
            ]
        )
        for kind, figure, least_units, limit, reason in (
            ("reads", reads, least_reads, _READS_AT_MOST, reasons[0]),
            ("writes", writes, least_writes, _WRITES_AT_MOST, reasons[1]),
        ):
            if least_units:
                ratio = figure / least_units
                self.targets.append(
                    Target(f"{what}, {kind} ÷ least", round(ratio, 3), limit, reason=reason)
                )


def _client(address: str) -> "DynamoDBClient":
    return boto3.client("dynamodb", endpoint_url=address)
