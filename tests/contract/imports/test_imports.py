"""The contract of `ports.Imports`, for every provider."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from crm.aws.dynamodb.table import Table
from crm.aws.imports.jobs import DynamoImports
from crm.domain.imports.job import Decision, ImportFile, ImportOptions
from crm.domain.imports.progress import Counts, Progress
from crm.domain.imports.transitions import Status
from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.jobs import Failure
from crm.ports.imports import Imports
from tests.builders import MERCHANT, OTHER_MERCHANT, fields_left_out, moment
from tests.fakes.imports import InMemoryImports
from tests.import_builders import a_job, import_id
from tests.state_tables import allowed_moves, pages_of_two, stored_moves

SOON = timedelta(minutes=15)


@pytest.fixture
def imports(engine: Table | None) -> Imports:
    return InMemoryImports() if engine is None else DynamoImports(engine)


def test_an_import_is_read_back_as_stored(imports: Imports) -> None:
    imports.add(MERCHANT, a_job())

    assert imports.get(MERCHANT, import_id()) == a_job()


def test_an_import_is_invisible_to_other_merchants(imports: Imports) -> None:
    imports.add(MERCHANT, a_job())

    with pytest.raises(NotFound):
        imports.get(OTHER_MERCHANT, import_id())
    assert imports.newest(OTHER_MERCHANT, limit=10, before=None).items == ()


def test_adding_an_import_twice_stores_it_once(imports: Imports) -> None:
    imports.add(MERCHANT, a_job())
    reading = imports.replace(MERCHANT, a_job(), a_job().reading("first"))

    imports.add(MERCHANT, a_job())

    assert imports.get(MERCHANT, import_id()) == reading


def test_every_field_of_an_import_is_stored(imports: Imports) -> None:
    refusal = Failure("too_many_rows", {"limit": 200_000})
    job = a_job(
        status="failed",
        options=ImportOptions(
            mode="skip",
            kind="points",
            dry_run=True,
            opening_balances=True,
            mapping={"Mã": "card_code"},
        ),
        file=ImportFile(
            name="điểm.csv",
            refusal=refusal,
            hash="ab",
            ignored_columns=("Ghi",),
            hidden_sheets=("Ẩn",),
            hidden_rows=3,
        ),
        decision=Decision(
            plan_hash="cd",
            plan_expires_at="2026-11-29T05:00",
            committed_at="2026-11-23T05:00",
            resumes=1,
            reverts=2,
            reverts_from="failed",
        ),
        progress=Progress(
            chunks=2,
            total=1_000,
            read=999,
            planned=998,
            applied=997,
            result=Counts({"created": 987, "invalid": 10}),
            first_code=7,
            applying_at="2026-11-23T05:01",
            undone=Counts({"reverted": 9, "kept": 1}),
        ),
        execution="first",
        report="csv",
        failure=refusal,
        mail="sent",
        finished_at="2026-11-23T05:02",
        revision=5,
    )
    for part in (job, job.options, job.file, job.decision, job.progress):
        assert fields_left_out(part) == []

    imports.add(MERCHANT, job)

    assert imports.get(MERCHANT, import_id()) == job


def test_an_import_without_an_address_is_stored(imports: Imports) -> None:
    imports.add(MERCHANT, a_job(email=None))

    assert imports.get(MERCHANT, import_id()) == a_job(email=None)


def test_every_decision_about_an_import_is_stored(imports: Imports) -> None:
    before = a_job(dry_run=True)
    imports.add(MERCHANT, before)
    planning = before.reading("first").has_read(10, 1).planning()
    planned = planning.with_plan(Counts({"created": 10}), "cd", "2026-11-29T05:00")
    committed = planned.committed("2026-11-23T05:00")
    applying = committed.applying(7, "2026-11-23T05:01")
    finished = applying.finished(Counts({"created": 10}), "2026-11-23T05:02")
    reverting = finished.reverting()
    reverted = reverting.reverted(Counts({"reverted": 9, "kept": 1}))
    steps = (planning, planned, committed, applying, finished, reverting, reverted)

    for after in (before.reading("first"), *steps):
        kept = imports.replace(MERCHANT, before, after)
        before = imports.get(MERCHANT, import_id())
        expected = replace(after, revision=kept.revision)
        assert kept == expected
        progress = replace(before.progress, planned=after.progress.planned)
        assert replace(before, progress=progress) == expected


def test_an_import_is_written_only_as_its_documented_states_allow(imports: Imports) -> None:
    statuses = get_args(Status)

    written = stored_moves(imports, statuses, lambda number, status: a_job(number, status=status))

    assert written == allowed_moves("Imports", statuses)


def test_the_progress_of_a_revert_is_the_sum_of_its_chunks(imports: Imports) -> None:
    imports.add(MERCHANT, a_job(status="reverting"))
    undone = Counts({"reverted": 499, "kept": 1})
    imports.record(MERCHANT, import_id(), "reverted", 0, undone, now=moment())

    assert imports.get(MERCHANT, import_id()).progress.undone == undone


def test_a_cancelled_import_counts_rows_until_its_workers_have_stopped(
    imports: Imports,
) -> None:
    applying = a_job(status="applying")
    imports.add(MERCHANT, applying)
    cancelled = imports.replace(MERCHANT, applying, applying.cancelled("2026-11-23T05:01"))
    done = Counts({"created": 500})
    imports.record(MERCHANT, import_id(), "applied", 0, done, now=moment())

    seen = imports.get(MERCHANT, import_id())
    assert (seen.status, seen.progress.applied, seen.finished_at) == ("cancelled", 500, None)
    imports.replace(MERCHANT, cancelled, cancelled.stopped(done, "2026-11-23T05:02"))
    assert imports.get(MERCHANT, import_id()).finished_at == "2026-11-23T05:02"


def test_replacing_a_stale_import_is_refused(imports: Imports) -> None:
    imports.add(MERCHANT, a_job())
    imports.replace(MERCHANT, a_job(), a_job().reading("first"))

    with pytest.raises(Stale):
        imports.replace(MERCHANT, a_job(), a_job().reading("second"))
    assert imports.get(MERCHANT, import_id()).execution == "first"


def test_imports_are_listed_newest_first_page_by_page(imports: Imports) -> None:
    assert pages_of_two(imports, a_job) == [
        ([import_id(3), import_id(2)], True),
        ([import_id(1)], False),
    ]


def test_recording_a_chunk_twice_counts_it_once(imports: Imports) -> None:
    for _ in range(2):
        imports.record(MERCHANT, import_id(), "planned", 3, Counts({"created": 2}), now=moment())
    imports.record(MERCHANT, import_id(), "planned", 11, Counts({"invalid": 1}), now=moment())
    imports.record(MERCHANT, import_id(2), "planned", 0, Counts({"created": 1}), now=moment())

    assert imports.recorded(MERCHANT, import_id(), "planned") == {
        3: Counts({"created": 2}),
        11: Counts({"invalid": 1}),
    }
    assert imports.recorded(MERCHANT, import_id(), "applied") == {}
    assert imports.recorded(OTHER_MERCHANT, import_id(), "planned") == {}


def test_the_progress_of_an_import_is_the_sum_of_its_chunks(imports: Imports) -> None:
    planning = a_job(status="planning")
    imports.add(MERCHANT, planning)
    imports.record(MERCHANT, import_id(), "planned", 0, Counts({"created": 500}), now=moment())
    imports.record(MERCHANT, import_id(), "planned", 1, Counts({"created": 7}), now=moment())
    imports.record(MERCHANT, import_id(), "applied", 0, Counts({"created": 500}), now=moment())

    assert imports.get(MERCHANT, import_id()).progress.planned == 507
    read = planning.has_read(507, 2)
    imports.replace(MERCHANT, planning, read.applying(1, "2026-11-23T05:00"))

    (job,) = imports.newest(MERCHANT, limit=1, before=None).items
    assert (job.progress.planned, job.progress.applied) == (507, 500)


def test_one_import_of_a_merchant_holds_the_lock(imports: Imports) -> None:
    now = moment()
    assert imports.take_lock(MERCHANT, import_id(1), now=now, until=now + SOON)
    assert imports.take_lock(MERCHANT, import_id(1), now=now, until=now + SOON)

    assert not imports.take_lock(MERCHANT, import_id(2), now=now, until=now + SOON)
    assert imports.take_lock(OTHER_MERCHANT, import_id(3), now=now, until=now + SOON)


def test_the_lock_is_free_when_it_is_released_or_has_expired(
    imports: Imports,
) -> None:
    now = moment()
    imports.take_lock(MERCHANT, import_id(1), now=now, until=now + SOON)
    imports.release_lock(MERCHANT, import_id(2))
    assert not imports.take_lock(MERCHANT, import_id(2), now=now, until=now + SOON)

    imports.release_lock(MERCHANT, import_id(1))
    assert imports.take_lock(MERCHANT, import_id(2), now=now, until=now + SOON)

    later = now + SOON + SOON
    assert imports.take_lock(MERCHANT, import_id(3), now=later, until=later + SOON)
    assert not imports.take_lock(MERCHANT, import_id(2), now=later, until=later + SOON)
