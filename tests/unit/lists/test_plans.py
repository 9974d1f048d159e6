"""Plans for reading lists."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.kernel.times import DEFAULT_ZONE
from crm.domain.lists.conditions import Conditions
from crm.domain.lists.facets import Facet
from crm.domain.lists.filters import Filter, conditions_of
from crm.domain.lists.plans import (
    FEW_MEMBERS,
    MEMBER_UNITS,
    MOST_MEMBERS,
    ROW_UNITS,
    plan_of,
    small_facet,
    walk_units,
)

SI, VIP = Facet("tag", "sỉ"), Facet("group", "vip")


def _conditions(**criteria: object) -> Conditions:
    filter_ = Filter(**criteria)  # type: ignore[arg-type]
    return conditions_of(filter_, today=date(2026, 11, 22), zone=DEFAULT_ZONE)


def test_a_list_without_filter_reads_one_page() -> None:
    plan = plan_of(Conditions(), "debt", 50, members={}, everyone=10**6)

    assert (plan.name, plan.units) == ("range", 5.8)


def test_a_range_of_the_sort_key_reads_one_page() -> None:
    conditions = _conditions(min_total_spent=1, segment="bought_7d")

    assert plan_of(conditions, "debt", 50, members={}, everyone=9).name == "walk"
    spent = _conditions(min_total_spent=1)
    assert plan_of(spent, "total_spent", 50, members={}, everyone=9).name == "range"
    lately = _conditions(segment="bought_7d")
    assert plan_of(lately, "last_order_at", 50, members={}, everyone=9).name == "range"


def test_contradicting_ranges_read_nothing() -> None:
    conditions = _conditions(segment="lapsed", last_order_from=date(2026, 11, 20))

    assert plan_of(conditions, "debt", 50, members={}, everyone=9).name == "nothing"


def test_the_smaller_of_two_facets_is_read() -> None:
    conditions = _conditions(tag=("sỉ",), group="vip")

    plan = plan_of(conditions, "debt", 50, members={SI: 900, VIP: 300}, everyone=10**6)

    assert (plan.name, plan.facet, plan.units) == ("facet", VIP, 150)


def test_a_facet_too_large_to_sort_is_walked() -> None:
    conditions = _conditions(group="vip")
    members = {VIP: MOST_MEMBERS + 1}

    assert plan_of(conditions, "debt", 50, members=members, everyone=10**8).name == "walk"


def test_a_small_facet_is_read_without_counting_customers() -> None:
    conditions = _conditions(group="vip")

    few = small_facet(conditions, "debt", VIP, FEW_MEMBERS)
    assert few is not None
    assert (few.name, few.facet) == ("facet", VIP)
    assert small_facet(conditions, "debt", VIP, FEW_MEMBERS + 1) is None


@pytest.mark.parametrize(("members", "everyone"), [(100, 100), (2_000, 2_000), (1_500, 100_000)])
def test_the_facet_is_read_if_that_is_cheaper_than_a_walk(members: int, everyone: int) -> None:
    plan = plan_of(_conditions(group="vip"), "debt", 50, members={VIP: members}, everyone=everyone)

    assert (plan.name == "facet") == (MEMBER_UNITS * members <= 5.75 * everyone / members)


@given(
    st.integers(1, MOST_MEMBERS),
    st.integers(0, 10**7),
    st.integers(1, 100),
)
def test_the_plan_is_the_cheapest(members: int, everyone: int, limit: int) -> None:
    plan = plan_of(
        _conditions(group="vip"), "debt", limit, members={VIP: members}, everyone=everyone
    )

    cheapest = min(MEMBER_UNITS * members, walk_units(limit, members, everyone))
    assert plan.units == round(cheapest, 1)
    assert walk_units(limit, members, everyone) >= 0.999 * ROW_UNITS * limit
