"""Each filter lists the customers who meet it, and no two filters list the same ones."""

from dataclasses import fields
from itertools import combinations
from typing import Any

import pytest

from crm.domain.lists.filters import FILTERS, Filter, conditions_of, filter_from_json
from crm.domain.lists.pages import ListQuery
from crm.ports.customers import Customers
from crm.ports.lists import CustomerLists, Facets
from tests.builders import MERCHANT
from tests.contract.lists.filter_samples import SAMPLES, expectations, sampled_customers
from tests.contract.lists.list_model import TODAY, ZONE, changes_of
from tests.fakes.customers import InMemoryCustomers


def _shown(lists: CustomerLists, name: str, value: Any) -> set[str]:
    conditions = conditions_of(filter_from_json({name: value}), today=TODAY, zone=ZONE)
    page = lists.page(MERCHANT, ListQuery(conditions=conditions, limit=1_000))
    assert page.next is None
    return {each.customer.id for each in page.items}


def _in_memory() -> InMemoryCustomers:
    customers = InMemoryCustomers()
    customers.add_all(MERCHANT, sampled_customers())
    return customers


def test_every_criterion_has_a_specification_and_a_sample() -> None:
    specified = [spec.name for spec in FILTERS]

    assert [each.name for each in fields(Filter)] == specified
    assert [*SAMPLES] == specified


@pytest.mark.req("001-16", "002-02", "003-02")
def test_every_filter_lists_who_meets_it_and_nobody_else(
    customers: Customers, lists: CustomerLists, facets: Facets
) -> None:
    in_memory, everyone = _in_memory(), sampled_customers()
    customers.add_all(MERCHANT, everyone)
    facets.move(MERCHANT, changes_of(everyone))

    for name, value, listed, missed in expectations():
        shown = _shown(lists, name, value)
        assert (listed.id in shown, missed.id in shown) == (True, False), (name, value)
        assert shown == _shown(in_memory, name, value), (name, value)


def test_exactly_the_filters_by_day_depend_on_the_merchants_zone() -> None:
    for spec in FILTERS:
        criteria = filter_from_json({spec.name: SAMPLES[spec.name].value})
        in_hanoi, in_lisbon = (
            conditions_of(criteria, today=TODAY, zone=zone)
            for zone in ("Asia/Ho_Chi_Minh", "Europe/Lisbon")
        )
        assert (in_hanoi != in_lisbon) is spec.by_day, spec.name
        assert criteria.needs_days is spec.by_day, spec.name


def test_no_two_filters_list_the_same_customers() -> None:
    in_memory = _in_memory()
    shown = {name: _shown(in_memory, name, sample.value) for name, sample in SAMPLES.items()}

    same = [pair for pair in combinations(shown, 2) if shown[pair[0]] == shown[pair[1]]]

    assert same == []
