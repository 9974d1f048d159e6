"""Every event in every state of an import, as `docs/states.md` says: the job and use cases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import product
from typing import get_args

import pytest

from crm.domain.imports.job import PLAN_LASTS, STOPPED, Decision, ImportJob
from crm.domain.imports.progress import Counts, Progress
from crm.domain.imports.transitions import IMPORT_STATES, Event, Status
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.jobs import Failure
from crm.domain.kernel.times import stamp
from crm.domain.kernel.transitions import NotAllowed
from tests.builders import MERCHANT
from tests.import_builders import EXECUTION, Backend, a_job, import_id, opening
from tests.import_scenarios import HEADER, KNOWN
from tests.state_tables import (
    DocumentedEvent,
    assert_moves,
    documented_events,
    documented_table,
    table_of,
)

STATUSES: tuple[Status, ...] = get_args(Status)
EVENTS: tuple[Event, ...] = get_args(Event)
DOCUMENTED = {each.event: each for each in documented_events("Imports")}
HASH = "ab" * 32
HOUR = timedelta(hours=1)
#: The plans of the jobs below have expired by then.
LATE = "9999-12-31T00:00:00.000Z"

#: States that an import leaves before or by its commit.
UNCOMMITTED = {"awaiting_upload", "planning", "awaiting_commit", "expired"}

type Move = Callable[[ImportJob], ImportJob]

MOVES: dict[Event, Move] = {
    "read": lambda job: job.reading(EXECUTION),
    "queue": lambda job: job.waiting(),
    "plan": lambda job: job.planning(),
    "await_commit": lambda job: job.with_plan(Counts(), HASH, LATE),
    "expire": lambda job: job.as_of(LATE),
    "commit": lambda job: job.committed(LATE),
    "apply": lambda job: job.applying(1, LATE),
    "finish": lambda job: job.finished(Counts(), LATE),
    "fail": lambda job: job.failed(Failure(STOPPED), Counts(), LATE),
    "cancel": lambda job: job.cancelled(LATE),
    "stop": lambda job: job.stopped(Counts(), LATE),
    "revert": lambda job: job.reverting(),
    "finish_revert": lambda job: job.reverted(Counts()),
    "stop_revert": lambda job: job.revert_stopped(),
}


def a_job_in(status: Status, backend: Backend, *, committed: bool = False) -> ImportJob:
    """Return an import in a state, with all that its events require."""
    at = stamp(backend.clock - HOUR)
    expires_at = backend.clock + (-HOUR if status == "expired" else PLAN_LASTS)
    return a_job(
        status="awaiting_commit" if status == "expired" else status,
        decision=Decision(
            plan_hash=HASH,
            plan_expires_at=stamp(expires_at),
            committed_at=at if committed else None,
            reverts_from="finished" if status == "reverting" else None,
        ),
        progress=Progress(applying_at=at),
        failure=Failure(STOPPED) if status == "failed" else None,
        execution=EXECUTION,
        finished_at=at if status in {"finished", "failed", "cancelled", "reverted"} else None,
        email=None,
    )


def test_the_documented_states_are_those_of_the_code() -> None:
    assert documented_table("Imports") == table_of(IMPORT_STATES)  # type: ignore[arg-type]
    assert [each.event for each in IMPORT_STATES.transitions] == list(EVENTS)
    named = {state for each in IMPORT_STATES.transitions for state in each.starts + each.leads_to}
    assert named == set(STATUSES)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("status", STATUSES)
def test_a_job_moves_by_the_documented_events_and_refuses_all_others(
    status: Status, event: Event
) -> None:
    job = replace(a_job_in(status, Backend()), status=status)

    if event == "expire" and status not in DOCUMENTED[event].starts:
        assert MOVES[event](job) == job
    else:
        assert_moves(DOCUMENTED[event], status, partial(MOVES[event], job))


DECISIONS: dict[Event, Callable[[Backend, ImportJob], ImportJob]] = {
    "commit": lambda backend, job: backend.commit(job, HASH),
    "cancel": Backend.cancel,
    "revert": Backend.revert,
}


@pytest.mark.parametrize(
    ("status", "event", "committed"),
    [
        *product(STATUSES, DECISIONS, [False]),
        *product([each for each in STATUSES if each not in UNCOMMITTED], DECISIONS, [True]),
    ],
)
def test_a_merchant_decides_in_the_documented_states_only(
    status: Status, event: Event, *, committed: bool
) -> None:
    backend = Backend()
    job = a_job_in(status, backend, committed=committed)
    backend.imports.add(MERCHANT, job)
    before = backend.imports.get(MERCHANT, job.id)
    documented = DOCUMENTED[event]
    # Only a committed plan can be committed again, or resumed.
    uncommitted = event == "commit" and not committed and status != "awaiting_commit"

    if not uncommitted and status in documented.starts:
        assert {DECISIONS[event](backend, job).status} == documented.leads_to
    elif not uncommitted and status in documented.repeats:
        assert DECISIONS[event](backend, job) == before
        assert backend.imports.get(MERCHANT, job.id) == before
    else:
        with pytest.raises(Conflict) as conflict:
            DECISIONS[event](backend, job)
        assert conflict.value.code == documented.code_in(status)
        assert backend.imports.get(MERCHANT, job.id) == before


def _read(backend: Backend, job: ImportJob) -> None:
    backend.read(job, opening(HEADER, KNOWN))


def _queue_behind_another(backend: Backend, job: ImportJob) -> None:
    until = backend.clock + HOUR
    assert backend.imports.take_lock(MERCHANT, import_id(9), now=backend.clock, until=until)
    backend.queue(job)


def _queue(backend: Backend, job: ImportJob) -> None:
    backend.queue(job)


def _settle(backend: Backend, job: ImportJob) -> None:
    backend.settle(job)


def _finish(backend: Backend, job: ImportJob) -> None:
    backend.finish(job)


def _break(backend: Backend, job: ImportJob) -> None:
    backend.finish(job, failure=STOPPED)


#: Steps of the state machine: whether the import is a dry run and committed, and the events that a
#: step may cause.
STEPS: list[tuple[Callable[[Backend, ImportJob], None], bool, bool, set[Event]]] = [
    (_read, False, False, {"read"}),
    (_queue_behind_another, False, False, {"queue"}),
    (_queue, False, False, {"plan"}),
    (_queue, True, True, {"queue"}),
    (_settle, True, False, {"await_commit"}),
    (_settle, True, True, {"apply"}),
    (_settle, False, False, {"apply"}),
    (_finish, False, False, {"finish", "stop", "finish_revert"}),
    (_break, False, False, {"fail", "stop", "stop_revert"}),
]


@pytest.mark.parametrize(("step", "dry_run", "committed", "events"), STEPS)
@pytest.mark.parametrize("status", STATUSES)
def test_a_worker_moves_an_import_in_the_documented_states_only(
    status: Status,
    step: Callable[[Backend, ImportJob], None],
    events: set[Event],
    *,
    dry_run: bool,
    committed: bool,
) -> None:
    backend = Backend()
    job = a_job_in(status, backend, committed=committed)
    job = replace(job, options=replace(job.options, dry_run=dry_run))
    if status == "cancelled" and "stop" in events:
        job = replace(job, finished_at=None)
    backend.imports.add(MERCHANT, job)
    backend.files.write(MERCHANT, "uploads", f"{job.id}/upload", b"x")
    before = backend.imports.get(MERCHANT, job.id)
    possible = [_started(DOCUMENTED[event], status) for event in events]
    leads_to = frozenset[str]().union(*possible)

    try:
        step(backend, job)
    except NotAllowed:
        assert not leads_to
    after = backend.imports.get(MERCHANT, job.id)

    if leads_to:
        assert after.status in leads_to
        assert "stop" not in events or after.finished_at is not None or status == "reverting"
    else:
        assert after == before


def _started(documented: DocumentedEvent, status: Status) -> frozenset[str]:
    return documented.leads_to if status in documented.starts else frozenset()
