"""The standalone tiers of merged records fall in time, as if the records had never been merged."""

from dataclasses import replace
from typing import Any

import pytest

from crm.domain.customers.customer import Customer
from crm.domain.kernel.ids import CustomerId
from crm.domain.loyalty.programs import STANDARD
from crm.domain.merges.changeset import Changeset, CustomerMove
from crm.domain.merges.person import standalone
from crm.usecases.loyalty.sweep import sweep_shard
from crm.usecases.orders.metrics import rebuild
from tests.builders import MERCHANT, moment
from tests.fakes.changesets import InMemoryChangesets
from tests.loyalty_builders import a_program
from tests.merge_builders import keep_customers, merge, phone
from tests.order_builders import Backend, a_backend, an_incoming_customer, an_order, placed

DAY = 24 * 60
#: Days before and after the start of the month in which orders of day 0 no longer count.
BEFORE, AFTER = 38, 41


def a_backend_with_a_window() -> Backend:
    """Return a backend whose tiers count the current month and the one before."""
    backend = a_backend()
    program = a_program(window_months=2, review_every="rolling", review_rule="drop")
    loyalty(backend).programs.activate(MERCHANT, STANDARD, program)
    return backend


def loyalty(backend: Backend) -> Any:
    """Return the loyalty ports of a backend in memory."""
    assert isinstance(backend.changesets, InMemoryChangesets)
    return backend.changesets.loyalty


def buy(
    backend: Backend, number: int, of: int, total: int, *, day: float, late: float = 0
) -> None:
    """Record an order that was placed on a day, and whose event came some days later."""
    order = an_order(number, total=total, paid=total, placed_at=placed(day))
    incoming = an_incoming_customer(order.id, at=placed(day), phone=phone(of))
    backend.take(order, incoming, (day + late) * DAY)


def sweep(backend: Backend, day: float) -> int:
    """Sweep on a day; return how many items were due."""
    ports = loyalty(backend)
    return sweep_shard(
        "00",
        now=moment(day * DAY),
        goes_on=lambda: True,
        due=ports,
        points=ports,
        changesets=backend.changesets,
    ).done


def alone(backend: Backend, record: CustomerId) -> Customer:
    return standalone(backend.customers.get(MERCHANT, record))


@pytest.mark.req("B-05", "D17")
def test_the_standalone_tier_of_a_survivor_that_was_merged_into_another_falls_in_time() -> None:
    backend = a_backend_with_a_window()
    first, middle, last = keep_customers(backend, 1, 2, 3)
    buy(backend, 1, of=2, total=1_000_000, day=0)
    merge(backend, middle, last, minutes=DAY)
    merge(backend, first, middle, minutes=2 * DAY)

    sweep(backend, BEFORE)
    assert alone(backend, middle).membership.tier == "silver"
    sweep(backend, AFTER)

    assert alone(backend, middle).membership.tier == "unranked"
    assert sweep(backend, AFTER) == 0


@pytest.mark.req("B-05", "D17")
def test_the_standalone_tier_of_a_survivor_falls_before_that_of_its_person() -> None:
    backend = a_backend_with_a_window()
    survivor, loser = keep_customers(backend, 1, 2)
    merge(backend, survivor, loser, minutes=DAY)
    buy(backend, 1, of=2, total=6_000_000, day=15)
    buy(backend, 2, of=1, total=1_000_000, day=0, late=16)

    sweep(backend, BEFORE)
    assert alone(backend, survivor).membership.tier == "silver"
    sweep(backend, AFTER)

    assert alone(backend, survivor).membership.tier == "unranked"
    assert backend.customers.get(MERCHANT, survivor).membership.tier == "gold"
    assert sweep(backend, AFTER) == 0


@pytest.mark.req("B-06")
def test_rebuilding_a_person_restores_a_review_that_is_missing() -> None:
    backend = a_backend_with_a_window()
    first, middle, last = keep_customers(backend, 1, 2, 3)
    buy(backend, 1, of=2, total=1_000_000, day=0)
    merge(backend, middle, last, minutes=DAY)
    merge(backend, first, middle, minutes=2 * DAY)
    stored = backend.customers.get(MERCHANT, middle)
    reviewless = replace(stored.membership, review_at=None)
    move = CustomerMove(stored, replace(stored, membership=reviewless, revision=99))
    backend.changesets.write(MERCHANT, Changeset(customers=(move,)))

    assert rebuild(MERCHANT, first, now=moment(3 * DAY), ports=backend.metrics_ports).repaired
    assert not rebuild(MERCHANT, first, now=moment(3 * DAY), ports=backend.metrics_ports).repaired

    sweep(backend, AFTER)
    assert alone(backend, middle).membership.tier == "unranked"
