"""Metrics of orders do not depend on the order or the repetition of events."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.domain.customers.metrics import Metrics
from crm.domain.orders.orders import History, Opening, Order, contribution, metrics_of_history
from tests.builders import LAN
from tests.order_builders import HOA, Backend, a_backend, an_incoming_customer, an_order, placed

ZONE = HOA.zone


@pytest.mark.req("D8", "D20")
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "open", "total": 100, "paid": 0}, (1, 100, 100)),
        ({"status": "completed", "total": 100, "paid": 30}, (1, 100, 70)),
        ({"status": "completed", "total": 100, "paid": 100}, (1, 100, 0)),
        ({"status": "completed", "total": 100, "paid": 130}, (1, 100, 0)),
        ({"status": "completed", "total": 100, "paid": 100, "refunded": 40}, (1, 60, 0)),
        ({"status": "completed", "total": 100, "paid": 50, "refunded": 40}, (1, 60, 10)),
        ({"status": "completed", "total": 100, "paid": 100, "refunded": 100}, (1, 0, 0)),
        ({"status": "cancelled", "total": 100, "paid": 0}, (0, 0, 0)),
        ({"status": "cancelled", "total": 100, "paid": 100, "refunded": 100}, (0, 0, 0)),
    ],
)
def test_an_order_adds_what_the_table_says(
    fields: dict[str, Any], expected: tuple[int, int, int]
) -> None:
    assert contribution(an_order(**fields)) == expected


def test_a_history_without_orders_gives_no_metrics() -> None:
    assert metrics_of_history(History((), ()), ZONE) == Metrics()


@pytest.mark.req("D20")
def test_frequency_uses_the_last_24_counted_orders() -> None:
    early = [an_order(n, placed_at=placed(-900 - n)) for n in range(10)]
    late = [an_order(100 + n, placed_at=placed(3 * n)) for n in range(24)]

    metrics = metrics_of_history(History((*early, *late), ()), ZONE)

    assert metrics.median_days_between_orders == 3
    assert len(metrics.recent_order_days) == 24
    assert metrics.order_count == 34


@pytest.mark.req("D20")
def test_days_are_computed_in_the_merchants_zone() -> None:
    late = an_order(placed_at="2026-11-22T18:30:00.000Z")

    assert metrics_of_history(History((late,), ()), ZONE).recent_order_days == ("2026-11-23",)
    assert metrics_of_history(History((late,), ()), "UTC").recent_order_days == ("2026-11-22",)


@pytest.mark.req("B-16")
def test_opening_balances_count_until_they_are_reversed() -> None:
    brought = Opening(
        id="1",
        at=placed(0),
        by=LAN,
        order_count=7,
        total_spent=9_000_000,
        debt=50_000,
        last_order_at=placed(-30),
    )
    order = an_order(1, paid=0)

    with_it = metrics_of_history(History((order,), (brought,)), ZONE)
    without = metrics_of_history(
        History((order,), (replace(brought, reversed_at=placed(2)),)), ZONE
    )

    assert (with_it.order_count, with_it.total_spent, with_it.debt) == (8, 9_250_000, 300_000)
    assert (with_it.first_order_at, with_it.last_order_at) == (placed(-30), placed(1))
    assert without == metrics_of_history(History((order,), ()), ZONE)


#: Few days, so that orders share days and moments; more orders than `RECENT`.
@st.composite
def order_snapshots(draw: st.DrawFn) -> list[Order]:
    """Generate snapshots of some orders, each version of each order once."""
    snapshots = []
    for number in range(draw(st.integers(1, 32))):
        for version in range(1, draw(st.integers(1, 3)) + 1):
            total = draw(st.integers(0, 9)) * 50_000
            snapshots.append(
                an_order(
                    number,
                    version=version,
                    placed_at=placed(draw(st.integers(0, 40)) / 2),
                    status=draw(st.sampled_from(["open", "completed", "completed", "cancelled"])),
                    total=total,
                    paid=draw(st.integers(0, 10)) * 50_000,
                    refunded=draw(st.integers(0, total // 50_000)) * 50_000,
                )
            )
    return snapshots


def deliveries(snapshots: list[Order], dice: random.Random) -> list[Order]:
    """Return each snapshot one to three times, in random order."""
    events = [order for order in snapshots for _ in range(dice.randint(1, 3))]
    dice.shuffle(events)
    return events


def latest(snapshots: list[Order]) -> History:
    """Return the history with the last version of each order."""
    by_id = {order.id: order for order in sorted(snapshots, key=lambda each: each.version)}
    return History(tuple(by_id.values()), ())


def assert_metrics_match_history(backend: Backend, snapshots: list[Order], seed: int) -> None:
    (customer_id,) = {backend.take(order) for order in deliveries(snapshots, random.Random(seed))}

    assert backend.metrics(customer_id) == metrics_of_history(latest(snapshots), ZONE)
    assert backend.fold(customer_id) == backend.metrics(customer_id)


@pytest.mark.req("B-06", "001-02")
@settings(max_examples=200)
@given(order_snapshots(), st.integers(0, 2**32))
def test_repeated_events_in_any_order_give_the_metrics_of_the_history(
    snapshots: list[Order], seed: int
) -> None:
    assert_metrics_match_history(a_backend(), snapshots, seed)


@pytest.mark.slow
@pytest.mark.req("B-06", "001-02")
@settings(max_examples=5_000)
@given(order_snapshots(), st.integers(0, 2**32))
def test_repeated_events_in_any_order_give_the_metrics_of_the_history_at_length(
    snapshots: list[Order], seed: int
) -> None:
    assert_metrics_match_history(a_backend(), snapshots, seed)


@pytest.mark.req("B-06")
@given(order_snapshots(), st.integers(0, 2**32))
def test_orders_of_several_customers_are_counted_separately(
    snapshots: list[Order], seed: int
) -> None:
    backend = a_backend()
    person = {order.id: f"09123456{int(order.id[2:]) % 4:02}" for order in snapshots}
    customer_ids = {}
    for order in deliveries(snapshots, random.Random(seed)):
        incoming = an_incoming_customer(f"{order.id}-{order.version}", phone=person[order.id])
        customer_ids[person[order.id]] = backend.take(order, incoming)

    for phone, customer_id in customer_ids.items():
        own = [order for order in snapshots if person[order.id] == phone]
        assert backend.metrics(customer_id) == metrics_of_history(latest(own), ZONE)
