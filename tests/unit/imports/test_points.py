"""Imports of points: adjustments, refusals, retries and reverts."""

from collections.abc import Callable
from typing import Any

import pytest

from crm.domain.customers.customer import Customer, Membership
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import PlannedRow
from crm.domain.kernel.tables import Cell
from crm.domain.loyalty.membership import after_adjustment
from tests.builders import MERCHANT, a_customer, customer_id
from tests.import_builders import Backend, opening
from tests.import_scenarios import apply_with_a_dying_worker
from tests.loyalty_builders import a_loyalty_context
from tests.order_builders import placed

HEADER = ("SĐT", "Mã thẻ", "Điểm", "Lý do")


class Shop(Backend):
    """Two members, a customer who is not a member, and one who is erased."""

    def __init__(self) -> None:
        super().__init__()
        joined = Membership(joined_at=placed(-400))
        for customer in (
            a_customer(1, phone="+84912345678", card_code="TV1", membership=joined),
            a_customer(2, phone="+84987654321", membership=joined),
            a_customer(3, phone="+84901234567"),
            a_customer(4, phone="+84934567890", status="erased"),
        ):
            self.customers.add(MERCHANT, customer)

    def put(self, *rows: tuple[Cell, ...], **fields: Any) -> ImportJob:
        """Import rows of points."""
        job = self.upload(kind="points", **fields)
        return self.run(job, opening(HEADER, *rows))

    def available(self, number: int = 1) -> int:
        """Return the points that the n-th customer has to spend."""
        return self.customers.get(MERCHANT, customer_id(number)).membership.points.available

    def lines(self, number: int = 1) -> list[tuple[int, str | None]]:
        """Return the lines of the n-th customer's ledger, newest first."""
        page = self.changesets.loyalty.page(MERCHANT, customer_id(number), limit=100)
        return sorted((each.points, each.reason) for each in page.items)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def result(row: PlannedRow) -> tuple[str, str | None]:
    return row.outcome, row.problems[0].code if row.problems else None


@pytest.mark.req("B-08")
def test_rows_add_and_deduct_points_in_the_order_of_the_file(shop: Shop) -> None:
    done = shop.put(
        ("0912345678", "", 100, "Tết"),
        ("", "TV1", 50, ""),
        ("0912 345 678", "", -120, "Đổi quà"),
        ("0987654321", "", "1.000", "Bù"),
    )

    assert done.status == "finished"
    assert done.progress.result is not None
    assert done.progress.result.rows == {"updated": 4}
    assert (shop.available(1), shop.available(2)) == (30, 1_000)
    assert shop.lines() == [(-120, "Đổi quà"), (50, "khach-hang.xlsx"), (100, "Tết")]


@pytest.mark.req("B-08")
def test_a_row_without_a_member_or_enough_points_moves_nothing_and_has_a_reason(
    shop: Shop,
) -> None:
    done = shop.put(
        ("0966666666", "", 5, "Bù"),
        ("0901234567", "", 5, "Bù"),
        ("0934567890", "", 5, "Bù"),
        ("0987654321", "TV1", 5, "Bù"),
        ("0912345678", "", -1, "Bù"),
        ("0912345678", "", 0, "Bù"),
        ("0912345678", "", 7, "Bù"),
    )

    assert {row.number: result(row) for row in shop.outcomes(done)} == {
        2: ("invalid", "customer_unknown"),
        3: ("conflict", "not_a_member"),
        4: ("conflict", "customer_gone"),
        5: ("conflict", "names_two_customers"),
        6: ("conflict", "points_insufficient"),
        7: ("invalid", "points_zero"),
        8: ("updated", None),
    }
    assert [shop.available(number) for number in (1, 2, 3, 4)] == [7, 0, 0, 0]


def test_a_shared_phone_matches_the_customer_with_the_card_of_the_row(shop: Shop) -> None:
    joined = Membership(joined_at=placed(-400))
    twin = a_customer(6, phone="+84987654321", card_code="TV6", membership=joined)
    shop.customers.add(MERCHANT, twin, allow_duplicate=True)

    done = shop.put(("0987654321", "TV6", 5, "Bù"))

    assert [result(row) for row in shop.outcomes(done)] == [("updated", None)]
    assert (shop.available(6), shop.available(2)) == (5, 0)


def test_the_outcome_shows_the_points_before_and_after(shop: Shop) -> None:
    done = shop.put(("0912345678", "", 10, "a"), ("0912345678", "", -4, "b"))

    changes = [row.changes[0] for row in shop.outcomes(done)]
    assert [(each.field, each.old, each.new) for each in changes] == [
        ("points_available", 0, 10),
        ("points_available", 10, 6),
    ]


def test_a_committed_plan_moves_its_points_and_a_dry_run_none(shop: Shop) -> None:
    job = shop.upload(kind="points", dry_run=True)
    rows = (("0912345678", "", 10, "a"), ("0966666666", "", 10, "b"))
    shop.planned(job, opening(HEADER, *rows))
    waiting = shop.imports.get(MERCHANT, job.id)

    assert (waiting.status, shop.available()) == ("awaiting_commit", 0)
    assert waiting.progress.result is not None
    done = shop.committed(job)

    assert done.progress.result == waiting.progress.result
    assert shop.available() == 10


@pytest.mark.parametrize("applied", [1, 2, 3])
def test_points_move_once_even_if_a_chunk_is_retried(shop: Shop, applied: int) -> None:
    """Retry a worker that was killed before it recorded its chunk."""
    job = shop.upload(kind="points")
    rows = (("0912345678", "", 10, "a"), ("0912345678", "", -3, "b"))
    (ready,) = shop.planned(job, opening(HEADER, *rows))
    recorded = shop.imports.record
    for _ in range(applied):
        shop.imports.record = _forget  # type: ignore[method-assign]
        shop.apply(job, ready)
    shop.imports.record = recorded  # type: ignore[method-assign]
    shop.apply(job, ready)

    assert shop.available() == 7
    assert shop.lines() == [(-3, "b"), (10, "a")]


@pytest.mark.parametrize("answered", [False, True], ids=["not written", "answer lost"])
@pytest.mark.parametrize("at", range(3))
def test_a_worker_that_dies_at_any_write_moves_no_points_twice(
    shop: Shop, at: int, *, answered: bool
) -> None:
    rows = (("0912345678", "", 10, "a"), ("0987654321", "", 4, "b"), ("0912345678", "", -3, "c"))
    job = shop.upload(kind="points")
    (ready,) = shop.planned(job, opening(HEADER, *rows))
    apply_with_a_dying_worker(shop, job, ready, writes=at, answered=answered)

    assert (shop.available(1), shop.available(2)) == (7, 4)
    assert [result(row) for row in shop.outcomes(job)] == [("updated", None)] * 3


def test_the_same_file_again_is_another_adjustment(shop: Shop) -> None:
    shop.put(("0912345678", "", 10, "a"))
    shop.put(("0912345678", "", 10, "a"))

    assert shop.available() == 20


@pytest.mark.req("B-01")
def test_points_are_reversed_once_unless_they_were_spent_since(shop: Shop) -> None:
    job = shop.put(("0912345678", "", 10, "a"), ("0987654321", "", 10, "b"), ("0901", "", 1, "c"))
    spent = shop.customers.get(MERCHANT, customer_id(2))
    shop.customers.update(MERCHANT, spent, _with_points(spent, -4))

    done = shop.reverted(job)

    assert done.progress.undone is not None
    assert done.progress.undone.rows == {"reverted": 1, "kept": 1}
    assert (shop.available(1), shop.available(2)) == (0, 6)
    assert shop.lines() == [(-10, "Hoàn tác lần nhập điểm"), (10, "a")]


def test_a_retried_revert_reverses_points_once(shop: Shop) -> None:
    job = shop.put(("0912345678", "", 10, "a"))
    shop.revert(job)
    recorded, shop.imports.record = shop.imports.record, _forget  # type: ignore[method-assign]
    shop.queue(job)
    shop.revert_chunk(job, 0)
    shop.imports.record = recorded  # type: ignore[method-assign]
    shop.revert_chunk(job, 0)

    assert shop.available() == 0
    assert len(shop.lines()) == 2


def _with_points(customer: Customer, points: int) -> Customer:
    return after_adjustment(customer, points, "x", a_loyalty_context()).customer


_forget: Callable[..., None] = lambda *_, **__: None  # noqa: E731 - a checkpoint that is lost
