"""Runs of imports over ports in memory: progress, repeats, resumption, the lock and mails."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from crm.domain.customers.customer import Customer
from crm.domain.imports import file_names as import_files
from crm.domain.imports.job import LOCK_SECONDS, LockHeld
from crm.domain.kernel.ids import ImportId
from crm.domain.kernel.tables import Cell
from crm.domain.merchants.merchant import Mode
from tests.builders import MERCHANT, a_customer
from tests.fakes.imports import RecordedMails
from tests.import_builders import Backend, OpenCustomers, opening
from tests.import_scenarios import ANH, HEADER, A, counted, holder_of


def test_progress_advances_with_every_step() -> None:
    backend = Backend()
    job = backend.upload()
    lines = [HEADER, *[(f"Khách {number}",) for number in range(600)]]

    backend.read(job, opening(*lines))
    seen = [backend.imports.get(MERCHANT, job.id)]
    backend.take_lock(job)
    for chunk in (0, 1):
        backend.plan(job, chunk)
        seen.append(backend.imports.get(MERCHANT, job.id))
    for ready in backend.settle(job):
        seen.append(backend.imports.get(MERCHANT, job.id))
        backend.apply(job, ready)
    seen.append(backend.imports.get(MERCHANT, job.id))
    backend.finish(job)
    seen.append(backend.imports.get(MERCHANT, job.id))

    assert [
        (each.status, each.progress.read, each.progress.planned, each.progress.applied)
        for each in seen
    ] == [
        ("reading", 600, 0, 0),
        ("planning", 600, 500, 0),
        ("planning", 600, 600, 0),
        ("applying", 600, 600, 0),
        ("applying", 600, 600, 500),
        ("applying", 600, 600, 600),
        ("finished", 600, 600, 600),
    ]


def test_a_stopped_import_resumes_only_with_the_same_file() -> None:
    backend = Backend()
    job = backend.upload(b"first")
    first, _ = backend.planned(
        job, opening(HEADER, *[(f"Khách {n}", f"09{n:08}") for n in range(600)])
    )
    backend.apply(job, first)
    backend.finish(job, failure="import_stopped")
    backend.files.write(MERCHANT, "uploads", import_files.upload(job.id), b"another")

    reading = backend.read(job, opening(HEADER, ("Lan", "0912345678")), execution="second")

    after = backend.imports.get(MERCHANT, job.id)
    assert (reading.outcome, after.status) == ("refused", "failed")
    assert after.failure is not None
    assert (after.failure.code, counted(after)) == ("file_changed", {"created": 500})


def test_a_repeated_event_does_nothing() -> None:
    backend = Backend()
    job = backend.upload()
    table = opening(HEADER, ("Lan", "0912345678"))
    backend.read(job, table)

    assert backend.read(job, table, execution="second").outcome == "ignored"
    assert backend.run(backend.upload(), table).progress.result is not None
    backend.finish(job, failure="import_stopped", execution="second")
    assert backend.imports.get(MERCHANT, job.id).status == "reading"


def test_an_event_of_a_file_without_an_import_is_ignored() -> None:
    backend = Backend()
    job = backend.upload()

    assert backend.read(replace(job, id=ImportId("01KXYZ"))).outcome == "ignored"
    backend.finish(replace(job, id=ImportId("01KXYZ")))
    assert backend.mails.sent == []


def test_a_stopped_import_counts_its_applied_rows_and_another_execution_can_resume_it() -> None:
    backend = Backend()
    job = backend.upload()
    table = opening(HEADER, *[(f"Khách {n}", f"09{n:08}") for n in range(600)])
    first, second = backend.planned(job, table)
    backend.apply(job, first)
    backend.finish(job, failure="import_stopped")

    stopped = backend.imports.get(MERCHANT, job.id)
    assert stopped.failure is not None
    assert (stopped.status, stopped.failure.code) == ("failed", "import_stopped")
    assert counted(stopped) == {"created": 500}
    assert stopped.mail == "sent"

    assert backend.read(job, table, execution="second").outcome == "read"
    backend.take_lock(job)
    for ready in backend.settle(job):
        backend.apply(job, ready)
    backend.finish(job, execution="second")
    assert counted(backend.imports.get(MERCHANT, job.id)) == {"created": 600}
    assert holder_of(backend, "phone", "+84900000599").full_name == "Khách 599"
    assert second.chunk == 1


class Interrupted(Exception):
    """The worker is gone."""


class Shaky(OpenCustomers):
    """Customers whose worker is gone after so many writes."""

    def __init__(self, *existing: Customer) -> None:
        self.writes_left = 10**9
        super().__init__(*existing)

    def _count(self) -> None:
        if self.writes_left == 0:
            raise Interrupted
        self.writes_left -= 1

    def add(self, *args: object, **options: object) -> None:
        self._count()
        super().add(*args, **options)  # type: ignore[arg-type]

    def update(self, *args: object, **options: object) -> None:
        self._count()
        super().update(*args, **options)  # type: ignore[arg-type]


MIXED: list[Sequence[Cell]] = [
    HEADER,
    ("Lan", "0912345678", "", "", "Nữ"),
    ("Lê Anh", "", ANH),
    ("Ba", "0900000003"),
    ("Bốn", "0900000004", "bon@moc.example"),
    ("Bốn", "0900000004", "", "4/4/1994"),
    ("Năm", "0900000005"),
    ("Hai người", "0912345678", ANH),
    ("Sai", "09"),
    ("Sáu",),
]


@pytest.mark.parametrize("mode", ["overwrite", "skip", "create_duplicate"])
@pytest.mark.parametrize("writes", range(9))
def test_a_retry_after_a_worker_dies_at_any_write_gives_the_same_result(
    mode: Mode, writes: int
) -> None:
    def carried_out(interrupt: int | None) -> tuple[dict[int, str], list[Customer]]:
        existing = (a_customer(1, phone=A), a_customer(2, email=ANH, status="archived"))
        customers = Shaky(*existing)
        backend = Backend(customers)
        backend.tick = timedelta()
        job = backend.upload(mode=mode)
        for ready in backend.planned(job, opening(*MIXED)):
            if interrupt is not None:
                customers.writes_left = interrupt
                try:
                    backend.apply(job, ready)
                except Interrupted:
                    customers.writes_left = 10**9
            backend.apply(job, ready)
            backend.apply(job, ready)  # an answer that was lost
        backend.finish(job)
        backend.finish(job)
        done = backend.imports.get(MERCHANT, job.id)
        assert done.progress.result is not None
        assert done.progress.result.total == len(MIXED) - 1
        assert [each.id for each in backend.mails.sent] == [job.id]
        outcomes: dict[int, str] = {row.number: row.outcome for row in backend.outcomes(job)}
        return outcomes, customers.everyone(MERCHANT)

    assert carried_out(writes) == carried_out(None)


def test_one_import_of_a_merchant_changes_customers_at_a_time() -> None:
    backend = Backend()
    first, second = backend.upload(), backend.upload()
    table = opening(HEADER, ("Lan", "0912345678"))
    for job, execution in ((first, "one"), (second, "two")):
        backend.read(job, table, execution)

    assert backend.take_lock(first)
    assert not backend.take_lock(second)
    assert backend.imports.get(MERCHANT, second.id).status == "queued"
    with pytest.raises(LockHeld):
        backend.plan(second, 0)

    backend.plan(first, 0)
    for ready in backend.settle(first):
        backend.apply(first, ready)
    backend.finish(first, execution="one")
    assert backend.take_lock(second)
    assert backend.imports.get(MERCHANT, second.id).status == "planning"


def test_a_worker_that_does_not_renew_the_lock_loses_it_to_the_next_import() -> None:
    backend = Backend()
    first, second = backend.upload(status="reading"), backend.upload(status="reading")
    assert backend.take_lock(first)

    backend.clock += timedelta(seconds=LOCK_SECONDS + 10)

    assert backend.take_lock(second)
    assert not backend.take_lock(first)


@pytest.mark.req("001-32")
def test_a_refused_mail_does_not_fail_the_import() -> None:
    backend = Backend()
    backend.mails = RecordedMails(refuses=True)

    job = backend.run(backend.upload(), opening(HEADER, ("Lan",)))

    assert (job.status, job.mail) == ("finished", "failed")


@pytest.mark.req("001-32")
def test_an_import_without_an_address_sends_no_mail() -> None:
    backend = Backend()

    job = backend.run(backend.upload(email=None), opening(HEADER, ("Lan",)))

    assert (job.status, job.mail, backend.mails.sent) == ("finished", "none", [])


def test_stored_files_are_not_named_after_the_uploaded_file() -> None:
    backend = Backend()
    job = backend.upload(file_name="Nguyễn Thị Ánh.xlsx")
    backend.run(job, opening(HEADER, ("Lan",)))

    assert import_files.upload(job.id) == f"{job.id}/upload"
    assert not [name for _, _, name in backend.files.kept if "Ánh" in name]
