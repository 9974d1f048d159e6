"""Lists of every filter, order and page size, compared with a model in plain Python."""

from dataclasses import replace
from random import Random
from typing import get_args

import pytest

from crm.aws.customers.customers import DynamoCustomers
from crm.aws.customers.shards import DynamoShards
from crm.aws.dynamodb.table import Table
from crm.aws.lists.facets import DynamoFacets
from crm.aws.lists.lists import DynamoCustomerLists
from crm.domain.customers.customer import Customer
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.times import stamp
from crm.domain.lists.filters import FILTERS, Filter, Segment, conditions_of, read_filter
from crm.domain.lists.pages import ListQuery
from crm.domain.lists.plans import MOST_MEMBERS
from crm.domain.values.administrative_units import units
from crm.ports.customers import Customers
from crm.ports.lists import CustomerLists, Facets
from tests.builders import MERCHANT, a_customer, moment
from tests.contract.lists.list_model import (
    TODAY,
    ZONE,
    GeneratedList,
    changes_of,
    expected,
    generated_customers,
    generated_lists,
)
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.facets import InMemoryFacets

LISTS = 300
CUSTOMERS = 50


def _shown(lists: CustomerLists, wanted: GeneratedList) -> tuple[list[str], set[str]]:
    """Read all pages of a list; return the ids and the names of the plans."""
    query = ListQuery(
        sort=wanted.sort,
        descending=wanted.descending,
        conditions=conditions_of(wanted.criteria, today=TODAY, zone=ZONE),
        limit=wanted.limit,
    )
    ids: list[str] = []
    plans: set[str] = set()
    for _ in range(10 * CUSTOMERS):
        page = lists.page(MERCHANT, query)
        assert len(page.items) <= wanted.limit
        ids += [each.customer.id for each in page.items]
        plans.add(page.plan.name)
        if page.next is None:
            return ids, plans
        query = replace(query, after=page.next)
    raise AssertionError("the list does not end")


def _by_update(criteria: Filter) -> GeneratedList:
    return GeneratedList(criteria, "updated_at", descending=False, limit=50)


def _keep(customers: Customers, facets: Facets, generated: list[Customer]) -> None:
    customers.add_all(MERCHANT, generated)
    facets.move(MERCHANT, changes_of(generated))


@pytest.mark.req("001-15", "001-16", "001-17", "001-18", "001-19", "002-02", "003-02")
def test_generated_lists_show_what_the_model_shows(
    customers: InMemoryCustomers | DynamoCustomers,
    lists: CustomerLists,
    facets: InMemoryFacets | DynamoFacets,
) -> None:
    dice = Random(4)
    generated = generated_customers(dice, CUSTOMERS)
    _keep(customers, facets, generated)
    plans: set[str] = set()
    named: set[str] = set()

    for wanted in generated_lists(dice, LISTS):
        shown, used = _shown(lists, wanted)
        plans |= used
        named |= wanted.criteria.to_json().keys()
        assert shown == expected(generated, wanted), wanted

    assert named == {spec.name for spec in FILTERS}
    in_memory = isinstance(customers, InMemoryCustomers)
    assert plans - {"nothing"} == ({"walk"} if in_memory else {"range", "facet", "walk"})


@pytest.mark.req("002-05", "002-06", "002-15", "D9")
def test_segments_exclude_customers_without_orders_and_lapse_after_thirty_days(
    customers: Customers, lists: CustomerLists
) -> None:
    def bought(number: int, days_ago: int) -> Customer:
        at = stamp(moment(-days_ago * 24 * 60))
        return a_customer(number, metrics=Metrics(order_count=1, last_order_at=at))

    generated = [bought(n, days) for n, days in enumerate((0, 7, 8, 30, 31), start=1)]
    customers.add_all(MERCHANT, [*generated, a_customer(6)])
    segments = {
        name: _shown(lists, _by_update(Filter(segment=name)))[0] for name in get_args(Segment)
    }

    ids = [each.id for each in generated]
    assert segments == {"bought_7d": ids[:2], "bought_30d": ids[:4], "lapsed": ids[4:]}


@pytest.mark.req("B-11")
def test_a_split_ward_finds_the_addresses_in_all_its_parts(
    customers: Customers, lists: CustomerLists, facets: Facets
) -> None:
    generated = generated_customers(Random(9), 40)
    _keep(customers, facets, generated)

    criteria = read_filter({"ward_code": "Phường Hàng Trống", "province_code": "Hà Nội"})
    shown, _ = _shown(lists, _by_update(criteria))

    codes = units().codes_named("Phường Hàng Trống", "Hà Nội")
    assert len(codes) > 1
    wanted = [
        each.id
        for each in generated
        if each.status == "active"
        and each.default_address
        and each.default_address.ward_code in codes
    ]
    assert sorted(shown) == sorted(wanted)


def test_unchanged_customers_are_shown_once_while_others_are_written(
    customers: Customers, lists: CustomerLists
) -> None:
    dice = Random(11)
    generated = [a_customer(n, metrics=Metrics(order_count=n % 3, debt=n)) for n in range(1, 41)]
    customers.add_all(MERCHANT, generated)
    still = {each.id for each in generated[::2]}
    moving = dict(enumerate(generated[1::2]))
    query = ListQuery(sort="updated_at", descending=dice.choice((True, False)), limit=3)
    seen: list[str] = []
    for step in range(200):
        page = lists.page(MERCHANT, query)
        seen += [each.customer.id for each in page.items if each.customer.id in still]
        if page.next is None:
            break
        query = replace(query, after=page.next)
        place = dice.randrange(len(moving))
        before = moving[place]
        after = replace(
            before,
            note=str(step),
            version=before.version + 1,
            updated_at=stamp(moment(dice.randrange(60))),
        )
        customers.update(MERCHANT, before, after)
        moving[place] = after

    assert sorted(seen) == sorted(still)


@pytest.fixture
def sharded(engine: Table | None) -> tuple[DynamoCustomers, DynamoCustomerLists, DynamoShards]:
    """Return customers and lists that read the number of shards without a cache."""
    table = engine
    assert table is not None
    shards = DynamoShards(table, seconds=0)
    return DynamoCustomers(table, shards), DynamoCustomerLists(table, shards), shards


@pytest.mark.parametrize("engine", ["dynamodb local"], indirect=True)
def test_lists_are_complete_before_during_and_after_resharding(
    sharded: tuple[DynamoCustomers, DynamoCustomerLists, DynamoShards], engine: Table
) -> None:
    customers, lists, shards = sharded
    dice = Random(5)
    generated = generated_customers(dice, 30)
    _keep(customers, DynamoFacets(engine), generated)
    wanted = list(generated_lists(dice, 6))

    def check() -> None:
        for each in wanted:
            assert _shown(lists, each)[0] == expected(generated, each), each

    for target in (4, 2):
        shards.begin(MERCHANT, target)
        shards.open(MERCHANT, target)
        newcomer = a_customer(1000 + target, metrics=Metrics(order_count=target))
        customers.add(MERCHANT, newcomer)
        generated.append(newcomer)
        for bucket in range(16):
            after = shards.move(MERCHANT, f"{bucket:02x}", target, None)
            while after is not None:
                after = shards.move(MERCHANT, f"{bucket:02x}", target, after)
            if bucket == 8:
                check()
        shards.finish(MERCHANT, target)
        check()
        assert shards.now(MERCHANT).count == target


@pytest.mark.parametrize("engine", ["dynamodb local"], indirect=True)
def test_a_facet_too_large_to_sort_is_walked(engine: Table) -> None:
    customers, lists = DynamoCustomers(engine), DynamoCustomerLists(engine)
    count = MOST_MEMBERS + 10
    generated = [a_customer(n, tags=("sỉ",)) for n in range(1, count + 1)]
    customers.add_all(MERCHANT, generated)
    DynamoFacets(engine).move(MERCHANT, changes_of(generated))

    page = lists.page(
        MERCHANT, ListQuery(conditions=conditions_of(Filter(tag=("sỉ",)), today=TODAY, zone=ZONE))
    )

    assert (page.plan.name, len(page.items)) == ("walk", 50)
    assert page.rows_read < 1_000
