"""What `ports.Views` promises, whoever provides it."""

from dataclasses import replace
from datetime import date

import pytest

from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import UserId
from crm.domain.lists.filters import Filter
from crm.domain.lists.views import View
from crm.ports.lists import Views
from tests.builders import MERCHANT, OTHER_MERCHANT

BIG = View(
    id="01J",
    name="Khách sỉ",
    filter=Filter(tag=("sỉ",), member=False, min_debt=0, created_from=date(2026, 1, 1)),
    sort="-debt",
    columns=("phone", "debt"),
    owner=UserId("lan"),
    created_at="2026-11-22T05:00:00.000Z",
    updated_at="2026-11-22T05:00:00.000Z",
)


def test_a_view_is_kept_as_it_was_saved(views: Views) -> None:
    views.add(MERCHANT, BIG)

    assert views.get(MERCHANT, "01J") == BIG
    assert views.all(MERCHANT) == [BIG]


def test_views_are_invisible_to_other_merchants(views: Views) -> None:
    views.add(MERCHANT, BIG)

    assert views.all(OTHER_MERCHANT) == []
    with pytest.raises(NotFound):
        views.get(OTHER_MERCHANT, "01J")


@pytest.mark.parametrize("view_id", ["nobody's", "x" * 1_100])
def test_a_view_that_nobody_saved_is_not_found_however_long_its_id(
    views: Views, view_id: str
) -> None:
    with pytest.raises(NotFound):
        views.get(MERCHANT, view_id)


def test_views_come_oldest_first(views: Views) -> None:
    newer = replace(BIG, id="01K")
    views.add(MERCHANT, newer)
    views.add(MERCHANT, BIG)

    assert views.all(MERCHANT) == [BIG, newer]


def test_a_view_is_replaced_and_removed_at_the_version_that_was_seen(views: Views) -> None:
    views.add(MERCHANT, BIG)
    after = replace(BIG, name="Khách lẻ", version=2)

    views.replace(MERCHANT, BIG, after)

    assert views.get(MERCHANT, "01J") == after
    with pytest.raises(Stale):
        views.replace(MERCHANT, BIG, after)
    with pytest.raises(Stale):
        views.remove(MERCHANT, BIG)
    views.remove(MERCHANT, after)
    with pytest.raises(NotFound):
        views.remove(MERCHANT, after)
