"""Costs of lists and search on DynamoDB Local, with the benchmark's customers."""

from itertools import islice, permutations
from random import Random
from typing import get_args

import pytest

from benchmarks.populations import MERCHANT, NOW, RARE_TAG, population
from benchmarks.shop import Shop
from crm.domain.kernel.times import DEFAULT_ZONE
from crm.domain.lists.filters import Filter, conditions_of
from crm.domain.lists.pages import ListQuery
from crm.domain.lists.search import search_of
from crm.domain.lists.sorting import SortKey
from crm.domain.values.names import folded
from crm.domain.values.phones import national


@pytest.fixture(scope="module")
def shop(dynamodb_local: str) -> Shop:
    """Return a metered shop of 400 customers, 50 of whom have a tag."""
    return Shop(dynamodb_local, list(population(400)))


@pytest.mark.parametrize("sort", get_args(SortKey))
def test_a_page_of_fifty_costs_at_most_six_units(shop: Shop, sort: SortKey) -> None:
    units = []
    query = ListQuery(sort=sort, limit=50)
    for _ in range(6):
        shop.meter.reset()
        page = shop.lists.page(MERCHANT, query)
        units.append(shop.meter.read_units)
        query = ListQuery(sort=sort, limit=50, after=page.next)

    assert 3 <= max(units) <= 6


def test_a_tag_of_fifty_customers_reads_a_hundred_rows(shop: Shop) -> None:
    tagged = conditions_of(Filter(tag=(RARE_TAG,)), today=NOW.date(), zone=DEFAULT_ZONE)
    shop.meter.reset()

    page = shop.lists.page(MERCHANT, ListQuery(conditions=tagged, limit=50))

    assert len(page.items) == 50
    assert (shop.meter.rows, shop.meter.read_units < 30) == (100, True)


@pytest.mark.req("B-10")
def test_a_search_costs_at_most_thirty_units_and_loses_nobody_silently(shop: Shop) -> None:
    dice = Random(3)
    units, lost = [], []
    for customer in dice.sample(list(shop.people), 15):
        words = folded(customer.full_name or "").split()
        phone = national(customer.phone or "")
        typed = [" ".join(dice.choice(list(islice(permutations(words), 24)))), phone]
        typed += [f"{words[-1]} {words[0]}", phone[-6:], phone[-4:], (customer.email or "")[:12]]
        for each in filter(None, typed):
            shop.meter.reset()
            found = shop.search.find(MERCHANT, search_of(each), 20)
            # As the engine reports them, since a search spends its budget by those.
            units.append(shop.meter.reported_units)
            seen = any(listed.customer.id == customer.id for listed in found.items)
            lost += [each] if not seen and not found.truncated else []

    assert max(units) <= 30
    assert lost == []
