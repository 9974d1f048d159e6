"""Imported opening balances (B-16): added once, extended by later events, and reversible."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.domain.customers.customer import Customer, Identity, Membership
from crm.domain.customers.metrics import Metrics
from crm.domain.imports.job import ImportJob
from crm.domain.imports.plan import PlannedRow
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.tables import Cell
from crm.domain.orders.orders import contribution
from crm.usecases.merges.merges import MergePorts, Partner, merge_customers
from crm.usecases.orders.event_customers import EventPorts
from crm.usecases.orders.orders import record_order
from tests.builders import MERCHANT, Ids, a_customer, an_act, customer_id, moment
from tests.import_builders import Backend, opening
from tests.import_scenarios import apply_with_a_dying_worker
from tests.loyalty_builders import a_program
from tests.order_builders import an_incoming_customer, an_order, placed

HEADER = ("Họ và tên", "SĐT", "Số đơn", "Tổng chi tiêu", "Nợ phải thu", "Điểm hiện có",
          "Đơn hàng gần nhất")  # fmt: skip
ANH = ("Nguyễn Thị Ánh", "0912345678", 3, 750_000, 50_000, 60, "22/11/2025 10:04:05")
NOBODY_ASKED = {"opening_balances": False}


class Shop(Backend):
    """A backend whose files have opening balances."""

    def put(self, *rows: tuple[Cell, ...], **fields: Any) -> ImportJob:
        """Import rows with their opening balances."""
        job = self.upload(**{"opening_balances": True, **fields})
        return self.run(job, opening(HEADER, *rows))

    def anh(self) -> Customer:
        """Return the stored record of Ánh."""
        phone = Identity("phone", "+84912345678")
        holder = self.customers.holders(MERCHANT, [phone])[phone]
        return self.customers.get(MERCHANT, holder)

    def merged(self, survivor: CustomerId, loser: CustomerId) -> None:
        """Merge two records."""
        act = an_act(now=self.now(), ids=Ids("merge"))
        merge_customers(
            MERCHANT,
            act.new_id(),
            survivor,
            Partner(loser),
            {},
            act=act,
            ports=MergePorts(self.customers, self.changesets, self.changesets.merges),
        )

    def take(self, number: int, **fields: Any) -> None:
        """Record an order of Ánh."""
        record_order(
            MERCHANT,
            an_order(number, **fields),
            an_incoming_customer(f"e-{number}"),
            now=moment(number),
            ports=EventPorts(self.customers, self.changesets, Ids(str(number))),
        )


@pytest.fixture
def shop() -> Shop:
    return Shop()


def totals(metrics: Metrics) -> tuple[int, int, int]:
    return metrics.order_count, metrics.total_spent, metrics.debt


def ended(shop: Shop, job: ImportJob) -> dict[int, PlannedRow]:
    return {row.number: row for row in shop.outcomes(job)}


@pytest.mark.req("B-16")
def test_a_new_customer_starts_with_the_opening_balance_of_the_file(shop: Shop) -> None:
    done = shop.put(ANH)

    anh = shop.anh()
    assert done.progress.result is not None
    assert done.progress.result.rows == {"created": 1}
    assert totals(anh.metrics) == (3, 750_000, 50_000)
    assert anh.metrics.last_order_at == "2025-11-22T03:04:05.000Z"
    assert anh.membership.points.available == 60
    assert anh.membership.joined_at is not None
    (entry,) = shop.changesets.history(MERCHANT, anh.id).openings
    assert entry.by == ("import", f"{done.id}:2")


@pytest.mark.req("B-16")
def test_an_opening_balance_alone_updates_an_existing_customer(shop: Shop) -> None:
    shop.customers.add(MERCHANT, a_customer(phone="+84912345678"))

    done = shop.put(ANH)

    assert ended(shop, done)[2].outcome == "updated"
    assert totals(shop.anh().metrics) == (3, 750_000, 50_000)
    assert shop.anh().version == 1


@pytest.mark.req("B-16")
@pytest.mark.parametrize("existing", [False, True])
def test_balances_beside_an_incomplete_invoice_profile_are_added(
    shop: Shop, *, existing: bool
) -> None:
    if existing:
        shop.customers.add(MERCHANT, a_customer(phone="+84912345678"))
    job = shop.upload(opening_balances=True)

    job = shop.run(job, opening((*HEADER, "Tên công ty"), (*ANH, "Công ty TNHH Mộc")))

    assert job.status == "finished"
    assert totals(shop.anh().metrics) == (3, 750_000, 50_000)
    (row,) = ended(shop, job).values()
    assert [each.code for each in row.notices] == ["invoice_incomplete"]


@pytest.mark.req("B-16")
def test_importing_the_same_file_again_adds_no_balance_and_gives_a_notice(shop: Shop) -> None:
    shop.put(ANH)
    done = shop.put(ANH)

    row = ended(shop, done)[2]
    assert (row.outcome, [each.code for each in row.notices]) == ("unchanged", ["opening_known"])
    assert totals(shop.anh().metrics) == (3, 750_000, 50_000)
    assert shop.anh().membership.points.available == 60


def test_balances_that_were_not_requested_are_ignored_and_listed(shop: Shop) -> None:
    done = shop.put(ANH, **NOBODY_ASKED)

    assert totals(shop.anh().metrics) == (0, 0, 0)
    assert done.file.ignored_columns == HEADER[2:]


def test_a_person_of_two_rows_has_the_balance_of_the_last_row(shop: Shop) -> None:
    done = shop.put(ANH, ("", "0912345678", 5, "", "", "", ""))

    assert totals(shop.anh().metrics) == (5, 750_000, 50_000)
    assert [row.outcome for row in shop.outcomes(done)] == ["created", "merged_in_file"]
    assert "total_spent" not in shop.anh().provenance


def test_a_skipped_row_adds_no_balance_and_a_duplicate_gets_its_own(shop: Shop) -> None:
    shop.customers.add(MERCHANT, a_customer(phone="+84912345678"))

    skipped = shop.put(ANH, mode="skip")
    assert ended(shop, skipped)[2].outcome == "skipped"
    assert totals(shop.anh().metrics) == (0, 0, 0)

    doubled = ended(shop, shop.put(ANH, mode="create_duplicate"))[2]
    assert doubled.customer_id
    second = shop.customers.get(MERCHANT, doubled.customer_id)
    assert (doubled.outcome, totals(second.metrics)) == ("duplicated", (3, 750_000, 50_000))
    assert totals(shop.anh().metrics) == (0, 0, 0)


@pytest.mark.parametrize("begun", [1, 3])
def test_balances_are_added_once_even_if_a_chunk_is_retried(shop: Shop, begun: int) -> None:
    job = shop.upload(opening_balances=True)
    (ready,) = shop.planned(job, opening(HEADER, ANH))
    recorded, shop.imports.record = shop.imports.record, _forget  # type: ignore[method-assign]
    for _ in range(begun):
        shop.apply(job, ready)
    shop.imports.record = recorded  # type: ignore[method-assign]
    shop.apply(job, ready)

    assert totals(shop.anh().metrics) == (3, 750_000, 50_000)
    assert shop.anh().membership.points.available == 60
    assert ended(shop, job)[2].outcome == "created"


@pytest.mark.parametrize("answered", [False, True], ids=["not written", "answer lost"])
@pytest.mark.parametrize("at", range(3))
def test_balances_are_completed_by_a_retry_after_a_worker_dies_at_any_write(
    shop: Shop, at: int, *, answered: bool
) -> None:
    lan = ("Lê Lan", "0987654321", 1, 100, 5, 7, "")
    binh = ("Trần Bình", "0934567890", 2, 200, 6, 8, "")
    job = shop.upload(opening_balances=True)
    (ready,) = shop.planned(job, opening(HEADER, ANH, lan, binh))
    apply_with_a_dying_worker(shop, job, ready, writes=at, answered=answered)

    ids = [row.customer_id for row in shop.outcomes(job) if row.customer_id]
    found = [shop.customers.get(MERCHANT, each) for each in ids]
    assert [totals(each.metrics) for each in found] == [
        (3, 750_000, 50_000),
        (1, 100, 5),
        (2, 200, 6),
    ]
    assert [each.membership.points.available for each in found] == [60, 7, 8]


def test_distant_rows_of_one_customer_add_one_balance(shop: Shop) -> None:
    """The rows share no identity, so they are in different chunks and the plan merges them."""
    shop.customers.add(MERCHANT, a_customer(phone="+84912345678", card_code="TV1"))
    header = ("SĐT", "Mã thẻ", "Số đơn", "Tổng chi tiêu")
    between = [(f"09{number:08}", "", 1, 1) for number in range(10_000_000, 10_000_600)]
    job = shop.upload(opening_balances=True)

    done = shop.run(
        job, opening(header, ("0912345678", "", 3, 5), *between, ("", "TV1", "", 750_000))
    )

    rows = ended(shop, done)
    assert shop.imports.get(MERCHANT, job.id).progress.chunks > 1
    assert (rows[2].outcome, rows[603].outcome) == ("updated", "merged_in_file")
    assert totals(shop.anh().metrics) == (3, 750_000, 0)


@pytest.mark.req("B-02", "B-16")
def test_a_plan_shows_balances_and_its_commit_adds_them(shop: Shop) -> None:
    shop.customers.add(MERCHANT, a_customer(phone="+84912345678"))
    job = shop.upload(opening_balances=True, dry_run=True)
    shop.planned(job, opening(HEADER, ANH))
    waiting = shop.imports.get(MERCHANT, job.id)

    assert waiting.progress.result is not None
    assert waiting.progress.result.rows == {"updated": 1}
    assert totals(shop.anh().metrics) == (0, 0, 0)

    assert shop.committed(job).progress.result == waiting.progress.result
    assert totals(shop.anh().metrics) == (3, 750_000, 50_000)


@pytest.mark.req("B-02", "B-16")
def test_a_committed_row_whose_balance_changed_the_group_counts_as_applied_on_retry(
    shop: Shop,
) -> None:
    _with_program(shop)
    joined = Membership(joined_at=placed(-400))
    shop.customers.add(MERCHANT, a_customer(phone="+84912345678", membership=joined))
    lines = opening(("SĐT", "Số đơn", "Tổng chi tiêu"), ("0912345678", 3, 9_000_000))
    job = shop.upload(opening_balances=True, dry_run=True)
    shop.planned(job, lines)
    waiting = shop.imports.get(MERCHANT, job.id)
    shop.commit(job)
    shop.queue(job)
    (ready,) = shop.settle(job)
    recorded, shop.imports.record = shop.imports.record, _forget  # type: ignore[method-assign]
    shop.apply(job, ready)
    shop.imports.record = recorded  # type: ignore[method-assign]
    assert shop.anh().version > 1

    shop.apply(job, ready)
    shop.finish(job, execution=job.id)

    assert shop.imports.get(MERCHANT, job.id).progress.result == waiting.progress.result
    assert totals(shop.anh().metrics) == (3, 9_000_000, 0)


def test_the_plan_hash_depends_on_balances(shop: Shop) -> None:
    shop.customers.add(MERCHANT, a_customer(phone="+84912345678"))
    hashes = []
    for spent in (1, 2):
        job = shop.upload(opening_balances=True, dry_run=True)
        shop.planned(job, opening(HEADER, (*ANH[:3], spent, *ANH[4:])))
        hashes.append(shop.imports.get(MERCHANT, job.id).decision.plan_hash)

    assert hashes[0] != hashes[1]


@pytest.mark.req("B-01", "B-16")
def test_a_revert_reverses_balances_and_keeps_later_orders(shop: Shop) -> None:
    shop.customers.add(MERCHANT, a_customer(phone="+84912345678"))
    job = shop.put(ANH)
    shop.take(1, total=250_000, paid=250_000)

    done = shop.reverted(job)

    assert done.progress.undone is not None
    assert done.progress.undone.rows == {"reverted": 1}
    assert totals(shop.anh().metrics) == (1, 250_000, 0)
    assert shop.anh().membership.points.available == 0


def test_balances_can_be_imported_again_after_a_revert(shop: Shop) -> None:
    shop.customers.add(MERCHANT, a_customer(phone="+84912345678"))
    shop.reverted(shop.put(ANH))

    shop.put(ANH)

    assert totals(shop.anh().metrics) == (3, 750_000, 50_000)


orders = st.builds(
    lambda total, refunded, paid, status: {
        "total": total,
        "refunded": min(refunded, total),
        "paid": min(paid, total),
        "status": status,
    },
    st.integers(0, 1_000_000),
    st.integers(0, 1_000_000),
    st.integers(0, 1_000_000),
    st.sampled_from(["open", "completed", "cancelled"]),
)


@pytest.mark.req("B-16")
@settings(max_examples=40, deadline=None)
@given(
    bought=st.lists(orders, max_size=5),
    brought=st.tuples(st.integers(0, 50), st.integers(0, 10**9), st.integers(0, 10**7)),
    at=st.integers(0, 5),
    seed=st.integers(0, 2**16),
)
def test_totals_add_the_opening_balance_and_the_events_in_any_order(
    bought: list[dict[str, Any]], brought: tuple[int, int, int], at: int, seed: int
) -> None:
    shop = Shop()
    events: list[Callable[[], object]] = [
        lambda number=number, fields=fields: shop.take(number, **fields)  # type: ignore[misc]
        for number, fields in enumerate(bought, 1)
    ]
    random.Random(seed).shuffle(events)
    events.insert(at, lambda: shop.put(("Ánh", "0912345678", *brought, "", "")))
    for event in events:
        event()

    added = [contribution(an_order(n, **fields)) for n, fields in enumerate(bought, 1)]
    assert totals(shop.anh().metrics) == tuple(
        opened + sum(each) for opened, *each in zip(brought, *added, strict=True)
    )


@pytest.mark.req("003-09", "D7")
@pytest.mark.parametrize(
    ("cell", "tier"), [("Không", "gold"), ("", "unranked"), ("Có", "unranked")]
)
def test_a_member_whose_tier_a_file_unfreezes_is_ranked_at_once(
    shop: Shop, cell: str, tier: str
) -> None:
    _with_program(shop)
    shop.customers.add(MERCHANT, _frozen())

    _freed_by(shop, cell)

    assert shop.anh().membership.tier == tier


def test_a_member_unfrozen_before_a_worker_died_is_ranked_by_the_retry(shop: Shop) -> None:
    _with_program(shop)
    shop.customers.add(MERCHANT, _frozen())
    job = shop.upload()
    lines = opening(("SĐT", "Bỏ qua cập nhật tự động nhóm"), ("0912345678", "Không"))
    (ready,) = shop.planned(job, lines)
    write, shop.changesets.write = shop.changesets.write, _dies  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        shop.apply(job, ready)
    shop.changesets.write = write  # type: ignore[method-assign]

    assert (shop.anh().skip_auto_group, shop.anh().membership.tier) == (False, "unranked")
    shop.apply(job, ready)
    assert shop.anh().membership.tier == "gold"


def test_a_member_whose_tier_a_revert_unfreezes_is_ranked_at_once(shop: Shop) -> None:
    _with_program(shop)
    shop.customers.add(MERCHANT, replace(_frozen(), skip_auto_group=False))
    job = _freed_by(shop, "Có")

    shop.reverted(job)

    assert (shop.anh().skip_auto_group, shop.anh().membership.tier) == (False, "gold")


def _with_program(shop: Shop) -> None:
    programs = shop.changesets.loyalty.programs
    programs.activate(MERCHANT, programs.active(MERCHANT), a_program())


def _frozen() -> Customer:
    """Return a member who spent enough for gold, with a frozen tier."""
    return a_customer(
        phone="+84912345678",
        skip_auto_group=True,
        metrics=Metrics(total_spent=9_000_000, order_count=3),
        membership=Membership(joined_at=placed(-400)),
    )


def _freed_by(shop: Shop, cell: str) -> ImportJob:
    job = shop.upload()
    lines = opening(("SĐT", "Bỏ qua cập nhật tự động nhóm"), ("0912345678", cell))
    return shop.run(job, lines)


def _dies(*_: object, **__: object) -> None:
    raise ConnectionError


def _forget(*_: object, **__: object) -> None:
    """Lose a checkpoint."""


@pytest.mark.req("B-16", "D17")
def test_a_balance_of_either_record_of_a_person_is_not_added_again(shop: Shop) -> None:
    shop.put(ANH)
    brought = shop.anh()
    shop.customers.add(MERCHANT, a_customer(7, phone="+84987654321"))
    shop.merged(customer_id(7), brought.id)

    for row in (("Nguyễn Thị Ánh", "0987654321", *ANH[2:]), ANH):
        done = ended(shop, shop.put(row))[2]
        assert "opening_known" in [each.code for each in done.notices]

    assert totals(shop.customers.get(MERCHANT, customer_id(7)).metrics) == (3, 750_000, 50_000)


@pytest.mark.req("B-16")
def test_balances_of_a_customer_merged_before_a_retry_are_added_once_and_reversed(
    shop: Shop,
) -> None:
    shop.customers.add(MERCHANT, a_customer(1, phone="+84912345678"))
    shop.customers.add(MERCHANT, a_customer(7, phone="+84987654321"))
    job = shop.upload(opening_balances=True)
    (ready,) = shop.planned(job, opening(HEADER, ANH))
    recorded, shop.imports.record = shop.imports.record, _forget  # type: ignore[method-assign]
    shop.apply(job, ready)
    shop.imports.record = recorded  # type: ignore[method-assign]
    shop.merged(customer_id(7), customer_id(1))
    shop.apply(job, ready)

    survivor = shop.customers.get(MERCHANT, customer_id(7))
    assert totals(survivor.metrics) == (3, 750_000, 50_000)
    assert survivor.membership.points.available == 60

    shop.finish(job)
    shop.reverted(job)
    survivor = shop.customers.get(MERCHANT, customer_id(7))
    assert totals(survivor.metrics) == (0, 0, 0)
    assert survivor.membership.points.available == 0
