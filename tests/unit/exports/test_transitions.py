"""Every event in every state of an export, as `docs/states.md` says."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import get_args

import pytest

from crm.domain.exports.job import STOPPED, ExportJob
from crm.domain.exports.transitions import EXPORT_STATES, Event, Status
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.jobs import Failure
from crm.domain.kernel.times import stamp
from crm.domain.kernel.transitions import NotAllowed
from crm.usecases.exports.exports import cancel_export
from crm.usecases.privacy.erased_files import forget_exports
from tests.builders import MERCHANT, moment
from tests.export_builders import EXECUTION, NOON, Exporting, an_export
from tests.fakes.privacy import InMemoryVersions
from tests.state_tables import assert_moves, documented_events, documented_table, table_of

STATUSES: tuple[Status, ...] = get_args(Status)
EVENTS: tuple[Event, ...] = get_args(Event)
DOCUMENTED = {each.event: each for each in documented_events("Exports")}

MOVES: dict[Event, Callable[[ExportJob], ExportJob]] = {
    "read": lambda job: job.reading(EXECUTION, "UTC", NOON),
    "write": lambda job: job.writing(1, NOON),
    "finish": lambda job: job.finished(NOON),
    "fail": lambda job: job.failed(Failure(STOPPED), NOON),
    "cancel": lambda job: job.cancelled(NOON),
    "erase": lambda job: job.erased(NOON),
}


def test_the_documented_states_are_those_of_the_code() -> None:
    assert documented_table("Exports") == table_of(EXPORT_STATES)  # type: ignore[arg-type]
    assert [each.event for each in EXPORT_STATES.transitions] == list(EVENTS)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("status", STATUSES)
def test_a_job_moves_by_the_documented_events_and_refuses_all_others(
    status: Status, event: Event
) -> None:
    assert_moves(DOCUMENTED[event], status, partial(MOVES[event], an_export(status=status)))


STEPS: dict[Event, Callable[[Exporting], object]] = {
    "read": Exporting.start,
    "write": Exporting.write,
    "finish": Exporting.finish,
    "fail": lambda exporting: exporting.finish(STOPPED),
    "cancel": lambda exporting: cancel_export(
        MERCHANT, exporting.job.id, now=moment(66), exports=exporting.exports
    ),
    "erase": lambda exporting: forget_exports(
        MERCHANT,
        until=stamp(moment(70)),
        now=moment(70),
        exports=exporting.exports,
        files=InMemoryVersions(exporting.files),
    ),
}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("status", STATUSES)
def test_use_cases_move_an_export_in_the_documented_states_only(
    status: Status, event: Event, tmp_path: Path
) -> None:
    ended = {"finished_at": stamp(moment(64))} if status == "finished" else {}
    written = {"sha256": "ab"} if event == "finish" else {}
    exporting = Exporting(tmp_path, status=status, execution=EXECUTION, **ended, **written)
    documented = DOCUMENTED[event]

    code: str | None = None
    with suppress(NotAllowed):
        try:
            STEPS[event](exporting)
        except Conflict as conflict:
            code = conflict.code

    expected = None if status in documented.repeats else documented.code_in(status)
    assert code == (None if status in documented.starts else expected)
    allowed = status in documented.starts
    assert {exporting.now.status} == (documented.leads_to if allowed else {status})
