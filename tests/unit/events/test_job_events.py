"""Outbound events of finished imports and exports."""

import json
from dataclasses import replace

import pytest

from crm.domain.events.job_events import Job, JobChange
from crm.domain.events.outbound import events_of
from crm.domain.imports.progress import Counts
from crm.domain.kernel.jobs import Failure
from crm.domain.kernel.times import stamp
from crm.usecases.events.stream_changes import announce_changes
from tests.builders import MERCHANT, moment
from tests.export_builders import an_export
from tests.fakes.events import RecordedEvents
from tests.import_builders import a_finished_job, a_job

END = stamp(moment(9))


def a_change(before: Job | None, after: Job, sequence: str = "1") -> JobChange:
    return JobChange(merchant_id=MERCHANT, sequence=sequence, before=before, after=after)


@pytest.mark.req("B-18")
def test_a_finished_import_is_published_with_ids_and_counts_only() -> None:
    result = Counts({"created": 3, "invalid": 1})
    after = a_finished_job(result, END, file_name="Ánh.xlsx", email="anh@example.vn")

    (event,) = events_of(a_change(a_job(status="applying"), after))

    assert (event.kind, event.detail["occurred_at"]) == ("ImportFinished", END)
    detail = event.detail["import"]
    assert (detail["id"], detail["status"], detail["rows"]) == (after.id, "finished", 4)
    assert {name: count for name, count in detail["result"].items() if count} == {
        "created": 3,
        "invalid": 1,
    }
    text = json.dumps(event.detail, ensure_ascii=False)
    assert "Ánh" not in text
    assert "example.vn" not in text


@pytest.mark.req("B-18")
def test_a_failed_export_is_published_with_its_failure_code() -> None:
    after = an_export().failed(Failure("export_stopped"), END)

    (event,) = events_of(a_change(an_export(), after))

    assert event.kind == "ExportFinished"
    assert event.detail["export"] == {
        "id": after.id,
        "status": "failed",
        "failure": "export_stopped",
        "scope": "all",
        "format": "csv",
        "rows": None,
    }


def test_writes_before_and_after_the_end_have_no_event() -> None:
    reading, done = a_job().reading("first"), a_finished_job(Counts(), END)

    assert events_of(a_change(None, a_job())) == []
    assert events_of(a_change(a_job(), reading)) == []
    assert events_of(a_change(done, replace(done, mail="sent", revision=3))) == []


def test_the_same_write_has_the_same_event_id_and_a_second_end_another() -> None:
    first = replace(a_job().failed(Failure("import_stopped"), Counts(), END), revision=5)
    second = replace(a_finished_job(Counts(), stamp(moment(10))), revision=9)

    events = [events_of(a_change(a_job(), job)) for job in (first, first, second)]

    ids = [event.detail["event_id"] for (event,) in events]
    assert ids[0] == ids[1] != ids[2]


def test_a_refused_job_event_is_retried_from_its_sequence() -> None:
    done = an_export().cancelled(END)
    jobs = [a_change(an_export(), done, sequence) for sequence in ("1", "2")]

    assert announce_changes([], jobs, events=RecordedEvents(1)) == "2"
