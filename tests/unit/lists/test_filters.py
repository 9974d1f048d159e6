"""Filters, and their conditions on a day."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.kernel.errors import Invalid
from crm.domain.kernel.times import DEFAULT_ZONE
from crm.domain.lists.conditions import CREATED_AT, LAST_ORDER_AT, HasTag, OneOf, Within
from crm.domain.lists.filters import Filter, conditions_of, filter_from_json, read_filter

TODAY = date(2026, 11, 22)


def _all(criteria: Filter, zone: str = DEFAULT_ZONE) -> tuple[object, ...]:
    return conditions_of(criteria, today=TODAY, zone=zone).all


@pytest.mark.req("D9")
@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("Asia/Ho_Chi_Minh", "2026-11-20T17:00:00.000Z", "2026-11-22T16:59:59.999Z"),
        ("UTC", "2026-11-21T00:00:00.000Z", "2026-11-22T23:59:59.999Z"),
        ("America/New_York", "2026-11-21T05:00:00.000Z", "2026-11-23T04:59:59.999Z"),
    ],
)
def test_days_are_whole_days_of_the_merchants_zone(zone: str, first: str, last: str) -> None:
    criteria = Filter(created_from=date(2026, 11, 21), created_to=date(2026, 11, 22))

    assert _all(criteria, zone) == (Within(CREATED_AT, first, last),)


@pytest.mark.req("002-05", "002-06", "D9")
def test_segments_count_days_back_from_today() -> None:
    seven = Within(LAST_ORDER_AT, "2026-11-14T17:00:00.000Z", None)
    thirty = Within(LAST_ORDER_AT, "2026-10-22T17:00:00.000Z", None)
    lapsed = Within(LAST_ORDER_AT, None, "2026-10-22T16:59:59.999Z")

    assert _all(Filter(segment="bought_7d")) == (seven,)
    assert _all(Filter(segment="bought_30d")) == (thirty,)
    assert _all(Filter(segment="lapsed")) == (lapsed,)


def test_a_segment_and_days_are_combined() -> None:
    criteria = Filter(segment="lapsed", last_order_from=date(2026, 11, 1))

    conditions = conditions_of(criteria, today=TODAY, zone=DEFAULT_ZONE)

    assert conditions.are_impossible


def test_tags_are_normalized_as_stored_ones() -> None:
    assert read_filter({"tag": ["  SỈ ", "sỉ"]}).tag == ("sỉ",)


@pytest.mark.req("B-11")
def test_a_province_is_found_by_its_code_and_its_current_and_former_names() -> None:
    for code_or_name in ("79", "Hồ Chí Minh", "Sài Gòn", "Bình Dương"):
        province = read_filter({"province_code": code_or_name})
        (condition,) = _all(province)
        assert isinstance(condition, OneOf)
        assert (condition.attribute.path, condition.values) == ("province_code", ("79",))


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"min_debt": 2, "max_debt": 1}, "min_debt", "range_inverted"),
        (
            {"last_order_from": date(2026, 1, 2), "last_order_to": date(2026, 1, 1)},
            "last_order_from",
            "range_inverted",
        ),
        ({"province_code": "Atlantis"}, "province_code", "province_unknown"),
        ({"ward_code": "99999"}, "ward_code", "ward_unknown"),
        ({"tag": ["a,b"]}, "tag", "tag_comma"),
    ],
)
def test_an_invalid_filter_is_refused_with_its_field(
    values: dict[str, object], field: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read_filter(values)

    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == (field, code)


def test_facets_are_the_conditions_that_only_their_members_meet() -> None:
    criteria = Filter(tag=("sỉ",), group="vip", tier="gold", province_code="01")

    conditions = conditions_of(criteria, today=TODAY, zone=DEFAULT_ZONE)

    assert [facet.kind for facet in conditions.facets()] == ["group", "tier", "province", "tag"]
    assert HasTag("sỉ") in conditions.all


@pytest.mark.req("002-16")
def test_unranked_and_archived_customers_have_no_facet() -> None:
    for criteria in (Filter(tier="unranked"), Filter(group="vip", archived=True)):
        assert conditions_of(criteria, today=TODAY, zone=DEFAULT_ZONE).facets() == ()


_days = st.dates(date(1900, 1, 1), date(9000, 1, 1))
_filters = st.builds(
    Filter,
    tag=st.lists(st.sampled_from(["sỉ", "lẻ"]), unique=True).map(tuple),
    group=st.none() | st.just("vip"),
    member=st.none() | st.booleans(),
    has_account=st.none() | st.booleans(),
    archived=st.booleans(),
    min_debt=st.none() | st.integers(-5, 5),
    segment=st.sampled_from([None, "lapsed"]),
    last_order_from=st.none() | _days,
    updated_to=st.none() | _days,
)


@given(_filters)
def test_a_filter_from_json_is_read_as_it_was_asked(criteria: Filter) -> None:
    assert filter_from_json(criteria.to_json()) == criteria


@given(_filters, st.sampled_from(["UTC", "Asia/Ho_Chi_Minh", "Pacific/Apia"]))
def test_a_filter_has_at_most_one_range_an_attribute(criteria: Filter, zone: str) -> None:
    ranged = [each.attribute for each in _all(criteria, zone) if isinstance(each, Within)]

    assert len(ranged) == len(set(ranged))
