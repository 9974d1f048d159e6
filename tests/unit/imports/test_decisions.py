"""Plans that somebody looks at, commits, gives up; imports that are taken back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crm.domain.customers.customer import Author, Consent, Customer
from crm.domain.imports.job import ImportJob
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.times import stamp
from crm.domain.merges.changeset import CustomerMove
from crm.usecases.imports.imports import get_import
from crm.usecases.imports.planning import ReadyChunk
from tests.builders import LAN, MERCHANT, a_customer, customer_id
from tests.engines.faults import KilledError
from tests.fakes.customers import InMemoryCustomers
from tests.import_builders import Backend, OpenCustomers, opening

HEADER = ("Họ và tên", "SĐT", "Email", "Ngày sinh", "Giới tính")
A, B = "+84912345678", "+84987654321"
KNOWN = ("Nguyễn Thị Ánh", "0912345678", "anh@moc.example", "", "")
NEW = ("Lê Lan", "0987654321", "", "28/3", "Nữ")
BAD = ("Sai", "09", "", "", "")


def a_backend(*people: Customer) -> Backend:
    customers = OpenCustomers(*(people or [a_customer(phone=A, birthday="--05-17")]))
    customers.reserve_codes(MERCHANT, 10)
    return Backend(customers)


def everyone(backend: Backend) -> list[Customer]:
    assert isinstance(backend.customers, OpenCustomers)
    return backend.customers.everyone(MERCHANT)


def planned(backend: Backend, *rows: tuple[str, ...], **fields: Any) -> ImportJob:
    """Return a dry run of these rows that waits for its commit."""
    job = backend.upload(dry_run=True, **fields)
    assert backend.planned(job, opening(HEADER, *rows)) == []
    backend.finish(job)
    return backend.imports.get(MERCHANT, job.id)


def edited(backend: Backend, number: int = 1, **values: Any) -> None:
    """Let a person edit a customer."""
    before = backend.customers.get(MERCHANT, customer_id(number))
    changes = before.changes(values)
    backend.customers.update(MERCHANT, before, before.edited(changes, LAN, stamp(backend.now())))


def reason(conflict: pytest.ExceptionInfo[Conflict]) -> str:
    return conflict.value.code


@pytest.mark.req("B-02")
def test_a_dry_run_shows_the_planned_outcomes_and_changes_nobody() -> None:
    backend = a_backend()
    before = everyone(backend)

    job = planned(backend, KNOWN, NEW, BAD)

    assert everyone(backend) == before
    assert job.status == "awaiting_commit"
    assert job.result is not None
    assert job.result.rows == {"updated": 1, "created": 1, "invalid": 1}
    assert (job.planned, job.applied, job.total) == (3, 0, 3)
    assert len(job.plan_hash or "") == 64
    assert backend.mails.sent == []
    updated, created, invalid = backend.rows(job)
    assert [(each.field, each.old, each.new) for each in updated.changes] == [
        ("email", None, "anh@moc.example")
    ]
    assert (updated.customer_id, created.outcome) == (customer_id(), "created")
    assert invalid.problems
    assert [row.number for row in backend.rows(job, "created")] == [3]


def test_a_plan_that_awaits_its_commit_does_not_hold_the_lock() -> None:
    backend = a_backend()
    planned(backend, KNOWN)

    assert backend.run(backend.upload(), opening(HEADER, NEW)).status == "finished"


@pytest.mark.req("B-02")
def test_a_committed_plan_is_applied_row_by_row() -> None:
    backend = a_backend()
    job = planned(backend, KNOWN, NEW, BAD)
    plan = backend.rows(job)

    done = backend.committed(job)

    assert (done.status, done.result, done.applied) == ("finished", job.result, 3)
    assert [
        (row.number, row.outcome, row.customer_id, row.changes) for row in backend.rows(done)
    ] == [(row.number, row.outcome, row.customer_id, row.changes) for row in plan]
    assert [each.email for each in everyone(backend)].count("anh@moc.example") == 1
    assert len(backend.mails.sent) == 1


@pytest.mark.req("B-02")
def test_a_repeated_commit_returns_the_same_and_starts_one_run() -> None:
    backend = a_backend()
    job = planned(backend, KNOWN)

    first, again = backend.commit(job), backend.commit(job)

    assert first == again
    assert first.status == "queued"
    assert backend.runs.started == [job.id]
    assert backend.carry_on(job).status == "finished"
    assert backend.commit(job).status == "finished"


@pytest.mark.req("B-02")
def test_a_commit_of_another_plan_is_refused() -> None:
    backend = a_backend()
    job = planned(backend, KNOWN)

    with pytest.raises(Conflict) as conflict:
        backend.commit(job, "0" * 64)

    assert reason(conflict) == "plan_hash_differs"
    assert backend.imports.get(MERCHANT, job.id).status == "awaiting_commit"


@pytest.mark.req("B-02")
def test_a_stopped_commit_is_resumed_by_another_commit() -> None:
    backend = a_backend()
    many = [(f"Khách {n}", f"09{n:08}") for n in range(600)]
    job = planned(backend, *many)
    stopped_half_way(backend, job)
    stopped = backend.imports.get(MERCHANT, job.id)
    assert (stopped.status, stopped.applied, len(backend.mails.sent)) == ("failed", 500, 1)

    going, same = backend.commit(job), backend.commit(job)

    assert going == same
    assert (going.status, going.failure, going.finished_at) == ("queued", None, None)
    assert len(set(backend.runs.started)) == 2
    backend.finish(job, failure="import_stopped", execution=job.id)
    done = backend.carry_on(job)
    assert (done.status, done.result) == ("finished", job.result)
    assert len(everyone(backend)) == 601
    assert len(backend.mails.sent) == 2


def test_a_commit_can_be_resumed_several_times() -> None:
    backend = a_backend()
    job = planned(backend, KNOWN, NEW)
    stopped_half_way(backend, job)
    backend.commit(job)
    backend.finish(job, failure="import_stopped", execution=backend.runs.started[-1])

    backend.commit(job)

    assert len(set(backend.runs.started)) == 3
    assert backend.carry_on(job).result == job.result


def test_a_commit_is_not_resumed_after_its_revert_began() -> None:
    backend = a_backend()
    job = planned(backend, KNOWN, NEW)
    stopped_half_way(backend, job)
    backend.clock += timedelta(minutes=11)
    back = backend.revert(job)
    backend.finish(job, failure="import_stopped", execution=back.execution or "")
    assert backend.imports.get(MERCHANT, job.id).status == "failed"

    assert backend.commit(job).status == "failed"
    assert backend.read(job, opening(HEADER, NEW), execution="another").outcome == "ignored"
    assert backend.runs.started == [job.id, back.execution]


def test_the_rest_of_a_plan_expires_seven_days_after_its_commit() -> None:
    backend = a_backend()
    job = planned(backend, KNOWN, NEW)
    stopped_half_way(backend, job)
    backend.clock += timedelta(days=7)

    with pytest.raises(Conflict) as conflict:
        backend.commit(job)

    assert reason(conflict) == "plan_expired"


def stopped_half_way(backend: Backend, job: ImportJob) -> None:
    """Commit a plan, whose execution breaks when its first chunk is applied."""
    backend.commit(job)
    backend.ask(job)
    first, *_ = backend.settle(job)
    backend.apply(job, first)
    backend.finish(job, failure="import_stopped", execution=job.id)


def test_an_import_without_a_plan_that_awaits_a_commit_cannot_be_committed() -> None:
    backend = a_backend()
    waiting = backend.upload(dry_run=True)
    done = backend.run(backend.upload(), opening(HEADER, KNOWN))
    given_up = backend.cancel(planned(backend, NEW))

    for job in (waiting, done, given_up):
        with pytest.raises(Conflict) as conflict:
            backend.commit(job, given_up.plan_hash)
        assert reason(conflict) == "import_not_awaiting_commit"


def test_a_plan_expires_after_seven_days() -> None:
    backend = a_backend()
    job = planned(backend, KNOWN)
    backend.clock += timedelta(days=7)

    shown = get_import(MERCHANT, job.id, now=backend.clock, imports=backend.imports)
    assert (shown.status, shown.finished_at) == ("expired", job.plan_expires_at)
    assert [row.outcome for row in backend.rows(job)] == ["updated"]
    for decide in (backend.commit, backend.cancel):
        with pytest.raises(Conflict):
            decide(job)


@pytest.mark.req("B-02")
def test_the_plan_hash_depends_on_the_file_and_on_every_decision() -> None:
    rows = {
        "as it was": (a_customer(phone=A), KNOWN),
        "another value": (a_customer(phone=A), (*KNOWN[:2], "a@moc.example", "", "")),
        "another version": (a_customer(phone=A, version=2), KNOWN),
        "nobody there": (a_customer(phone=B), KNOWN),
    }
    hashes = [planned(a_backend(person), row).plan_hash for person, row in rows.values()]
    assert len(set(hashes)) == len(hashes)
    assert planned(a_backend(a_customer(phone=A)), KNOWN).plan_hash == hashes[0]

    other = a_backend(a_customer(phone=A))
    job = other.upload(b"another file", dry_run=True)
    other.planned(job, opening(HEADER, KNOWN))
    assert other.imports.get(MERCHANT, job.id).plan_hash != hashes[0]


@pytest.mark.req("B-02")
def test_a_committed_row_whose_customer_changed_is_a_conflict_and_the_rest_are_applied() -> None:
    backend = a_backend(
        a_customer(1, phone=A),
        a_customer(2, phone=B),
        a_customer(3, phone="+84911111111", full_name="Cũ"),
    )
    job = planned(
        backend, KNOWN, NEW, ("Cũ", "0911111111", "", "", ""), ("Mới", "0922222222", "", "", "")
    )
    assert [row.outcome for row in backend.rows(job)] == [
        "updated",
        "updated",
        "unchanged",
        "created",
    ]
    edited(backend, 1, note="đã sửa")
    edited(backend, 3, note="cũng sửa")
    backend.customers.add(MERCHANT, a_customer(4, phone="+84922222222"))

    done = backend.committed(job)

    moved, kept, unchanged, taken = backend.rows(done)
    for row in (moved, unchanged, taken):
        assert (row.outcome, [each.code for each in row.problems]) == ("conflict", ["moved"])
        assert row.changes == ()
    assert kept.outcome == "updated"
    assert backend.customers.get(MERCHANT, customer_id(1)).email is None
    assert backend.customers.get(MERCHANT, customer_id(2)).birthday == "--03-28"


@pytest.mark.parametrize("mode", ["skip", "create_duplicate"])
def test_a_committed_row_that_creates_is_never_replanned(mode: str) -> None:
    backend = a_backend()
    job = planned(backend, NEW, mode=mode)
    backend.customers.add(MERCHANT, a_customer(4, phone=B))

    backend.committed(job)

    (row,) = backend.rows(job)
    assert (row.outcome, row.customer_id) == ("conflict", None)
    assert len(everyone(backend)) == 2


def test_a_group_deleted_since_the_plan_makes_its_rows_invalid() -> None:
    class Emptied(InMemoryCustomers):
        def add(self, merchant_id: Any, customer: Customer, *rest: Any, **said: Any) -> None:
            gone = replace(customer, group="gone") if customer.group == "vip" else customer
            super().add(merchant_id, gone, *rest, **said)

    backend = Backend(Emptied())
    header = ("Họ và tên", "SĐT", "Nhóm khách hàng")
    job = backend.upload()

    backend.run(job, opening(header, ("Lan", "0912345678", "VIP"), ("Ánh", "0987654321", "")))

    assert [(row.outcome, row.customer_id is None) for row in backend.rows(job)] == [
        ("invalid", True),
        ("created", False),
    ]


# ------------------------------------------------------------------ giving up


def test_an_import_can_be_cancelled_while_it_awaits_its_file_the_lock_or_its_commit() -> None:
    backend = a_backend()
    fresh, queued = backend.upload(), backend.upload()
    read = opening(HEADER, NEW)
    backend.read(queued, read)
    backend.imports.take_lock(
        MERCHANT, fresh.id, now=backend.clock, until=backend.clock + timedelta(1)
    )
    assert not backend.take_lock(queued)
    backend.imports.release_lock(MERCHANT, fresh.id)

    for job in (fresh, queued, planned(backend, KNOWN)):
        given_up = backend.cancel(job)
        assert (given_up.status, given_up.result) == ("cancelled", None)
        assert given_up.finished_at is not None
        assert backend.cancel(job) == given_up

    assert backend.read(fresh, read).outcome == "ignored"
    assert backend.ask(queued).next == "end"
    backend.finish(queued)
    assert backend.imports.get(MERCHANT, queued.id).status == "cancelled"
    assert backend.mails.sent == []
    assert len(everyone(backend)) == 1


def test_an_import_that_is_cancelled_while_it_is_read_writes_nothing() -> None:
    backend = a_backend()
    job = backend.upload()

    def cancelling(content: bytes) -> Any:
        backend.cancel(job)
        return opening(HEADER, NEW)(content)

    with pytest.raises(Exception, match="stale"):
        backend.read(job, cancelling)

    assert backend.read(job, opening(HEADER, NEW)).outcome == "ignored"
    assert backend.imports.get(MERCHANT, job.id).status == "cancelled"


def test_a_cancelled_import_whose_file_is_refused_stays_cancelled() -> None:
    backend = a_backend()
    job = backend.upload()

    def cancelling(content: bytes) -> Any:
        backend.cancel(job)
        return opening(("Sản phẩm",))(content)

    assert backend.read(job, cancelling).outcome == "ignored"
    assert backend.imports.get(MERCHANT, job.id).status == "cancelled"


def test_rows_applied_before_a_cancellation_stay_and_are_counted() -> None:
    backend = a_backend()
    job = backend.upload()
    many = [(f"Khách {n}", f"09{n:08}") for n in range(600)]
    first, second = backend.planned(job, opening(HEADER, *many))
    backend.apply(job, first)

    given_up = backend.cancel(job)
    assert (given_up.status, given_up.finished_at) == ("cancelled", None)
    assert backend.imports.get(MERCHANT, job.id).applied == 500
    with pytest.raises(Conflict) as conflict:
        backend.revert(job)
    assert reason(conflict) == "import_stopping"
    backend.apply(job, second)
    for _ in range(2):
        backend.finish(job)

    stopped = backend.imports.get(MERCHANT, job.id)
    assert stopped.result is not None
    assert (stopped.status, stopped.result.rows) == ("cancelled", {"created": 500})
    assert stopped.finished_at is not None
    assert len(everyone(backend)) == 501
    assert backend.mails.sent == []
    assert backend.run(backend.upload(), opening(HEADER, NEW)).status == "finished"


def test_an_import_that_has_ended_cannot_be_cancelled() -> None:
    backend = a_backend()
    job = backend.run(backend.upload(), opening(HEADER, NEW))

    with pytest.raises(Conflict) as conflict:
        backend.cancel(job)
    assert reason(conflict) == "import_ended"


# ------------------------------------------------------------------ taking back

WHOLE = a_customer(
    phone=A,
    gender="female",
    birthday="--05-17",
    note="Thích màu xanh",
    tags=("hà nội", "sỉ"),
    group="loyal",
    marketing_consent=Consent(
        accepted=True, at="2026-01-01T00:00:00.000Z", source="web", evidence="tick"
    ),
)
EVERY = (
    "SĐT", "Họ và tên", "Email", "Giới tính", "Nhãn", "Ghi chú", "Nhóm khách hàng",
    "Nhận email quảng cáo", "Địa chỉ", "Tên công ty", "Mã số thuế", "Địa chỉ hóa đơn",
)  # fmt: skip
CHANGED = (
    "0912345678", "Lê Lan", "lan@moc.example", "Nam", "mới", "__CLEAR__", "VIP",
    "Không", "12 Lý Thường Kiệt", "Mộc", "0100233488", "1 Tràng Tiền",
)  # fmt: skip
MOVED = ("version", "revision", "updated_at")


def same(before: Customer, after: Customer) -> bool:
    moved = {name: getattr(before, name) for name in MOVED}
    return replace(after, **moved) == before


@pytest.mark.req("B-01")
def test_a_revert_restores_every_customer_and_archives_new_ones() -> None:
    backend = a_backend(WHOLE)
    job = backend.run(backend.upload(), opening(EVERY, CHANGED, ("0987654321",)))
    assert len(backend.customers.get(MERCHANT, WHOLE.id).provenance) > 8

    done = backend.reverted(job)

    assert done.status == "reverted"
    assert done.undone is not None
    assert done.undone.rows == {"reverted": 2}
    assert same(WHOLE, backend.customers.get(MERCHANT, WHOLE.id))
    (made,) = (each for each in everyone(backend) if each.id != WHOLE.id)
    assert made.status == "archived"
    kinds = [line.kind for line in backend.history(WHOLE.id)]
    assert kinds == ["edited", "edited"]
    assert [row.number for row in backend.rows(done, "reverted")] == [2, 3]
    assert [row.outcome for row in backend.rows(done)] == ["updated", "created"]
    assert len(backend.mails.sent) == 1


@pytest.mark.req("B-01")
def test_changes_made_since_the_import_are_kept_and_listed() -> None:
    backend = a_backend(WHOLE)
    job = backend.run(backend.upload(), opening(EVERY, CHANGED))
    edited(backend, note="của Lan", gender="other")

    done = backend.reverted(job)

    after = backend.customers.get(MERCHANT, WHOLE.id)
    assert (after.note, after.gender) == ("của Lan", "other")
    assert same(WHOLE, replace(after, note=WHOLE.note, gender="female", provenance={}))
    assert after.provenance.keys() == {"note", "gender"}
    assert done.undone is not None
    assert done.undone.rows == {"kept": 1}
    (row,) = backend.rows(done, "kept")
    assert [(each.field, each.new) for each in row.changes] == [("gender", "male"), ("note", None)]
    assert {each.code for each in row.problems} == {"edited_since"}


@pytest.mark.req("B-01")
def test_a_value_set_again_by_hand_is_kept() -> None:
    backend = a_backend(WHOLE)
    job = backend.run(backend.upload(), opening(("SĐT", "Ghi chú"), ("0912345678", "mới")))
    edited(backend, note="khác")
    edited(backend, note="mới")

    backend.reverted(job)

    assert backend.customers.get(MERCHANT, WHOLE.id).note == "mới"
    assert [row.outcome for row in backend.rows(job, "kept")] == ["kept"]


def test_the_parts_of_a_name_are_kept_together() -> None:
    backend = a_backend(WHOLE)
    job = backend.run(backend.upload(), opening(EVERY, CHANGED))
    edited(backend, given_name="Liên", full_name="Lê Liên")

    backend.reverted(job)

    after = backend.customers.get(MERCHANT, WHOLE.id)
    assert (after.full_name, after.family_name, after.given_name) == ("Lê Liên", "Lê", "Liên")


@pytest.mark.req("B-01")
def test_a_new_customer_with_later_activity_is_kept() -> None:
    backend = a_backend()
    rows = [("Sửa", "0900000001"), ("Mua", "0900000002"), ("Thôi", "0900000003")]
    job = backend.run(backend.upload(), opening(HEADER, *rows))
    by_name = {each.full_name: each for each in everyone(backend)}
    changes = by_name["Sửa"].changes({"note": "quen"})
    touched = by_name["Sửa"].edited(changes, LAN, stamp(backend.now()))
    backend.customers.update(MERCHANT, by_name["Sửa"], touched)
    bought = replace(
        by_name["Mua"], metrics=replace(by_name["Mua"].metrics, order_count=1), revision=2
    )
    backend.customers.move(MERCHANT, [CustomerMove(by_name["Mua"], bought)])

    backend.reverted(job)

    assert {each.full_name: each.status for each in everyone(backend)} == {
        "Nguyễn Thị Ánh": "active",
        "Sửa": "active",
        "Mua": "active",
        "Thôi": "archived",
    }
    assert [row.problems[0].code for row in backend.rows(job, "kept")] == [
        "edited_since",
        "bought_since",
    ]


def test_a_group_set_by_a_tier_is_not_an_edit_of_a_new_customer() -> None:
    backend = a_backend()
    job = backend.run(backend.upload(), opening(HEADER, NEW))
    (made,) = (each for each in everyone(backend) if each.source == "import")
    ranked = made.edited(
        made.changes({"group": "vip"}), Author("loyalty", "program:1"), stamp(backend.now())
    )
    backend.customers.update(MERCHANT, made, ranked)

    backend.reverted(job)

    assert backend.customers.get(MERCHANT, made.id).status == "archived"


def test_a_commit_waits_for_the_lock_while_another_import_is_applied() -> None:
    backend = a_backend()
    job = planned(backend, KNOWN)
    other = backend.upload()
    (ready,) = backend.planned(other, opening(HEADER, ("Sửa", "0912345678", "", "", "")))
    backend.commit(job)

    assert backend.ask(job).next == "wait"
    backend.apply(other, ready)
    backend.finish(other)
    done = backend.carry_on(job)

    assert [(row.outcome, row.problems[0].code) for row in backend.rows(done)] == [
        ("conflict", "moved")
    ]


def test_a_customer_that_an_import_restored_is_archived_again() -> None:
    gone = a_customer(phone=A, status="archived")
    backend = a_backend(gone)
    job = backend.run(backend.upload(), opening(HEADER, ("", "0912345678", "", "", "")))
    assert backend.customers.get(MERCHANT, gone.id).status == "active"

    backend.reverted(job)

    assert backend.customers.get(MERCHANT, gone.id).status == "archived"
    assert [line.kind for line in backend.history(gone.id)] == ["archived", "restored"]


def test_a_phone_that_another_customer_holds_by_now_is_not_restored() -> None:
    backend = a_backend(WHOLE)
    job = backend.run(
        backend.upload(),
        opening(("Mã khách hàng", "SĐT", "Ghi chú"), (WHOLE.code, "0987654321", "mới")),
    )
    backend.customers.add(MERCHANT, a_customer(2, phone=A))

    backend.reverted(job)

    after = backend.customers.get(MERCHANT, WHOLE.id)
    assert (after.phone, after.note) == (B, WHOLE.note)
    (row,) = backend.rows(job, "kept")
    assert [(each.field, each.code) for each in row.problems] == [("phone", "taken_since")]


def test_a_repeated_revert_starts_one_run() -> None:
    backend = a_backend()
    job = backend.run(backend.upload(), opening(HEADER, NEW))

    assert backend.revert(job) == backend.revert(job)
    assert len(backend.runs.started) == 1
    backend.carry_on(job)
    assert backend.revert(job).status == "reverted"


def test_a_broken_revert_can_be_retried() -> None:
    backend = a_backend()
    many = [(f"Khách {n}", f"09{n:08}") for n in range(600)]
    job = backend.run(backend.upload(), opening(HEADER, *many))
    going = backend.revert(job)
    backend.ask(job)
    backend.revert_chunk(job, 0)
    backend.finish(job, failure="import_stopped", execution=going.execution or "")

    broken = backend.imports.get(MERCHANT, job.id)
    assert broken.failure is not None
    assert (broken.status, broken.failure.code) == ("finished", "revert_stopped")
    assert backend.read(job, opening(HEADER), execution="another").outcome == "ignored"

    done = backend.reverted(job)

    assert (done.status, done.failure) == ("reverted", None)
    assert done.undone is not None
    assert done.undone.rows == {"reverted": 600}
    assert {each.status for each in everyone(backend)[1:]} | {everyone(backend)[0].status} == {
        "active",
        "archived",
    }
    assert [each.status for each in everyone(backend)].count("active") == 1


@pytest.mark.req("B-01")
def test_rows_of_a_chunk_that_was_never_recorded_are_reverted_too() -> None:
    backend = a_backend(WHOLE)
    job = backend.upload()
    rows = opening(EVERY, CHANGED, ("0987654321",))
    (ready,) = backend.planned(job, rows)
    killed_before_its_record(backend, job, ready)
    backend.finish(job, failure="import_stopped")
    with pytest.raises(Conflict) as conflict:
        backend.revert(job)
    assert reason(conflict) == "import_stopping"
    backend.clock += timedelta(minutes=11)

    done = backend.reverted(job)

    assert done.undone is not None
    assert done.undone.rows == {"reverted": 2}
    assert same(WHOLE, backend.customers.get(MERCHANT, WHOLE.id))


@pytest.mark.req("B-01")
def test_a_replanned_row_that_was_never_recorded_is_reverted_too() -> None:
    backend = a_backend()
    job = backend.upload()
    (ready,) = backend.planned(job, opening(HEADER, NEW))
    meanwhile = a_customer(4, phone=B, gender="male", full_name="Lan")
    backend.customers.add(MERCHANT, meanwhile)

    killed_before_its_record(backend, job, ready)
    backend.apply(job, ready)
    backend.finish(job)

    (row,) = backend.rows(job)
    assert (row.outcome, row.customer_id) == ("updated", meanwhile.id)
    assert [(each.field, each.old, each.new) for each in row.changes][-1] == (
        "gender",
        "male",
        "female",
    )
    backend.reverted(job)
    assert same(meanwhile, backend.customers.get(MERCHANT, meanwhile.id))


@pytest.mark.req("001-31")
def test_a_row_replanned_as_a_duplicate_stays_one_if_its_worker_is_killed() -> None:
    backend = a_backend()
    job = backend.upload(mode="create_duplicate")
    (ready,) = backend.planned(job, opening(HEADER, NEW))
    backend.customers.add(MERCHANT, a_customer(4, phone=B))

    killed_before_its_record(backend, job, ready)
    backend.apply(job, ready)

    assert [row.outcome for row in backend.rows(job)] == ["duplicated"]
    assert len(everyone(backend)) == 3


def test_an_import_that_wrote_nothing_or_ended_long_ago_cannot_be_reverted() -> None:
    backend = a_backend()
    failed = backend.run(backend.upload(), opening(("Sản phẩm",)))
    waiting = planned(backend, KNOWN)
    done = backend.run(backend.upload(), opening(HEADER, NEW))
    for job in (failed, waiting, backend.cancel(waiting)):
        with pytest.raises(Conflict) as conflict:
            backend.revert(job)
        assert reason(conflict) == "import_not_revertible"

    backend.clock += timedelta(days=30)
    with pytest.raises(Conflict) as conflict:
        backend.revert(done)
    assert reason(conflict) == "revert_too_late"


def killed_before_its_record(backend: Backend, job: ImportJob, ready: ReadyChunk) -> None:
    """Apply a chunk by a worker that dies when all is written and nothing recorded."""
    recorded = backend.imports.record
    backend.imports.record = _dies  # type: ignore[method-assign]
    with pytest.raises(KilledError):
        backend.apply(job, ready)
    backend.imports.record = recorded  # type: ignore[method-assign]


def _dies(*_: Any, **__: Any) -> None:
    raise KilledError
