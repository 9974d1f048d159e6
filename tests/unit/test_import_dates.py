"""Dates as text: read by what their column tells."""

import pytest

from crm.domain.errors import Refused
from crm.domain.import_dates import Order, iso_of, order_of


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        ([], "day_first"),
        (["01/02/1990", "03/04/1991"], "day_first"),
        (["28/03/1990", "01/02/1990"], "day_first"),
        (["03/28/1990", "01/02/1990"], "month_first"),
        (["28/3"], "day_first"),
        (["3/28", "không rõ"], "month_first"),
        (["28/03/1990", "03/28/1990"], "mixed"),
        (["28/03/1990"] * 20 + ["03/28/1990"], "day_first"),
        (["28/03/1990"] * 19 + ["03/28/1990"], "mixed"),
        (["31/31/1990", "0/0/1990"], "day_first"),
    ],
)
def test_a_column_tells_its_order_as_a_whole(texts: list[str], order: str) -> None:
    assert order_of(texts) == order


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("17/05/1990", "day_first", "1990-05-17"),
        ("5/17/1990", "month_first", "1990-05-17"),
        ("04/03/1990", "day_first", "1990-03-04"),
        ("04/03/1990", "month_first", "1990-04-03"),
        ("28/3", "day_first", "--03-28"),
        ("17-05-1990", "day_first", "1990-05-17"),
        ("17.5.1990", "day_first", "1990-05-17"),
        (" 17 / 05 / 1990 ", "day_first", "1990-05-17"),
        ("17/05/1990 00:00:00", "day_first", "1990-05-17"),
        ("1990-05-17", "mixed", "1990-05-17"),
        ("1990-05-17T00:00:00", "day_first", "1990-05-17"),
        ("--05-17", "day_first", "--05-17"),
        ("hôm qua", "day_first", "hôm qua"),
        ("17/05/90", "day_first", "17/05/90"),
    ],
)
def test_a_date_is_spelled_year_first_by_its_columns_order(
    text: str, order: Order, iso: str
) -> None:
    assert iso_of(text, order) == iso


@pytest.mark.parametrize(
    ("text", "order", "code"),
    [
        ("03/28/1990", "day_first", "date_order_day_first"),
        ("28/03/1990", "month_first", "date_order_month_first"),
        ("28/03/1990", "mixed", "dates_mixed"),
    ],
)
def test_a_date_against_its_columns_order_is_refused_and_never_turned_round(
    text: str, order: Order, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        iso_of(text, order)
    assert refused.value.code == code
