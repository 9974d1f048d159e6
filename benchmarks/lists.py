"""Pages of a list by each sort key, a rare tag and the search box, for growing customer bases.

Each index has its own table, for the reason that `growth` gives.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import batched, islice, permutations
from random import Random
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import boto3
from botocore.config import Config

from benchmarks import Size
from benchmarks.meter import Meter
from benchmarks.populations import (
    MERCHANT,
    NOW,
    RARE,
    RARE_TAG,
    make_table,
    population,
    rows_beside,
    write_all,
)
from benchmarks.reporting import Cell, Result, Table, Target, run
from crm.aws.customers.rows import row_of
from crm.aws.dynamodb.raw_json import use_raw_json
from crm.aws.dynamodb.table import Table as DynamoTable
from crm.aws.lists.lists import DynamoCustomerLists
from crm.aws.lists.search import DynamoCustomerSearch
from crm.domain.customers.customer import Customer
from crm.domain.kernel.times import DEFAULT_ZONE
from crm.domain.lists.filters import Filter, conditions_of
from crm.domain.lists.pages import ListQuery
from crm.domain.lists.search import search_of
from crm.domain.lists.sorting import SortKey
from crm.domain.values.names import folded
from crm.domain.values.phones import national
from gates import handlers
from tests.engines.dynamodb_local import running

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_GROWN = [1_000, 10_000, 100_000]
_SIZES: dict[Size, list[int]] = {"tiny": [60, 120], "quick": _GROWN, "full": _GROWN}
_ROUNDS: dict[Size, int] = {"tiny": 3, "quick": 101, "full": 101}
_SEARCHES: dict[Size, int] = {"tiny": 2, "quick": 15, "full": 15}
_PAGE, _PAGES, _PORTION = 50, 15, 5_000
_SEARCH_INDEXES = ("by_name", "by_given_name", "by_phone_suffix", "by_email")
_UNITS_A_PAGE, _SLOWER, _ROWS_OF_A_TAG, _UNITS_A_SEARCH = 6, 1.3, 100, 30


class SearchCosts(NamedTuple):
    """Costs of searches, misses without `truncated`, and the percentage that was truncated."""

    most_units: float
    p50_ms: float
    missed: int
    truncated: float


def measure(size: Size) -> Result:
    """Measure each size; pages of one sort key alternate between sizes to share the load."""
    handlers.remove_aws_account()
    populations = {count: list(population(count)) for count in _SIZES[size]}
    smallest, *_, largest = populations
    pages: list[list[Cell]] = []
    targets: list[Target] = []
    sorts: tuple[SortKey, ...] = get_args(SortKey)
    for sort in sorts:
        taken = _pages(populations, sort, _ROUNDS[size])
        pages += [[sort, count, units, round(p50, 2)] for count, (units, p50) in taken.items()]
        targets += [
            Target(f"{sort}, units of a page at {count:,}", units, _UNITS_A_PAGE)
            for count, (units, _) in taken.items()
        ]
        slower = round(taken[largest][1] / taken[smallest][1], 2)
        targets.append(Target(f"{sort}, p50 at {largest:,} ÷ at {smallest:,}", slower, _SLOWER))
    found: list[list[Cell]] = []
    for count, customers in populations.items():
        rows, units, searched = _tag_and_search_costs(customers, _SEARCHES[size])
        found.append([count, rows, units, *searched])
        targets += [
            Target(f"a tag of {RARE} in {count:,}, rows read", rows, _ROWS_OF_A_TAG),
            Target(f"search in {count:,}, most units", searched.most_units, _UNITS_A_SEARCH),
            Target(f"search in {count:,}, missed without truncated", searched.missed, 0),
        ]
    return Result(
        [
            Table("A page of 50", ("by", "customers", "most read units", "p50 ms"), pages),
            Table(
                f"A tag of {RARE} customers, and searches",
                (
                    "customers",
                    "tag: rows",
                    "tag: units",
                    "search: most units",
                    "search: p50 ms",
                    "search: missed",
                    "search: % truncated",
                ),
                found,
            ),
        ],
        targets,
    )


def _pages(
    populations: Mapping[int, Sequence[Customer]], sort: SortKey, rounds: int
) -> dict[int, tuple[float, float]]:
    """Return the most units and the median milliseconds of a page for each size."""
    with running(for_long=True) as address:
        walks = {
            count: _walk(address, _filled(address, customers, f"by_{sort}"), sort)
            for count, customers in populations.items()
        }
        for walk in walks.values():
            next(walk)
        taken = [{count: next(walk) for count, walk in walks.items()} for _ in range(rounds)]
    return {
        count: (max(each[count][0] for each in taken), median(each[count][1] for each in taken))
        for count in populations
    }


def _walk(address: str, name: str, sort: SortKey) -> Iterator[tuple[float, float]]:
    """Yield the read units and the milliseconds of each page."""
    client = _client(address)
    meter = Meter(client, _client(address))
    lists = DynamoCustomerLists(DynamoTable(use_raw_json(client), name))
    query = ListQuery(sort=sort, limit=_PAGE)
    for number in range(1, sys.maxsize):
        meter.reset()
        began = perf_counter()
        page = lists.page(MERCHANT, query)
        yield meter.read_units, (perf_counter() - began) * 1_000
        query = replace(query, after=page.next if number % _PAGES else None)


def _tag_and_search_costs(
    customers: Sequence[Customer], searches: int
) -> tuple[int, float, SearchCosts]:
    """Return the rows and units of the list of a rare tag, and the costs of searches."""
    with running(for_long=True) as address:
        name = _filled(address, customers, *_SEARCH_INDEXES)
        metered = _client(address)
        meter = Meter(metered, _client(address))
        conditions = conditions_of(Filter(tag=(RARE_TAG,)), today=NOW.date(), zone=DEFAULT_ZONE)
        page = DynamoCustomerLists(DynamoTable(metered, name)).page(
            MERCHANT, ListQuery(conditions=conditions, limit=_PAGE)
        )
        if len(page.items) != min(RARE, len(customers)):
            raise AssertionError(f"{len(page.items)} customers with the tag")
        rows, units = meter.rows, meter.read_units
        timed = DynamoCustomerSearch(DynamoTable(use_raw_json(_client(address)), name))
        billed = DynamoCustomerSearch(DynamoTable(metered, name))
        return rows, units, _search_costs(customers, searches, timed, billed, meter)


def _search_costs(
    customers: Sequence[Customer],
    searches: int,
    timed: DynamoCustomerSearch,
    billed: DynamoCustomerSearch,
    meter: Meter,
) -> SearchCosts:
    dice = Random(3)  # noqa: S311 - generated data
    timed.find(MERCHANT, search_of("warm"), 1)
    units, times, missed, truncated = [], [], 0, 0
    for customer in dice.sample(list(customers), min(searches, len(customers))):
        for typed in _texts_for(customer, dice):
            meter.reset()
            billed.find(MERCHANT, search_of(typed), 20)
            units.append(meter.read_units)
            began = perf_counter()
            found = timed.find(MERCHANT, search_of(typed), 20)
            times.append(perf_counter() - began)
            seen = any(each.customer.id == customer.id for each in found.items)
            missed += not seen and not found.truncated
            truncated += found.truncated
    return SearchCosts(
        max(units), round(median(times) * 1_000, 2), missed, round(100 * truncated / len(units), 1)
    )


def _texts_for(customer: Customer, dice: Random) -> Iterator[str]:
    """Yield texts that a cashier may type to find a customer."""
    words = folded(customer.full_name or "").split()
    yield " ".join(dice.choice(list(islice(permutations(words), 24))))
    if len(words) > 1:
        yield f"{words[-1]} {dice.choice(words[:-1])}"
    phone = national(customer.phone or "")
    yield phone
    yield phone[-6:]
    yield phone[-4:]
    if customer.email:
        yield customer.email[:12]


def _filled(address: str, customers: Sequence[Customer], *indexes: str) -> str:
    """Return the name of a filled table with only these indexes."""
    client, name = _client(address), f"Book-{len(customers)}-{'-'.join(indexes)}"
    make_table(client, *indexes, name=name)
    with ThreadPoolExecutor(4) as pool:
        for portion in batched(customers, _PORTION, strict=False):
            rows: list[Any] = [row_of(each) for each in portion]
            write_all(client, [(name, each) for each in rows], pool)
        if len(indexes) > 1:
            write_all(client, [(name, each) for each in rows_beside(customers)], pool)
    return name


def _client(address: str) -> "DynamoDBClient":
    config = Config(parameter_validation=False, read_timeout=120)
    return boto3.client("dynamodb", endpoint_url=address, config=config)


if __name__ == "__main__":
    sys.exit(run("lists", measure))
