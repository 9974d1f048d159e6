"""Metrics derived from a customer's orders."""

import pytest

from crm.domain.customers.metrics import Metrics, median_gap


@pytest.mark.req("002-17", "002-19", "D8")
def test_the_average_is_rounded_half_up_to_whole_dong_and_none_without_orders() -> None:
    assert Metrics().average_order_value is None
    assert Metrics(order_count=2, total_spent=550_001).average_order_value == 275_001
    assert Metrics(order_count=3, total_spent=100).average_order_value == 33


@pytest.mark.req("001-02", "D20")
@pytest.mark.parametrize(
    ("days", "gap"),
    [
        ([], None),
        (["2026-11-20"], None),
        (["2026-11-20", "2026-11-20"], 0),
        (["2026-11-22", "2026-11-20"], 2),
        (["2026-11-20", "2026-11-21", "2026-11-25"], 2.5),
        (["2026-11-20", "2026-11-21", "2026-11-25", "2026-11-30"], 4),
    ],
)
def test_frequency_is_the_median_gap_in_days(days: list[str], gap: float | None) -> None:
    assert median_gap(days) == gap
