"""React to writes to the table: publish events and start jobs."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import itemgetter

from crm.domain.customers.changes import CustomerChange
from crm.domain.events.job_events import JobChange
from crm.domain.events.outbound import events_of
from crm.domain.exports.job import ExportJob
from crm.domain.imports.job import ImportJob
from crm.domain.kernel.errors import Busy
from crm.domain.loyalty.recomputes import Recompute
from crm.ports.events import Events
from crm.ports.exports import ExportRuns
from crm.ports.imports import ImportRuns
from crm.ports.loyalty import RecomputeRuns


def announce_changes(
    changes: Sequence[CustomerChange], jobs: Sequence[JobChange] = (), *, events: Events
) -> str | None:
    """Publish the events of each change; return the sequence of the first refused one, if any."""
    written: list[CustomerChange | JobChange] = [*changes, *jobs]
    outbound = [(change.sequence, event) for change in written for event in events_of(change)]
    outbound.sort(key=itemgetter(0))
    refused = events.publish([event for _, event in outbound])
    return outbound[min(refused)][0] if refused else None


def start_exports(jobs: Sequence[JobChange], *, runs: ExportRuns) -> str | None:
    """Start each new export once; return the sequence of the first that could not start.

    The HTTP request starts the export too; this covers a request that died before it did.
    """
    return _first_refused(
        (job.sequence, partial(runs.start, job.merchant_id, job.after.id))
        for job in jobs
        if job.before is None and isinstance(job.after, ExportJob) and job.after.status == "queued"
    )


def start_recomputes(jobs: Sequence[JobChange], *, runs: RecomputeRuns) -> str | None:
    """Start each new recompute, as `start_exports` starts exports."""
    return _first_refused(
        (job.sequence, partial(runs.start, job.merchant_id, job.after.id))
        for job in jobs
        if job.before is None and isinstance(job.after, Recompute)
    )


def start_imports(jobs: Sequence[JobChange], *, runs: ImportRuns) -> str | None:
    """Start the run of each import that was committed or is being reverted, once.

    Returns the sequence of the first that could not start. The HTTP request starts the run too;
    this covers a request that died before it did.
    """
    return _first_refused(
        (job.sequence, partial(runs.start, job.merchant_id, job.after.id, job.after.run))
        for job in jobs
        if isinstance(job.after, ImportJob)
        and job.after.run is not None
        and not (isinstance(job.before, ImportJob) and job.before.run == job.after.run)
    )


def _first_refused(starts: Iterable[tuple[str, Callable[[], None]]]) -> str | None:
    """Call each start until one raises `Busy`; return the sequence of that one."""
    for sequence, start in starts:
        try:
            start()
        except Busy:
            return sequence
    return None
