"""Imports that are cancelled before they end."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from crm.domain.imports.job import ImportJob
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import MerchantId
from tests.builders import MERCHANT
from tests.fakes.imports import InMemoryImports
from tests.import_builders import opening
from tests.import_scenarios import HEADER, KNOWN, NEW, a_backend, everyone, planned, reason


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
        cancelled = backend.cancel(job)
        assert (cancelled.status, cancelled.progress.result) == ("cancelled", None)
        assert cancelled.finished_at is not None
        assert backend.cancel(job) == cancelled

    assert backend.read(fresh, read).outcome == "ignored"
    assert backend.queue(queued).next == "end"
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

    cancelled = backend.cancel(job)
    assert (cancelled.status, cancelled.finished_at) == ("cancelled", None)
    assert backend.imports.get(MERCHANT, job.id).progress.applied == 500
    with pytest.raises(Conflict) as conflict:
        backend.revert(job)
    assert reason(conflict) == "import_stopping"
    backend.apply(job, second)
    for _ in range(2):
        backend.finish(job)

    stopped = backend.imports.get(MERCHANT, job.id)
    assert stopped.progress.result is not None
    assert (stopped.status, stopped.progress.result.rows) == ("cancelled", {"created": 500})
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


def test_an_import_that_keeps_changing_cannot_be_decided() -> None:
    backend = a_backend()
    job = planned(backend, KNOWN)
    done = backend.run(backend.upload(), opening(HEADER, NEW))
    backend.imports = Moving(backend.imports)

    for decide in (
        partial(backend.commit, job),
        partial(backend.cancel, job),
        partial(backend.revert, done),
    ):
        with pytest.raises(Conflict) as conflict:
            decide()
        assert reason(conflict) == "import_moving"


class Moving(InMemoryImports):
    """Imports that somebody else changes before each write."""

    def __init__(self, imports: InMemoryImports) -> None:
        super().__init__()
        self._jobs = imports._jobs  # noqa: SLF001 - another view of them

    def replace(self, merchant_id: MerchantId, before: ImportJob, after: ImportJob) -> ImportJob:
        super().replace(merchant_id, before, before)
        return super().replace(merchant_id, before, after)
