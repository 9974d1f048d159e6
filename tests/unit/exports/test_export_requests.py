"""Requests, links, cancellation and lists of exports."""

from pathlib import Path
from typing import Any

import pytest

from crm.domain.events.job_events import Job, JobChange
from crm.domain.kernel.errors import Conflict, Forbidden, NotFound
from crm.domain.kernel.permissions import OF_ROLE
from crm.domain.kernel.times import stamp
from crm.usecases.events.stream_changes import start_exports
from crm.usecases.exports.exports import (
    ExportRequest,
    cancel_export,
    fetch_export,
    list_exports,
    request_export,
)
from tests.builders import MERCHANT, an_act, moment
from tests.export_builders import Exporting, an_export, export_id, people
from tests.fakes.exports import InMemoryExports, RecordedRuns
from tests.fakes.imports import InMemoryFiles
from tests.import_builders import a_job


def requested(
    exports: InMemoryExports, files: InMemoryFiles, runs: RecordedRuns, **fields: Any
) -> Any:
    ordinary: dict[str, Any] = {
        "scope": "all",
        "format": "xlsx",
        "columns": ("code",),
        "locale": "vi",
        "masked": False,
    }
    return request_export(
        MERCHANT,
        export_id(),
        ExportRequest(**{**ordinary, **fields}),
        act=an_act(),
        exports=exports,
        files=files,
        runs=runs,
    )


def test_a_requested_export_is_started() -> None:
    exports, files, runs = InMemoryExports(), InMemoryFiles(), RecordedRuns()

    job = requested(exports, files, runs, scope="selected", customer_ids=["b", "a", "b"])

    assert (job.status, job.selected, runs.started) == ("queued", 2, [job.id])
    assert files.read(MERCHANT, "exports", f"{job.id}/selection.json") == b'["a", "b"]'


def test_the_stream_starts_an_export_that_could_not_start() -> None:
    exports, runs = InMemoryExports(), RecordedRuns(fails=True)
    job = requested(exports, InMemoryFiles(), runs)
    change = JobChange(merchant_id=MERCHANT, sequence="7", before=None, after=job)

    assert job.status == "queued"
    assert start_exports([change], runs=runs) == "7"
    runs = RecordedRuns()
    assert start_exports([change], runs=runs) is None
    assert runs.started == [job.id]


def test_the_stream_starts_only_new_queued_exports() -> None:
    runs = RecordedRuns()
    waiting = an_export()
    others: list[tuple[Job | None, Job]] = [
        (waiting, waiting),
        (None, waiting.cancelled("2026")),
        (None, a_job()),
    ]

    changes = [
        JobChange(merchant_id=MERCHANT, sequence="7", before=before, after=after)
        for before, after in others
    ]

    assert start_exports(changes, runs=runs) is None
    assert runs.started == []


def fetched(exporting: Exporting, role: str = "manager", minutes: float = 70) -> Any:
    return fetch_export(
        MERCHANT,
        export_id(),
        act=an_act(now=moment(minutes)),
        permissions=OF_ROLE[role],
        exports=exporting.exports,
        files=exporting.files,
        history=exporting.history,
    )


@pytest.mark.req("B-15")
def test_a_link_expires_after_15_minutes_and_is_recorded_in_the_history(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.run()

    link = fetched(exporting)

    assert link.expires_at == stamp(moment(85))
    assert link.file_name == "khach-hang-2026-11-22.csv"
    assert f"exports/{MERCHANT}/{exporting.now.file}" in link.url
    assert [line.kind for line in exporting.history.lines.values()] == [
        "exported", "export_fetched",
    ]  # fmt: skip


@pytest.mark.req("B-15")
def test_a_user_with_fewer_permissions_than_the_creator_gets_no_link(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    exporting.run()

    with pytest.raises(Forbidden):
        fetched(exporting, "staff")
    assert [line.kind for line in exporting.history.lines.values()] == ["exported"]


def test_an_unfinished_or_expired_export_has_no_link(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    with pytest.raises(Conflict):
        fetched(exporting)

    exporting.run()
    with pytest.raises(NotFound):
        fetched(exporting, minutes=65 + 7 * 24 * 60)


def test_cancelling_stops_the_workers_and_removes_the_files(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people())
    buckets = exporting.start()
    exporting.read(buckets[:5])

    job = cancel_export(MERCHANT, export_id(), now=moment(63), exports=exporting.exports)
    exporting.read(buckets[5:])
    written = exporting.write()
    exporting.finish()

    assert (job.status, written, exporting.now.status) == ("cancelled", False, "cancelled")
    assert exporting.files.kept == {}
    assert exporting.mailer.exports == []


def test_an_export_cancelled_while_its_file_is_written_leaves_no_files(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people())
    exporting.read(exporting.start())
    write_from = exporting.files.write_from

    def interrupted(*positional: Any) -> Any:
        write_from(*positional)
        cancel_export(MERCHANT, export_id(), now=moment(63), exports=exporting.exports)

    exporting.files.write_from = interrupted  # type: ignore[assignment,method-assign]
    written = exporting.write()
    exporting.finish()

    assert (written, exporting.now.status) == (False, "cancelled")
    assert exporting.files.kept == {}


def test_cancelling_is_idempotent_and_refused_for_a_finished_export(tmp_path: Path) -> None:
    exporting = Exporting(tmp_path, *people(2))
    first = cancel_export(MERCHANT, export_id(), now=moment(63), exports=exporting.exports)
    assert cancel_export(MERCHANT, export_id(), now=moment(64), exports=exporting.exports) == first

    done = Exporting(tmp_path, *people(2))
    done.run()
    with pytest.raises(Conflict):
        cancel_export(MERCHANT, export_id(), now=moment(70), exports=done.exports)


def test_exports_are_listed_newest_first() -> None:
    exports = InMemoryExports()
    for number in (2, 3, 1):
        exports.add(MERCHANT, an_export(number))

    page = list_exports(MERCHANT, limit=2, before=None, exports=exports)

    assert ([job.id for job in page.items], page.more) == ([export_id(3), export_id(2)], True)
