"""Duplicate detection: precision and recall for planted duplicates, and the cost of a write."""

import sys
from collections import Counter
from collections.abc import Sequence
from random import Random
from time import perf_counter

import boto3

from benchmarks import Size
from benchmarks.meter import Meter
from benchmarks.reporting import Result, Table, Target, run
from crm.aws.customers.customers import DynamoCustomers
from crm.aws.duplicates.blocking_keys import DynamoBlockingKeyIndex
from crm.aws.duplicates.pairs import DynamoPairs
from crm.aws.dynamodb.table import Table as DynamoTable
from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import Customer
from crm.domain.duplicates.scoring import EXACT_FROM, LIKELY_FROM
from crm.usecases.duplicates.detection import DetectionPorts, detect_duplicates
from gates import handlers
from tests.builders import MERCHANT, moment
from tests.duplicate_customers import duplicate_customers
from tests.engines.dynamodb_local import running
from tests.engines.tables import make_tables
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.duplicates import InMemoryBlockingKeyIndex, InMemoryPairs

#: Customers, duplicates among them, generated datasets, customers whose cost is measured.
_SIZES = {
    "tiny": (400, 20, 1, 20),
    "quick": (20_000, 1_000, 1, 400),
    "full": (20_000, 1_000, 5, 2_000),
}
_SEED = 2026
_RECORDS_A_BATCH = 100
_MOST_UNITS = 12.0


def measure(size: Size) -> Result:
    """Detect planted duplicates in some datasets, and measure the units of a record."""
    count, duplicates, datasets, metered = _SIZES[size]
    found = [_Detected(count, duplicates, _SEED + number) for number in range(datasets)]
    kinds = sum((each.missed for each in found), Counter[str]())
    planted = sum((each.planted for each in found), Counter[str]())
    reads, writes, calls = _mean_costs(
        duplicate_customers(metered, metered // 20, _SEED).customers
    )
    return Result(
        tables=(
            Table(
                f"{count:,} customers with {duplicates:,} duplicates among them",
                ("dataset", "likely", "right", "precision", "recall", "exact", "exact right", "s"),
                [(number, *each.row) for number, each in enumerate(found, start=1)],
            ),
            Table(
                "Recall by kind of duplicate",
                ("kind", "planted", "found"),
                [(kind, many, many - kinds[kind]) for kind, many in planted.most_common()],
            ),
            Table(
                f"Cost of a new customer's record, mean of {metered}, every twentieth a pair",
                ("read units", "write units", "round trips"),
                [(reads, writes, calls)],
            ),
        ),
        targets=(
            Target("precision", min(each.precision for each in found), 0.95, "at least"),
            Target("recall", min(each.recall for each in found), 0.95, "at least"),
            Target("read units a record", reads, _MOST_UNITS),
            Target("write units a record", writes, _MOST_UNITS),
        ),
        notes=(
            "Pairs count as found from 60 points on.",
            "Four in a hundred duplicates are hopeless: a nickname, or a slip and a new phone.",
            "Near-misses: families, namesakes, neighbours, fathers and sons, walk-in customers.",
        ),
    )


class _Detected:
    """Duplicates detected in one dataset."""

    def __init__(self, count: int, duplicates: int, seed: int) -> None:
        dataset = duplicate_customers(count, duplicates, seed)
        customers = InMemoryCustomers()
        for each in dataset.customers:
            customers.add(MERCHANT, each, allow_duplicate=True)
        pairs = InMemoryPairs()
        records = _records(dataset.customers)
        Random(seed).shuffle(records)  # noqa: S311 - nothing here is secret
        began = perf_counter()
        _detect(records, DetectionPorts(customers, InMemoryBlockingKeyIndex(customers), pairs))
        seconds = round(perf_counter() - began, 2)
        scores = {pair: score for pair, (_, score) in pairs.listed(MERCHANT).items()}
        likely = {pair for pair, score in scores.items() if score >= LIKELY_FROM}
        exact = {pair for pair, score in scores.items() if score >= EXACT_FROM}
        right = likely & dataset.planted.keys()
        self.precision = round(len(right) / len(likely), 4)
        self.recall = round(len(right) / len(dataset.planted), 4)
        self.planted = Counter(dataset.planted.values())
        self.missed = Counter(kind for pair, kind in dataset.planted.items() if pair not in likely)
        self.row = (
            *(len(likely), len(right), self.precision, self.recall),
            *(len(exact), len(exact & dataset.planted.keys()), seconds),
        )


def _mean_costs(customers: Sequence[Customer]) -> tuple[float, float, float]:
    """Return the mean units and round trips of a record on DynamoDB Local, in batches."""
    handlers.remove_aws_account()
    with running() as address:
        client, beside = (boto3.client("dynamodb", endpoint_url=address) for _ in range(2))
        name = make_tables(client).main
        stored = DynamoCustomers(DynamoTable(client, name))
        for each in customers:
            stored.add(MERCHANT, each, allow_duplicate=True)
        meter = Meter(client, beside)
        table = DynamoTable(client, name)
        _detect(
            _records(customers),
            DetectionPorts(stored, DynamoBlockingKeyIndex(table), DynamoPairs(table)),
        )
        many = len(customers)
        return (
            round(meter.read_units / many, 2),
            round(meter.write_units / many, 2),
            round(meter.trips / many, 2),
        )


def _records(customers: Sequence[Customer]) -> list[CustomerChange]:
    return [
        CustomerChange(MERCHANT, each.id, "00", f"{number:040}", None, each)
        for number, each in enumerate(customers)
    ]


def _detect(records: Sequence[CustomerChange], detection: DetectionPorts) -> None:
    for start in range(0, len(records), _RECORDS_A_BATCH):
        some = records[start : start + _RECORDS_A_BATCH]
        detect_duplicates(some, (), now=moment(), detection=detection)


if __name__ == "__main__":
    sys.exit(run("duplicates", measure))
