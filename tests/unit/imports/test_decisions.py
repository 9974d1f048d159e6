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
from tests.import_builders import Book, OpenCustomers, opening

HEADER = ("Họ và tên", "SĐT", "Email", "Ngày sinh", "Giới tính")
A, B = "+84912345678", "+84987654321"
KNOWN = ("Nguyễn Thị Ánh", "0912345678", "anh@moc.example", "", "")
NEW = ("Lê Lan", "0987654321", "", "28/3", "Nữ")
BAD = ("Sai", "09", "", "", "")


def a_book(*people: Customer) -> Book:
    customers = OpenCustomers(*(people or [a_customer(phone=A, birthday="--05-17")]))
    customers.reserve_codes(MERCHANT, 10)
    return Book(customers)


def everyone(book: Book) -> list[Customer]:
    assert isinstance(book.customers, OpenCustomers)
    return book.customers.everyone(MERCHANT)


def planned(book: Book, *rows: tuple[str, ...], **fields: Any) -> ImportJob:
    """Return a dry run of these rows that waits for its commit."""
    job = book.upload(dry_run=True, **fields)
    assert book.planned(job, opening(HEADER, *rows)) == []
    book.finish(job)
    return book.imports.get(MERCHANT, job.id)


def edited(book: Book, number: int = 1, **values: Any) -> None:
    """Let a person edit a customer."""
    before = book.customers.get(MERCHANT, customer_id(number))
    changes = before.changes(values)
    book.customers.update(MERCHANT, before, before.edited(changes, LAN, stamp(book.now())))


def reason(conflict: pytest.ExceptionInfo[Conflict]) -> str:
    return conflict.value.code


@pytest.mark.req("B-02")
def test_a_dry_run_tells_what_would_become_of_each_row_and_changes_nobody() -> None:
    book = a_book()
    before = everyone(book)

    job = planned(book, KNOWN, NEW, BAD)

    assert everyone(book) == before
    assert job.status == "awaiting_commit"
    assert job.result is not None
    assert job.result.rows == {"updated": 1, "created": 1, "invalid": 1}
    assert (job.planned, job.applied, job.total) == (3, 0, 3)
    assert len(job.plan_hash or "") == 64
    assert book.mails.sent == []
    updated, created, invalid = book.rows(job)
    assert [(each.field, each.old, each.new) for each in updated.changes] == [
        ("email", None, "anh@moc.example")
    ]
    assert (updated.customer_id, created.outcome) == (customer_id(), "created")
    assert invalid.problems
    assert [row.number for row in book.rows(job, "created")] == [3]


def test_a_plan_that_waits_leaves_the_turn_to_others() -> None:
    book = a_book()
    planned(book, KNOWN)

    assert book.run(book.upload(), opening(HEADER, NEW)).status == "finished"


@pytest.mark.req("B-02")
def test_a_plan_that_is_committed_comes_true_row_by_row() -> None:
    book = a_book()
    job = planned(book, KNOWN, NEW, BAD)
    plan = book.rows(job)

    done = book.committed(job)

    assert (done.status, done.result, done.applied) == ("finished", job.result, 3)
    assert [
        (row.number, row.outcome, row.customer_id, row.changes) for row in book.rows(done)
    ] == [(row.number, row.outcome, row.customer_id, row.changes) for row in plan]
    assert [each.email for each in everyone(book)].count("anh@moc.example") == 1
    assert len(book.mails.sent) == 1


@pytest.mark.req("B-02")
def test_the_same_commit_twice_answers_the_same_and_starts_one_run() -> None:
    book = a_book()
    job = planned(book, KNOWN)

    first, again = book.commit(job), book.commit(job)

    assert first == again
    assert first.status == "queued"
    assert book.runs.started == [job.id]
    assert book.carry_on(job).status == "finished"
    assert book.commit(job).status == "finished"


@pytest.mark.req("B-02")
def test_a_commit_of_another_plan_is_refused() -> None:
    book = a_book()
    job = planned(book, KNOWN)

    with pytest.raises(Conflict) as conflict:
        book.commit(job, "0" * 64)

    assert reason(conflict) == "plan_hash_differs"
    assert book.imports.get(MERCHANT, job.id).status == "awaiting_commit"


@pytest.mark.req("B-02")
def test_a_commit_that_was_stopped_half_way_goes_on_when_it_is_committed_again() -> None:
    book = a_book()
    many = [(f"Khách {n}", f"09{n:08}") for n in range(600)]
    job = planned(book, *many)
    stopped_half_way(book, job)
    stopped = book.imports.get(MERCHANT, job.id)
    assert (stopped.status, stopped.applied, len(book.mails.sent)) == ("failed", 500, 1)

    going, same = book.commit(job), book.commit(job)

    assert going == same
    assert (going.status, going.failure, going.finished_at) == ("queued", None, None)
    assert len(set(book.runs.started)) == 2
    book.finish(job, failure="import_stopped", execution=job.id)
    done = book.carry_on(job)
    assert (done.status, done.result) == ("finished", job.result)
    assert len(everyone(book)) == 601
    assert len(book.mails.sent) == 2


def test_a_commit_that_was_stopped_again_and_again_goes_on_each_time() -> None:
    book = a_book()
    job = planned(book, KNOWN, NEW)
    stopped_half_way(book, job)
    book.commit(job)
    book.finish(job, failure="import_stopped", execution=book.runs.started[-1])

    book.commit(job)

    assert len(set(book.runs.started)) == 3
    assert book.carry_on(job).result == job.result


def test_what_a_way_back_began_to_undo_is_not_gone_on_with() -> None:
    book = a_book()
    job = planned(book, KNOWN, NEW)
    stopped_half_way(book, job)
    book.clock += timedelta(minutes=11)
    back = book.revert(job)
    book.finish(job, failure="import_stopped", execution=back.execution or "")
    assert book.imports.get(MERCHANT, job.id).status == "failed"

    assert book.commit(job).status == "failed"
    assert book.read(job, opening(HEADER, NEW), execution="another").outcome == "ignored"
    assert book.runs.started == [job.id, back.execution]


def test_seven_days_after_its_commit_the_rest_of_a_plan_has_expired() -> None:
    book = a_book()
    job = planned(book, KNOWN, NEW)
    stopped_half_way(book, job)
    book.clock += timedelta(days=7)

    with pytest.raises(Conflict) as conflict:
        book.commit(job)

    assert reason(conflict) == "plan_expired"


def stopped_half_way(book: Book, job: ImportJob) -> None:
    """Commit a plan, whose execution breaks when its first chunk is applied."""
    book.commit(job)
    book.ask(job)
    first, *_ = book.settle(job)
    book.apply(job, first)
    book.finish(job, failure="import_stopped", execution=job.id)


def test_what_has_no_plan_that_waits_cannot_be_committed() -> None:
    book = a_book()
    waiting = book.upload(dry_run=True)
    done = book.run(book.upload(), opening(HEADER, KNOWN))
    given_up = book.cancel(planned(book, NEW))

    for job in (waiting, done, given_up):
        with pytest.raises(Conflict) as conflict:
            book.commit(job, given_up.plan_hash)
        assert reason(conflict) == "import_not_awaiting_commit"


def test_a_plan_expires_after_seven_days() -> None:
    book = a_book()
    job = planned(book, KNOWN)
    book.clock += timedelta(days=7)

    shown = get_import(MERCHANT, job.id, now=book.clock, imports=book.imports)
    assert (shown.status, shown.finished_at) == ("expired", job.plan_expires_at)
    assert [row.outcome for row in book.rows(job)] == ["updated"]
    for decide in (book.commit, book.cancel):
        with pytest.raises(Conflict):
            decide(job)


@pytest.mark.req("B-02")
def test_plans_differ_where_the_file_or_anything_they_decide_differs() -> None:
    rows = {
        "as it was": (a_customer(phone=A), KNOWN),
        "another value": (a_customer(phone=A), (*KNOWN[:2], "a@moc.example", "", "")),
        "another version": (a_customer(phone=A, version=2), KNOWN),
        "nobody there": (a_customer(phone=B), KNOWN),
    }
    hashes = [planned(a_book(person), row).plan_hash for person, row in rows.values()]
    assert len(set(hashes)) == len(hashes)
    assert planned(a_book(a_customer(phone=A)), KNOWN).plan_hash == hashes[0]

    other = a_book(a_customer(phone=A))
    job = other.upload(b"another file", dry_run=True)
    other.planned(job, opening(HEADER, KNOWN))
    assert other.imports.get(MERCHANT, job.id).plan_hash != hashes[0]


@pytest.mark.req("B-02")
def test_a_row_whose_customer_moved_since_is_a_conflict_and_the_rest_come_true() -> None:
    book = a_book(
        a_customer(1, phone=A),
        a_customer(2, phone=B),
        a_customer(3, phone="+84911111111", full_name="Cũ"),
    )
    job = planned(
        book, KNOWN, NEW, ("Cũ", "0911111111", "", "", ""), ("Mới", "0922222222", "", "", "")
    )
    assert [row.outcome for row in book.rows(job)] == [
        "updated",
        "updated",
        "unchanged",
        "created",
    ]
    edited(book, 1, note="đã sửa")
    edited(book, 3, note="cũng sửa")
    book.customers.add(MERCHANT, a_customer(4, phone="+84922222222"))

    done = book.committed(job)

    moved, kept, unchanged, taken = book.rows(done)
    for row in (moved, unchanged, taken):
        assert (row.outcome, [each.code for each in row.problems]) == ("conflict", ["moved"])
        assert row.changes == ()
    assert kept.outcome == "updated"
    assert book.customers.get(MERCHANT, customer_id(1)).email is None
    assert book.customers.get(MERCHANT, customer_id(2)).birthday == "--03-28"


@pytest.mark.parametrize("mode", ["skip", "create_duplicate"])
def test_a_committed_row_that_creates_never_becomes_something_else(mode: str) -> None:
    book = a_book()
    job = planned(book, NEW, mode=mode)
    book.customers.add(MERCHANT, a_customer(4, phone=B))

    book.committed(job)

    (row,) = book.rows(job)
    assert (row.outcome, row.customer_id) == ("conflict", None)
    assert len(everyone(book)) == 2


def test_a_group_that_went_since_the_plan_makes_its_rows_invalid() -> None:
    class Emptied(InMemoryCustomers):
        def add(self, merchant_id: Any, customer: Customer, *rest: Any, **said: Any) -> None:
            gone = replace(customer, group="gone") if customer.group == "vip" else customer
            super().add(merchant_id, gone, *rest, **said)

    book = Book(Emptied())
    header = ("Họ và tên", "SĐT", "Nhóm khách hàng")
    job = book.upload()

    book.run(job, opening(header, ("Lan", "0912345678", "VIP"), ("Ánh", "0987654321", "")))

    assert [(row.outcome, row.customer_id is None) for row in book.rows(job)] == [
        ("invalid", True),
        ("created", False),
    ]


# ------------------------------------------------------------------ giving up


def test_an_import_can_be_given_up_while_it_waits_for_its_file_its_turn_or_its_commit() -> None:
    book = a_book()
    fresh, queued = book.upload(), book.upload()
    read = opening(HEADER, NEW)
    book.read(queued, read)
    book.imports.take_lock(MERCHANT, fresh.id, now=book.clock, until=book.clock + timedelta(1))
    assert not book.take_lock(queued)
    book.imports.release_lock(MERCHANT, fresh.id)

    for job in (fresh, queued, planned(book, KNOWN)):
        given_up = book.cancel(job)
        assert (given_up.status, given_up.result) == ("cancelled", None)
        assert given_up.finished_at is not None
        assert book.cancel(job) == given_up

    assert book.read(fresh, read).outcome == "ignored"
    assert book.ask(queued).next == "end"
    book.finish(queued)
    assert book.imports.get(MERCHANT, queued.id).status == "cancelled"
    assert book.mails.sent == []
    assert len(everyone(book)) == 1


def test_an_import_that_is_given_up_while_it_is_read_writes_nothing() -> None:
    book = a_book()
    job = book.upload()

    def cancelling(content: bytes) -> Any:
        book.cancel(job)
        return opening(HEADER, NEW)(content)

    with pytest.raises(Exception, match="stale"):
        book.read(job, cancelling)

    assert book.read(job, opening(HEADER, NEW)).outcome == "ignored"
    assert book.imports.get(MERCHANT, job.id).status == "cancelled"


def test_a_file_that_is_refused_after_it_was_given_up_stays_given_up() -> None:
    book = a_book()
    job = book.upload()

    def cancelling(content: bytes) -> Any:
        book.cancel(job)
        return opening(("Sản phẩm",))(content)

    assert book.read(job, cancelling).outcome == "ignored"
    assert book.imports.get(MERCHANT, job.id).status == "cancelled"


def test_what_was_applied_when_an_import_is_given_up_stays_and_is_counted() -> None:
    book = a_book()
    job = book.upload()
    many = [(f"Khách {n}", f"09{n:08}") for n in range(600)]
    first, second = book.planned(job, opening(HEADER, *many))
    book.apply(job, first)

    given_up = book.cancel(job)
    assert (given_up.status, given_up.finished_at) == ("cancelled", None)
    assert book.imports.get(MERCHANT, job.id).applied == 500
    with pytest.raises(Conflict) as conflict:
        book.revert(job)
    assert reason(conflict) == "import_stopping"
    book.apply(job, second)
    for _ in range(2):
        book.finish(job)

    stopped = book.imports.get(MERCHANT, job.id)
    assert stopped.result is not None
    assert (stopped.status, stopped.result.rows) == ("cancelled", {"created": 500})
    assert stopped.finished_at is not None
    assert len(everyone(book)) == 501
    assert book.mails.sent == []
    assert book.run(book.upload(), opening(HEADER, NEW)).status == "finished"


def test_an_import_that_has_ended_cannot_be_given_up() -> None:
    book = a_book()
    job = book.run(book.upload(), opening(HEADER, NEW))

    with pytest.raises(Conflict) as conflict:
        book.cancel(job)
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
def test_taking_an_import_back_leaves_every_customer_as_before_and_archives_who_is_new() -> None:
    book = a_book(WHOLE)
    job = book.run(book.upload(), opening(EVERY, CHANGED, ("0987654321",)))
    assert len(book.customers.get(MERCHANT, WHOLE.id).provenance) > 8

    done = book.reverted(job)

    assert done.status == "reverted"
    assert done.undone is not None
    assert done.undone.rows == {"reverted": 2}
    assert same(WHOLE, book.customers.get(MERCHANT, WHOLE.id))
    (made,) = (each for each in everyone(book) if each.id != WHOLE.id)
    assert made.status == "archived"
    kinds = [line.kind for line in book.history(WHOLE.id)]
    assert kinds == ["edited", "edited"]
    assert [row.number for row in book.rows(done, "reverted")] == [2, 3]
    assert [row.outcome for row in book.rows(done)] == ["updated", "created"]
    assert len(book.mails.sent) == 1


@pytest.mark.req("B-01")
def test_what_somebody_changed_since_stays_and_is_listed() -> None:
    book = a_book(WHOLE)
    job = book.run(book.upload(), opening(EVERY, CHANGED))
    edited(book, note="của Lan", gender="other")

    done = book.reverted(job)

    after = book.customers.get(MERCHANT, WHOLE.id)
    assert (after.note, after.gender) == ("của Lan", "other")
    assert same(WHOLE, replace(after, note=WHOLE.note, gender="female", provenance={}))
    assert after.provenance.keys() == {"note", "gender"}
    assert done.undone is not None
    assert done.undone.rows == {"kept": 1}
    (row,) = book.rows(done, "kept")
    assert [(each.field, each.new) for each in row.changes] == [("gender", "male"), ("note", None)]
    assert {each.code for each in row.problems} == {"edited_since"}


@pytest.mark.req("B-01")
def test_a_value_given_again_by_hand_is_somebodys_own() -> None:
    book = a_book(WHOLE)
    job = book.run(book.upload(), opening(("SĐT", "Ghi chú"), ("0912345678", "mới")))
    edited(book, note="khác")
    edited(book, note="mới")

    book.reverted(job)

    assert book.customers.get(MERCHANT, WHOLE.id).note == "mới"
    assert [row.outcome for row in book.rows(job, "kept")] == ["kept"]


def test_the_parts_of_a_name_stay_together() -> None:
    book = a_book(WHOLE)
    job = book.run(book.upload(), opening(EVERY, CHANGED))
    edited(book, given_name="Liên", full_name="Lê Liên")

    book.reverted(job)

    after = book.customers.get(MERCHANT, WHOLE.id)
    assert (after.full_name, after.family_name, after.given_name) == ("Lê Liên", "Lê", "Liên")


@pytest.mark.req("B-01")
def test_a_new_customer_with_whom_somebody_has_to_do_stays() -> None:
    book = a_book()
    rows = [("Sửa", "0900000001"), ("Mua", "0900000002"), ("Thôi", "0900000003")]
    job = book.run(book.upload(), opening(HEADER, *rows))
    by_name = {each.full_name: each for each in everyone(book)}
    changes = by_name["Sửa"].changes({"note": "quen"})
    touched = by_name["Sửa"].edited(changes, LAN, stamp(book.now()))
    book.customers.update(MERCHANT, by_name["Sửa"], touched)
    bought = replace(
        by_name["Mua"], metrics=replace(by_name["Mua"].metrics, order_count=1), revision=2
    )
    book.customers.move(MERCHANT, [CustomerMove(by_name["Mua"], bought)])

    book.reverted(job)

    assert {each.full_name: each.status for each in everyone(book)} == {
        "Nguyễn Thị Ánh": "active",
        "Sửa": "active",
        "Mua": "active",
        "Thôi": "archived",
    }
    assert [row.problems[0].code for row in book.rows(job, "kept")] == [
        "edited_since",
        "bought_since",
    ]


def test_a_group_that_a_tier_gave_a_new_customer_is_nobodys_edit() -> None:
    book = a_book()
    job = book.run(book.upload(), opening(HEADER, NEW))
    (made,) = (each for each in everyone(book) if each.source == "import")
    ranked = made.edited(
        made.changes({"group": "vip"}), Author("loyalty", "program:1"), stamp(book.now())
    )
    book.customers.update(MERCHANT, made, ranked)

    book.reverted(job)

    assert book.customers.get(MERCHANT, made.id).status == "archived"


def test_a_commit_waits_for_its_turn_while_another_import_is_applied() -> None:
    book = a_book()
    job = planned(book, KNOWN)
    other = book.upload()
    (ready,) = book.planned(other, opening(HEADER, ("Sửa", "0912345678", "", "", "")))
    book.commit(job)

    assert book.ask(job).next == "wait"
    book.apply(other, ready)
    book.finish(other)
    done = book.carry_on(job)

    assert [(row.outcome, row.problems[0].code) for row in book.rows(done)] == [
        ("conflict", "moved")
    ]


def test_who_an_import_put_back_on_the_lists_is_taken_off_them() -> None:
    gone = a_customer(phone=A, status="archived")
    book = a_book(gone)
    job = book.run(book.upload(), opening(HEADER, ("", "0912345678", "", "", "")))
    assert book.customers.get(MERCHANT, gone.id).status == "active"

    book.reverted(job)

    assert book.customers.get(MERCHANT, gone.id).status == "archived"
    assert [line.kind for line in book.history(gone.id)] == ["archived", "restored"]


def test_a_phone_that_is_somebody_elses_by_now_is_not_taken_from_them() -> None:
    book = a_book(WHOLE)
    job = book.run(
        book.upload(),
        opening(("Mã khách hàng", "SĐT", "Ghi chú"), (WHOLE.code, "0987654321", "mới")),
    )
    book.customers.add(MERCHANT, a_customer(2, phone=A))

    book.reverted(job)

    after = book.customers.get(MERCHANT, WHOLE.id)
    assert (after.phone, after.note) == (B, WHOLE.note)
    (row,) = book.rows(job, "kept")
    assert [(each.field, each.code) for each in row.problems] == [("phone", "taken_since")]


def test_asking_twice_is_one_way_back() -> None:
    book = a_book()
    job = book.run(book.upload(), opening(HEADER, NEW))

    assert book.revert(job) == book.revert(job)
    assert len(book.runs.started) == 1
    book.carry_on(job)
    assert book.revert(job).status == "reverted"


def test_a_way_back_that_broke_off_is_taken_again() -> None:
    book = a_book()
    many = [(f"Khách {n}", f"09{n:08}") for n in range(600)]
    job = book.run(book.upload(), opening(HEADER, *many))
    going = book.revert(job)
    book.ask(job)
    book.revert_chunk(job, 0)
    book.finish(job, failure="import_stopped", execution=going.execution or "")

    broken = book.imports.get(MERCHANT, job.id)
    assert broken.failure is not None
    assert (broken.status, broken.failure.code) == ("finished", "revert_stopped")
    assert book.read(job, opening(HEADER), execution="another").outcome == "ignored"

    done = book.reverted(job)

    assert (done.status, done.failure) == ("reverted", None)
    assert done.undone is not None
    assert done.undone.rows == {"reverted": 600}
    assert {each.status for each in everyone(book)[1:]} | {everyone(book)[0].status} == {
        "active",
        "archived",
    }
    assert [each.status for each in everyone(book)].count("active") == 1


@pytest.mark.req("B-01")
def test_rows_of_a_chunk_that_was_never_recorded_are_taken_back_too() -> None:
    book = a_book(WHOLE)
    job = book.upload()
    rows = opening(EVERY, CHANGED, ("0987654321",))
    (ready,) = book.planned(job, rows)
    killed_before_its_record(book, job, ready)
    book.finish(job, failure="import_stopped")
    with pytest.raises(Conflict) as conflict:
        book.revert(job)
    assert reason(conflict) == "import_stopping"
    book.clock += timedelta(minutes=11)

    done = book.reverted(job)

    assert done.undone is not None
    assert done.undone.rows == {"reverted": 2}
    assert same(WHOLE, book.customers.get(MERCHANT, WHOLE.id))


@pytest.mark.req("B-01")
def test_a_row_that_was_planned_again_and_killed_before_its_record_is_taken_back_too() -> None:
    book = a_book()
    job = book.upload()
    (ready,) = book.planned(job, opening(HEADER, NEW))
    meanwhile = a_customer(4, phone=B, gender="male", full_name="Lan")
    book.customers.add(MERCHANT, meanwhile)

    killed_before_its_record(book, job, ready)
    book.apply(job, ready)
    book.finish(job)

    (row,) = book.rows(job)
    assert (row.outcome, row.customer_id) == ("updated", meanwhile.id)
    assert [(each.field, each.old, each.new) for each in row.changes][-1] == (
        "gender",
        "male",
        "female",
    )
    book.reverted(job)
    assert same(meanwhile, book.customers.get(MERCHANT, meanwhile.id))


@pytest.mark.req("001-31")
def test_a_row_that_became_a_duplicate_is_one_though_its_worker_was_killed() -> None:
    book = a_book()
    job = book.upload(mode="create_duplicate")
    (ready,) = book.planned(job, opening(HEADER, NEW))
    book.customers.add(MERCHANT, a_customer(4, phone=B))

    killed_before_its_record(book, job, ready)
    book.apply(job, ready)

    assert [row.outcome for row in book.rows(job)] == ["duplicated"]
    assert len(everyone(book)) == 3


def test_what_never_wrote_or_ended_long_ago_cannot_be_taken_back() -> None:
    book = a_book()
    failed = book.run(book.upload(), opening(("Sản phẩm",)))
    waiting = planned(book, KNOWN)
    done = book.run(book.upload(), opening(HEADER, NEW))
    for job in (failed, waiting, book.cancel(waiting)):
        with pytest.raises(Conflict) as conflict:
            book.revert(job)
        assert reason(conflict) == "import_not_revertible"

    book.clock += timedelta(days=30)
    with pytest.raises(Conflict) as conflict:
        book.revert(done)
    assert reason(conflict) == "revert_too_late"


def killed_before_its_record(book: Book, job: ImportJob, ready: ReadyChunk) -> None:
    """Apply a chunk by a worker that dies when all is written and nothing recorded."""
    recorded = book.imports.record
    book.imports.record = _dies  # type: ignore[method-assign]
    with pytest.raises(KilledError):
        book.apply(job, ready)
    book.imports.record = recorded  # type: ignore[method-assign]


def _dies(*_: Any, **__: Any) -> None:
    raise KilledError
