"""Contract of `ports.CustomerLists` for every adapter."""

from dataclasses import replace
from typing import get_args

import pytest

from crm.domain.customers.customer import Address
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import stamp
from crm.domain.lists.conditions import Conditions
from crm.domain.lists.pages import ListQuery
from crm.domain.lists.sorting import SortKey
from crm.ports.customers import Customers
from crm.ports.lists import CustomerLists
from tests.builders import MERCHANT, OTHER_MERCHANT, a_customer, customer_id, moment

SORTS = get_args(SortKey)


def _walk(lists: CustomerLists, query: ListQuery) -> list[CustomerId]:
    seen: list[CustomerId] = []
    while True:
        page = lists.page(MERCHANT, query)
        seen += [each.customer.id for each in page.items]
        if page.next is None:
            return seen
        query = replace(query, after=page.next)


def _metrics(number: int) -> Metrics:
    """Return metrics with many ties; every third customer has no orders."""
    if number % 3 == 0:
        return Metrics()
    return Metrics(
        order_count=number % 4,
        total_spent=(number % 5) * 1_000,
        debt=number % 2,
        last_order_at=stamp(moment(number // 2)),
    )


@pytest.mark.req("001-15", "001-16", "001-17", "001-18", "001-19")
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("direction", ["ascending", "descending"])
def test_pages_show_every_customer_once_in_order_with_ties_by_id(
    customers: Customers, lists: CustomerLists, sort: SortKey, direction: str
) -> None:
    descending = direction == "descending"
    everyone = [a_customer(number, metrics=_metrics(number)) for number in range(1, 18)]
    customers.add_all(MERCHANT, everyone)
    expected = sorted(
        everyone,
        key=lambda each: (
            each.updated_at
            if sort == "updated_at"
            else getattr(each.metrics, sort) or ("0000" if sort == "last_order_at" else 0),
            each.id,
        ),
        reverse=descending,
    )

    seen = _walk(lists, ListQuery(sort=sort, descending=descending, limit=5))

    assert seen == [each.id for each in expected]


def test_a_list_without_customers_is_empty(lists: CustomerLists) -> None:
    page = lists.page(MERCHANT, ListQuery())

    assert (page.items, page.next) == ((), None)


def test_a_list_shows_no_other_merchants_customers(
    customers: Customers, lists: CustomerLists
) -> None:
    customers.add(MERCHANT, a_customer())

    assert lists.page(OTHER_MERCHANT, ListQuery()).items == ()


@pytest.mark.req("D1")
def test_archived_customers_have_a_separate_list(
    customers: Customers, lists: CustomerLists
) -> None:
    anh = a_customer(1)
    customers.add(MERCHANT, anh)
    customers.add(MERCHANT, a_customer(2))
    customers.update(MERCHANT, anh, anh.moved_to("archived", stamp(moment(5))))

    assert _walk(lists, ListQuery()) == [customer_id(2)]
    (archived,) = lists.page(MERCHANT, ListQuery(conditions=Conditions(archived=True))).items
    assert archived.customer.id == anh.id
    assert archived.customer.status == "archived"


def test_a_listed_customer_shows_its_columns(customers: Customers, lists: CustomerLists) -> None:
    anh = a_customer(
        phone="+84912345678",
        tags=("sỉ",),
        metrics=_metrics(4),
        addresses=(
            Address(id="a", line="12 Lý Thường Kiệt", province_code="01", is_default=True),
        ),
    )
    customers.add(MERCHANT, anh)

    (listed,) = lists.page(MERCHANT, ListQuery()).items

    assert listed.customer.phone == "+84912345678"
    assert listed.customer.tags == ("sỉ",)
    assert listed.customer.metrics == _metrics(4)
    assert listed.default_address == "12 Lý Thường Kiệt"
    assert listed.province_code == "01"
