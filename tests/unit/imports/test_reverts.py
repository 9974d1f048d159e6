"""Imports that are reverted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crm.domain.customers.customer import Consent, Customer
from crm.domain.imports.job import ImportJob
from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.times import stamp
from crm.domain.merges.changeset import CustomerMove
from crm.usecases.imports.planning import ReadyChunk
from tests.builders import LAN, MERCHANT, a_customer
from tests.engines.faults import KilledError
from tests.import_builders import Backend, opening
from tests.import_scenarios import (
    HEADER,
    KNOWN,
    NEW,
    A,
    B,
    a_backend,
    edited,
    everyone,
    planned,
    reason,
)

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
    assert done.progress.undone is not None
    assert done.progress.undone.rows == {"reverted": 2}
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
    assert done.progress.undone is not None
    assert done.progress.undone.rows == {"kept": 1}
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
    backend.queue(job)
    backend.revert_chunk(job, 0)
    backend.finish(job, failure="import_stopped", execution=going.execution or "")

    broken = backend.imports.get(MERCHANT, job.id)
    assert broken.failure is not None
    assert (broken.status, broken.failure.code) == ("finished", "revert_stopped")
    assert backend.read(job, opening(HEADER), execution="another").outcome == "ignored"

    done = backend.reverted(job)

    assert (done.status, done.failure) == ("reverted", None)
    assert done.progress.undone is not None
    assert done.progress.undone.rows == {"reverted": 600}
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

    assert done.progress.undone is not None
    assert done.progress.undone.rows == {"reverted": 2}
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
    """Apply a chunk with a worker that dies after its writes, before it records the chunk."""
    recorded = backend.imports.record
    backend.imports.record = _dies  # type: ignore[method-assign]
    with pytest.raises(KilledError):
        backend.apply(job, ready)
    backend.imports.record = recorded  # type: ignore[method-assign]


def _dies(*_: Any, **__: Any) -> None:
    raise KilledError
