"""Contract of `ports.Views` for every adapter."""

from dataclasses import replace
from datetime import date

import pytest

from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import UserId
from crm.domain.lists.filters import Filter
from crm.domain.lists.views import View
from crm.ports.lists import Views
from tests.builders import MERCHANT, OTHER_MERCHANT

VIEW = View(
    id="01J",
    name="Khách sỉ",
    filter=Filter(tag=("sỉ",), member=False, min_debt=0, created_from=date(2026, 1, 1)),
    sort="-debt",
    columns=("phone", "debt"),
    owner=UserId("lan"),
    created_at="2026-11-22T05:00:00.000Z",
    updated_at="2026-11-22T05:00:00.000Z",
)


def test_a_view_is_stored_unchanged(views: Views) -> None:
    views.add(MERCHANT, VIEW)

    assert views.get(MERCHANT, "01J") == VIEW
    assert views.all(MERCHANT) == [VIEW]


def test_views_are_invisible_to_other_merchants(views: Views) -> None:
    views.add(MERCHANT, VIEW)

    assert views.all(OTHER_MERCHANT) == []
    with pytest.raises(NotFound):
        views.get(OTHER_MERCHANT, "01J")


@pytest.mark.parametrize("view_id", ["nobody's", "x" * 1_100])
def test_an_unknown_view_is_not_found_however_long_its_id(views: Views, view_id: str) -> None:
    with pytest.raises(NotFound):
        views.get(MERCHANT, view_id)


def test_views_are_listed_oldest_first(views: Views) -> None:
    newer = replace(VIEW, id="01K")
    views.add(MERCHANT, newer)
    views.add(MERCHANT, VIEW)

    assert views.all(MERCHANT) == [VIEW, newer]


def test_a_view_is_replaced_and_removed_only_at_its_current_version(views: Views) -> None:
    views.add(MERCHANT, VIEW)
    after = replace(VIEW, name="Khách lẻ", version=2)

    views.replace(MERCHANT, VIEW, after)

    assert views.get(MERCHANT, "01J") == after
    with pytest.raises(Stale):
        views.replace(MERCHANT, VIEW, after)
    with pytest.raises(Stale):
        views.remove(MERCHANT, VIEW)
    views.remove(MERCHANT, after)
    with pytest.raises(NotFound):
        views.remove(MERCHANT, after)
