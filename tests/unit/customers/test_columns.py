"""The columns that lists, views and files share."""

import pytest

from crm.domain.customers.columns import COLUMN_IDS, DEFAULT_LIST_COLUMNS, read_columns
from crm.domain.kernel.errors import Invalid, Problem


@pytest.mark.req(*(f"001-{number:02}" for number in range(5, 15)))
def test_a_list_shows_ten_columns_by_default() -> None:
    assert len(DEFAULT_LIST_COLUMNS) == 10
    assert set(DEFAULT_LIST_COLUMNS) <= set(COLUMN_IDS)


def test_column_ids_are_unique() -> None:
    assert len(set(COLUMN_IDS)) == len(COLUMN_IDS)


@pytest.mark.req("001-03", "001-04")
def test_columns_are_chosen_and_ordered() -> None:
    assert read_columns(["debt", "phone"]) == ("debt", "phone")


def test_an_unknown_or_repeated_column_is_refused_with_its_index() -> None:
    with pytest.raises(Invalid) as refused:
        read_columns(["phone", "shoe_size", "phone"])

    assert refused.value.problems == (
        Problem("columns.1", "column_unknown", {"column": "shoe_size"}),
        Problem("columns.2", "column_repeated", {"column": "phone"}),
    )
