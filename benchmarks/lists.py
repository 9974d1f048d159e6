"""Lists and search on DynamoDB Local, as the book grows: read units, rows read and time.

python -m benchmarks.lists                one merchant with 1,000, 10,000 and 100,000 customers
python -m benchmarks.lists 300 1000       other sizes

Each sort index is measured in a table that has no other: DynamoDB Local 3.3.0 looks up only the
first of several indexes that share their partition's attribute and have two sort attributes, and
sorts the whole partition for the others (by_debt of 100,000: 445 ms, alone 10). AWS does not.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import batched, islice, permutations
from random import Random
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, get_args
from uuid import uuid4

import boto3

from benchmarks import report
from crm.aws import keys
from crm.aws.attributes import row
from crm.aws.customer_lists import DynamoCustomerLists
from crm.aws.customer_rows import row_of
from crm.aws.customer_search import DynamoCustomerSearch
from crm.aws.table import Table
from crm.domain.customer import Address, Author, Consent, Customer, Membership, Points
from crm.domain.filters import Filter, conditions_of
from crm.domain.ids import CustomerId, MerchantId, derived_ulid
from crm.domain.list_pages import ListQuery
from crm.domain.lists import SortKey
from crm.domain.metrics import Metrics
from crm.domain.names import folded, read_name
from crm.domain.phones import national, read_phone
from crm.domain.searching import search_of
from crm.domain.times import DEFAULT_ZONE, stamp
from gates import handlers
from local.demo_people import people
from tests.engines.dynamodb_local import running
from tests.engines.tables import definitions, make_tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SIZES = (1_000, 10_000, 100_000)
MERCHANT = MerchantId("m-1")
NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
RARE_TAG, RARE = "sỉ lớn", 50
_PAGE = 50
_ROUNDS = 101
_SEARCHES = 15
_SEARCH_INDEXES = ("by_name", "by_given_name", "by_phone_suffix", "by_email")
_ROWS_A_WRITE = 25
_WRITERS = 2
_UNITS_A_PAGE, _GROWTH, _ROWS_OF_A_TAG, _UNITS_A_SEARCH = 6.0, 1.3, 100, 30.0


@dataclass
class Meter:
    """What the calls of a client cost since it was last set to nought."""

    units: float = 0
    rows: int = 0

    def reset(self) -> None:
        """Start again."""
        self.units, self.rows = 0, 0

    def watch(self, client: "DynamoDBClient") -> None:
        """Have every call tell what it consumed."""
        events = client.meta.events
        for operation in ("Query", "GetItem", "BatchGetItem"):
            asking: Any = self._ask  # botocore takes what it returns, its stubs do not
            events.register(f"provide-client-params.dynamodb.{operation}", asking)
            events.register(f"after-call.dynamodb.{operation}", self._count)

    def _ask(self, params: dict[str, Any], **_: object) -> dict[str, Any]:
        return {**params, "ReturnConsumedCapacity": "TOTAL"}

    def _count(self, parsed: dict[str, Any], **_: object) -> None:
        told = parsed.get("ConsumedCapacity", [])
        for each in told if isinstance(told, list) else [told]:
            self.units += each["CapacityUnits"]
        found = parsed.get("Responses", {})
        self.rows += parsed.get("ScannedCount", int("Item" in parsed))
        self.rows += sum(map(len, found.values()))


def book(count: int, seed: int = 7) -> Iterator[Customer]:
    """Give customers as a shop has them, with most of what can be known of one.

    Two of three have bought, a few owe, some have tags.
    """
    dice = Random(seed)  # noqa: S311 - generated data
    rare = set(dice.sample(range(count), min(RARE, count)))
    for number, person in enumerate(people(count)):
        at = NOW - timedelta(minutes=dice.randrange(500_000))
        orders = max(0, int(dice.gauss(2, 3)))
        name = read_name(full=person["full_name"])
        tags = ["khách quen"] if dice.random() < 0.3 else []  # noqa: PLR2004
        yield Customer(
            merchant_id=MERCHANT,
            id=CustomerId(derived_ulid(at, str(number))),
            code=f"KH{number + 1:06}",
            full_name=name.full,
            family_name=name.family,
            given_name=name.given,
            phone=read_phone(person["phone"]).e164,
            email=person.get("email"),
            birthday=person.get("birthday"),
            gender=person.get("gender"),  # type: ignore[arg-type]
            group=dice.choice((None, "vip", "new", "loyal")),
            tags=tuple([*tags, RARE_TAG] if number in rare else tags),
            source="import",
            card_code=f"TV{number:06}",
            external_ids={"haravan": str(1_000_000 + number)},
            marketing_consent=Consent(accepted=True, at=stamp(at), source="pos"),
            has_account=True,
            membership=Membership(stamp(at), "gold", 75, Points(60, 15, 30, 5)),
            addresses=(
                Address(
                    id="a",
                    line=f"{number % 300} Lý Thường Kiệt",
                    ward="Phường Cửa Nam",
                    ward_code="00082",
                    province="Hà Nội",
                    province_code="01",
                    is_default=True,
                ),
            ),
            metrics=Metrics(
                order_count=orders,
                total_spent=orders * dice.randrange(50_000, 900_000, 1_000),
                open_checkout_count=orders % 2,
                median_days_between_orders=12 if orders > 1 else None,
                first_order_at=stamp(at) if orders else None,
                last_order_at=stamp(NOW - timedelta(minutes=dice.randrange(200_000)))
                if orders
                else None,
                debt=dice.randrange(0, 900_000, 1_000) if dice.random() < 0.1 else 0,  # noqa: PLR2004
            ),
            created_at=stamp(at),
            updated_at=stamp(at + timedelta(minutes=dice.randrange(1_000))),
            created_by=Author("import", "01J"),
        )


def load(client: "DynamoDBClient", name: str, customers: Sequence[Customer]) -> None:
    """Write the rows of customers, their tags and how many there are."""
    tags = [
        {**keys.of_tag_member(MERCHANT, tag, each.id), **row({"id": each.id})}
        for each in customers
        for tag in each.tags
    ]
    counts: dict[str, int] = {}
    for each in customers:
        for tag in each.tags:
            counts[tag] = counts.get(tag, 0) + 1
    counted = [
        {**keys.of_count(MERCHANT, "tag", tag), **row({"n": n})} for tag, n in counts.items()
    ]
    codes = {**keys.of_code_counter(MERCHANT), **row({"last": len(customers)})}
    rows = [*map(row_of, customers), *tags, *counted, codes]

    def write(some: Sequence[Any]) -> None:
        waiting: Any = {name: [{"PutRequest": {"Item": item}} for item in some]}
        while waiting:
            waiting = client.batch_write_item(RequestItems=waiting)["UnprocessedItems"]

    with ThreadPoolExecutor(_WRITERS) as pool:
        for _ in pool.map(write, batched(rows, _ROWS_A_WRITE, strict=False)):
            pass


class Measured:
    """One book in one table, with all of the template's indexes or some, and what it costs."""

    def __init__(
        self, client: "DynamoDBClient", customers: Sequence[Customer], *indexes: str
    ) -> None:
        self.meter = Meter()
        self._customers = customers
        name = _make_table(client, indexes) if indexes else make_tables(client).main
        load(client, name, customers)
        self.meter.watch(client)
        table = Table(client, name)
        self._lists, self._search = DynamoCustomerLists(table), DynamoCustomerSearch(table)

    def pages(self, sort: SortKey) -> Iterator[tuple[float, float]]:
        """Give the read units and the milliseconds of one page after the other."""
        query = ListQuery(sort=sort, limit=_PAGE)
        while True:
            self.meter.reset()
            began = perf_counter()
            page = self._lists.page(MERCHANT, query)
            yield self.meter.units, (perf_counter() - began) * 1_000
            query = replace(query, after=page.next)

    def rare_tag(self) -> tuple[int, float]:
        """Return the rows and units of a list of the customers with a rare tag."""
        conditions = conditions_of(Filter(tag=(RARE_TAG,)), today=NOW.date(), zone=DEFAULT_ZONE)
        self.meter.reset()
        page = self._lists.page(MERCHANT, ListQuery(conditions=conditions, limit=_PAGE))
        if len(page.items) != min(RARE, len(self._customers)):
            raise AssertionError(f"{len(page.items)} customers with the tag")
        return self.meter.rows, self.meter.units

    def searches(self) -> dict[str, float]:
        """Return the most units of a search, its median time, and how many were not found."""
        dice = Random(3)  # noqa: S311 - generated data
        self._search.find(MERCHANT, search_of("warm"), 1)
        units, times, lost, cut = [], [], 0, 0
        asked = 0
        for customer in dice.sample(list(self._customers), min(_SEARCHES, len(self._customers))):
            for typed in _typed(customer, dice):
                asked += 1
                self.meter.reset()
                began = perf_counter()
                found = self._search.find(MERCHANT, search_of(typed), 20)
                times.append(perf_counter() - began)
                units.append(self.meter.units)
                seen = any(each.customer.id == customer.id for each in found.items)
                lost += not seen and not found.truncated
                cut += found.truncated
        return {
            "search, most units": max(units),
            "search, p50 ms": round(median(times) * 1_000, 2),
            "search, lost without saying so": lost,
            "search, % that say there is more": round(100 * cut / asked, 1),
        }


def _typed(customer: Customer, dice: Random) -> Iterator[str]:
    """Give what a cashier may type to find a customer."""
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


def main(sizes: Sequence[int] = SIZES) -> int:
    """Measure every size, largest last; the goals are those of the issue."""
    handlers.leave_aws()
    figures: dict[str, float] = {}
    goals: dict[str, tuple[float, float]] = {}
    sorts: tuple[SortKey, ...] = get_args(SortKey)
    books = {size: list(book(size)) for size in sizes}
    for sort in sorts:
        for size, (units, milliseconds) in _pages(books, sort).items():
            units_of = f"{size:,} by {sort}, units of a page"
            figures |= {units_of: units, _p50_of(size, sort): round(milliseconds, 2)}
            goals[units_of] = (units, _UNITS_A_PAGE)
        print(f"by {sort} measured", flush=True)
    for size, customers in books.items():
        with running() as address:
            client = boto3.client("dynamodb", endpoint_url=address)
            measured = Measured(client, customers, *_SEARCH_INDEXES)
            rows, tag_units = measured.rare_tag()
            searched = measured.searches()
        rows_of = f"{size:,} rare tag, rows read"
        figures |= {rows_of: rows, f"{size:,} rare tag, units": tag_units}
        figures |= {f"{size:,} {what}": figure for what, figure in searched.items()}
        goals[rows_of] = (rows, _ROWS_OF_A_TAG)
        goals[f"{size:,} search, units"] = (searched["search, most units"], _UNITS_A_SEARCH)
        goals[f"{size:,} search, lost"] = (searched["search, lost without saying so"], 0)
        print(f"search in {size:,} measured", flush=True)
    for sort in sorts:
        growth = figures[_p50_of(sizes[-1], sort)] / figures[_p50_of(sizes[0], sort)]
        goals[f"by {sort}, p50 at {sizes[-1]:,} ÷ {sizes[0]:,}"] = (round(growth, 3), _GROWTH)
    return report("lists" if tuple(sizes) == SIZES else "lists-small", figures, goals)


def _pages(
    books: Mapping[int, Sequence[Customer]], sort: SortKey
) -> dict[int, tuple[float, float]]:
    """Return the most units and the median milliseconds of a page of each book.

    The books take turns, so that whatever else this machine does slows all of them alike.
    """
    with running() as address:
        walks = {
            size: Measured(
                boto3.client("dynamodb", endpoint_url=address), customers, f"by_{sort}"
            ).pages(sort)
            for size, customers in books.items()
        }
        for walk in walks.values():
            next(walk)
        rounds = [{size: next(walk) for size, walk in walks.items()} for _ in range(_ROUNDS)]
    return {
        size: (max(each[size][0] for each in rounds), median(each[size][1] for each in rounds))
        for size in books
    }


def _p50_of(size: int, sort: SortKey) -> str:
    return f"{size:,} by {sort}, p50 ms"


def _make_table(client: "DynamoDBClient", indexes: Sequence[str]) -> str:
    """Make the template's table with some of its indexes alone."""
    definition = dict(definitions()["Table"])
    kept = [each for each in definition["GlobalSecondaryIndexes"] if each["IndexName"] in indexes]
    named = {key["AttributeName"] for each in kept for key in each["KeySchema"]} | {"pk", "sk"}
    definition["GlobalSecondaryIndexes"] = kept
    definition["AttributeDefinitions"] = [
        each for each in definition["AttributeDefinitions"] if each["AttributeName"] in named
    ]
    name = f"Table-{uuid4().hex}"
    client.create_table(TableName=name, **definition)
    return name


if __name__ == "__main__":
    sys.exit(main([int(each) for each in sys.argv[1:]] or SIZES))
