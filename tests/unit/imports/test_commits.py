"""Dry runs and the commits of their plans."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crm.domain.customers.customer import Customer
from crm.domain.imports.job import ImportJob
from crm.domain.kernel.errors import Conflict
from crm.usecases.imports.imports import get_import
from tests.builders import MERCHANT, a_customer, customer_id
from tests.fakes.customers import InMemoryCustomers
from tests.import_builders import Backend, opening
from tests.import_scenarios import (
    BAD,
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


@pytest.mark.req("B-02")
def test_a_dry_run_shows_the_planned_outcomes_and_changes_nobody() -> None:
    backend = a_backend()
    before = everyone(backend)

    job = planned(backend, KNOWN, NEW, BAD)

    assert everyone(backend) == before
    assert job.status == "awaiting_commit"
    assert job.progress.result is not None
    assert job.progress.result.rows == {"updated": 1, "created": 1, "invalid": 1}
    assert (job.progress.planned, job.progress.applied, job.progress.total) == (3, 0, 3)
    assert len(job.decision.plan_hash or "") == 64
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

    assert (done.status, done.progress.result, done.progress.applied) == (
        "finished",
        job.progress.result,
        3,
    )
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
    assert (stopped.status, stopped.progress.applied, len(backend.mails.sent)) == (
        "failed",
        500,
        1,
    )

    going, same = backend.commit(job), backend.commit(job)

    assert going == same
    assert (going.status, going.failure, going.finished_at) == ("queued", None, None)
    assert len(set(backend.runs.started)) == 2
    backend.finish(job, failure="import_stopped", execution=job.id)
    done = backend.carry_on(job)
    assert (done.status, done.progress.result) == ("finished", job.progress.result)
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
    assert backend.carry_on(job).progress.result == job.progress.result


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
    """Commit a plan, and break its execution after its first chunk is applied."""
    backend.commit(job)
    backend.queue(job)
    first, *_ = backend.settle(job)
    backend.apply(job, first)
    backend.finish(job, failure="import_stopped", execution=job.id)


def test_an_import_without_a_plan_that_awaits_a_commit_cannot_be_committed() -> None:
    backend = a_backend()
    waiting = backend.upload(dry_run=True)
    done = backend.run(backend.upload(), opening(HEADER, KNOWN))
    cancelled = backend.cancel(planned(backend, NEW))

    for job in (waiting, done, cancelled):
        with pytest.raises(Conflict) as conflict:
            backend.commit(job, cancelled.decision.plan_hash)
        assert reason(conflict) == "import_not_awaiting_commit"


def test_a_plan_expires_after_seven_days() -> None:
    backend = a_backend()
    job = planned(backend, KNOWN)
    backend.clock += timedelta(days=7)

    shown = get_import(MERCHANT, job.id, now=backend.clock, imports=backend.imports)
    assert (shown.status, shown.finished_at) == ("expired", job.decision.plan_expires_at)
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
    hashes = [planned(a_backend(person), row).decision.plan_hash for person, row in rows.values()]
    assert len(set(hashes)) == len(hashes)
    assert planned(a_backend(a_customer(phone=A)), KNOWN).decision.plan_hash == hashes[0]

    other = a_backend(a_customer(phone=A))
    job = other.upload(b"another file", dry_run=True)
    other.planned(job, opening(HEADER, KNOWN))
    assert other.imports.get(MERCHANT, job.id).decision.plan_hash != hashes[0]


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
        def add(self, merchant_id: Any, customer: Customer, *rest: Any, **options: Any) -> None:
            gone = replace(customer, group="gone") if customer.group == "vip" else customer
            super().add(merchant_id, gone, *rest, **options)

    backend = Backend(Emptied())
    header = ("Họ và tên", "SĐT", "Nhóm khách hàng")
    job = backend.upload()

    backend.run(job, opening(header, ("Lan", "0912345678", "VIP"), ("Ánh", "0987654321", "")))

    assert [(row.outcome, row.customer_id is None) for row in backend.rows(job)] == [
        ("invalid", True),
        ("created", False),
    ]


def test_a_commit_waits_for_the_lock_while_another_import_is_applied() -> None:
    backend = a_backend()
    job = planned(backend, KNOWN)
    other = backend.upload()
    (ready,) = backend.planned(other, opening(HEADER, ("Sửa", "0912345678", "", "", "")))
    backend.commit(job)

    assert backend.queue(job).next == "wait"
    backend.apply(other, ready)
    backend.finish(other)
    done = backend.carry_on(job)

    assert [(row.outcome, row.problems[0].code) for row in backend.rows(done)] == [
        ("conflict", "moved")
    ]
