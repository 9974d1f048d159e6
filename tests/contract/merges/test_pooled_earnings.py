"""Orders of a merged record earn as its person, for as long as the merge lasts."""

from dataclasses import dataclass
from typing import Any

import pytest

from crm.aws.dynamodb.table import Table
from crm.aws.loyalty.loyalty import DynamoPoints, DynamoPrograms
from crm.domain.customers.customer import Expiring, Points
from crm.domain.kernel.times import moment as read_moment
from crm.domain.loyalty.programs import STANDARD
from crm.domain.merges.person import standalone
from crm.ports.loyalty import DueLots
from crm.ports.loyalty import Points as Ledgers
from crm.usecases.loyalty.membership import adjust_points, enrol
from crm.usecases.loyalty.person_ledger import pooled_points
from crm.usecases.loyalty.sweep import sweep_shard
from crm.usecases.orders.metrics import rebuild
from tests.builders import MERCHANT, an_act, customer_id, moment
from tests.contract.conftest import a_dynamodb_backend
from tests.fakes.changesets import InMemoryChangesets
from tests.loyalty_builders import a_program
from tests.merge_builders import keep_customers, merge, phone, undo
from tests.order_builders import Backend, a_backend, an_incoming_customer, an_order, placed

ONE, OTHER = customer_id(1), customer_id(2)
SHARDS = [f"{number:02x}" for number in range(16)]


@dataclass(frozen=True, slots=True)
class Shop:
    """A backend with its ledgers and due lots."""

    backend: Backend
    ledgers: Ledgers
    due: DueLots

    def take(self, number: int, of: int, **fields: Any) -> None:
        order = an_order(number, placed_at=placed(0.1), **fields)
        incoming = an_incoming_customer(f"{order.id}-{order.version}", phone=phone(of))
        self.backend.take(order, incoming, minutes=150)

    def sweep(self, days: float) -> None:
        for shard in SHARDS:
            sweep_shard(
                shard,
                now=read_moment(placed(days)),
                goes_on=lambda: True,
                due=self.due,
                points=self.ledgers,
                changesets=self.backend.changesets,
            )

    def points(self, number: int = 1) -> Points:
        return self.backend.customers.get(MERCHANT, customer_id(number)).membership.points

    def line_points(self) -> list[int]:
        page = pooled_points(MERCHANT, [ONE, OTHER], limit=50, before=None, points=self.ledgers)
        return sorted(line.points for line in page.items)


@pytest.fixture
def shop(engine: Table | None) -> Shop:
    """Give two customers under a program without automatic enrolment; the first is a member."""
    if engine is None:
        backend = a_backend()
        assert isinstance(backend.changesets, InMemoryChangesets)
        loyalty = backend.changesets.loyalty
        loyalty.programs.activate(MERCHANT, STANDARD, a_program(**EXPLICIT))
        made = Shop(backend, loyalty, loyalty)
    else:
        ledgers = DynamoPoints(engine)
        made = Shop(a_dynamodb_backend(engine), ledgers, ledgers)
        DynamoPrograms(engine).activate(MERCHANT, STANDARD, a_program(**EXPLICIT))
    keep_customers(made.backend, 1, 2)
    join(made.backend, 1)
    return made


EXPLICIT: dict[str, Any] = {"enrolment": "explicit", "hold_days": 7, "expiry_months": 3}


def join(backend: Backend, number: int) -> None:
    """Enrol a customer, a minute after noon."""
    enrol(
        MERCHANT,
        customer_id(number),
        act=an_act(now=moment(1), ids=backend.ids),
        changesets=backend.changesets,
    )


@pytest.mark.req("B-05", "D17")
def test_an_order_of_a_non_member_earns_for_the_member_that_it_was_merged_into(
    shop: Shop,
) -> None:
    merge(shop.backend, ONE, OTHER)

    shop.take(1, of=2, total=1_000_000, paid=1_000_000)

    assert (shop.points().pending, shop.line_points()) == (100, [100])
    other = standalone(shop.backend.customers.get(MERCHANT, OTHER))
    assert (other.membership.joined_at, other.membership.points) == (None, Points())
    shop.sweep(8)
    assert shop.points() == Points(available=100, live=100)
    shop.take(1, of=2, version=2, total=1_000_000, paid=1_000_000, refunded=400_000)
    assert shop.points() == Points(available=60, reversed=40, live=60)
    shop.sweep(120)
    assert shop.points() == Points(expired=60, reversed=40)
    assert shop.line_points() == [-60, -40, 100]


@pytest.mark.req("B-05", "D17")
def test_an_order_earns_at_the_pooled_rate_and_after_an_undo_at_the_standalone_rate(
    shop: Shop,
) -> None:
    join(shop.backend, 2)
    shop.take(1, of=1, total=6_000_000, paid=6_000_000)
    made = merge(shop.backend, ONE, OTHER, minutes=160)
    before = shop.points()
    assert shop.backend.customers.get(MERCHANT, ONE).membership.tier == "gold"

    shop.take(2, of=2, total=1_000_000, paid=1_000_000)

    # Gold earns a point for 5,000 đồng, the standalone record one for 10,000.
    assert shop.points().pending - before.pending == 200
    undo(shop.backend, made.id, minutes=170)
    assert (shop.points(1), shop.points(2).pending) == (before, 100)


@pytest.mark.req("B-05", "B-06")
def test_extra_points_do_not_rank_even_after_a_rebuild(shop: Shop) -> None:
    merge(shop.backend, ONE, OTHER)
    shop.take(1, of=2, total=1_000_000, paid=1_000_000)
    before = shop.backend.customers.get(MERCHANT, ONE).membership

    rebuilt = rebuild(MERCHANT, ONE, now=moment(160), ports=shop.backend.metrics_ports)

    assert (before.ranking_points, before.points.pending) == (0, 100)
    assert not rebuilt.repaired
    assert shop.backend.customers.get(MERCHANT, ONE).membership == before


@pytest.mark.req("B-05")
def test_extra_points_are_reversed_by_an_undo_and_never_return(
    shop: Shop,
) -> None:
    made = merge(shop.backend, ONE, OTHER)
    shop.take(1, of=2, total=1_000_000, paid=1_000_000)

    undo(shop.backend, made.id, minutes=170)

    assert shop.points(1) == shop.points(2) == Points()
    assert shop.line_points() == [-100, 100]
    shop.take(1, of=2, version=2, total=900_000, paid=900_000)
    shop.sweep(8)
    merge(shop.backend, ONE, OTHER, minutes=60 * 24 * 9)
    shop.take(1, of=2, version=3, status="cancelled")
    shop.sweep(120)
    assert shop.points(1) == shop.points(2) == Points()
    assert shop.line_points() == [-100, 100]


@pytest.mark.req("B-05")
def test_extra_points_move_into_a_further_merge_and_back_when_it_is_undone(shop: Shop) -> None:
    keep_customers(shop.backend, 3)
    merge(shop.backend, ONE, OTHER)
    shop.take(1, of=2, total=1_000_000, paid=1_000_000)

    made = merge(shop.backend, customer_id(3), ONE, minutes=170)

    assert shop.points(3).pending == 100
    shop.take(1, of=2, version=2, total=500_000, paid=500_000)
    assert shop.points(3).pending == 50
    shop.sweep(8)
    assert shop.points(3).available == 50
    undo(shop.backend, made.id, minutes=60 * 24 * 9)
    assert (shop.points(3), shop.points(1).available) == (Points(), 50)


@pytest.mark.req("B-05", "D12")
def test_points_of_two_records_that_expire_on_one_day_are_in_one_warning(shop: Shop) -> None:
    join(shop.backend, 2)
    shop.take(1, of=1, total=500_000, paid=500_000)
    shop.take(2, of=2, total=500_000, paid=500_000)
    merge(shop.backend, ONE, OTHER)

    shop.sweep(70)

    membership = shop.backend.customers.get(MERCHANT, ONE).membership
    assert membership.points == Points(available=100, live=100, told=100)
    assert membership.expiring == Expiring(100, "2027-02-28T17:00:00.000Z")


@pytest.mark.req("B-05", "D12")
def test_points_spent_by_the_other_record_expire_only_after_an_undo(
    shop: Shop,
) -> None:
    join(shop.backend, 2)
    shop.take(1, of=2, total=500_000, paid=500_000)
    shop.sweep(8)
    assert shop.points(2).available == 50
    week = 60 * 24 * 9
    made = merge(shop.backend, ONE, OTHER, minutes=week)
    assert shop.points() == Points(available=50, live=50)

    adjust_points(
        MERCHANT,
        ONE,
        -50,
        "Đổi quà ở quầy",
        entry_id=shop.backend.ids(moment(week + 1)),
        act=an_act(now=moment(week + 1), ids=shop.backend.ids),
        changesets=shop.backend.changesets,
    )
    shop.sweep(35)

    assert shop.points() == Points(available=0, reversed=50, live=50)
    undo(shop.backend, made.id, minutes=60 * 24 * 36)
    assert shop.points(1) == Points(available=-50, reversed=50)
    assert shop.points(2) == Points(available=50, live=50)


@pytest.mark.req("B-05", "D12")
def test_points_kept_from_expiring_by_a_merge_expire_when_it_is_undone(
    shop: Shop,
) -> None:
    join(shop.backend, 2)
    shop.take(1, of=2, total=500_000, paid=500_000)
    shop.sweep(90)
    assert shop.points(2).available == 50
    late = 60 * 24 * 90
    made = merge(shop.backend, ONE, OTHER, minutes=late)
    adjust_points(
        MERCHANT,
        ONE,
        -50,
        "Đổi quà ở quầy",
        entry_id=shop.backend.ids(moment(late + 1)),
        act=an_act(now=moment(late + 1), ids=shop.backend.ids),
        changesets=shop.backend.changesets,
    )

    shop.sweep(110)

    # The lot expired with no points left.
    assert shop.points() == Points(available=0, reversed=50)
    undo(shop.backend, made.id, minutes=60 * 24 * 111)
    assert shop.points(1) == Points(available=-50, reversed=50)
    assert shop.points(2) == Points(expired=50)
    assert shop.line_points() == [-50, -50, 50]
