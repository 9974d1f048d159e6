"""What follows from a write to the table: events told, jobs carried on, facets counted."""

from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter

from crm.domain.customer_events import OutboundEvent, event_of
from crm.domain.errors import Busy
from crm.domain.exports import ExportJob
from crm.domain.facets import CustomerChange, touches_facets
from crm.domain.imports import ImportJob
from crm.domain.job_events import JobChange, job_event
from crm.domain.loyalty_events import loyalty_events
from crm.domain.recomputes import Recompute
from crm.ports import Events, ExportRuns, Facets, ImportRuns, RecomputeRuns


def announce_changes(
    changes: Sequence[CustomerChange], jobs: Sequence[JobChange] = (), *, events: Events
) -> str | None:
    """Publish the events of each change; return the sequence of the first that was not taken."""
    told = [(change.sequence, event) for change in changes for event in _events_of(change)]
    told += [(job.sequence, event) for job in jobs if (event := job_event(job))]
    told.sort(key=itemgetter(0))
    refused = events.publish([event for _, event in told])
    return told[min(refused)][0] if refused else None


def begin_exports(jobs: Sequence[JobChange], *, runs: ExportRuns) -> str | None:
    """Start each new export, once; return the sequence of the first that could not be started.

    The request that asked for it starts it too, unless it died in between.
    """
    for job in jobs:
        export = job.after
        if job.before is None and isinstance(export, ExportJob) and export.status == "queued":
            try:
                runs.start(job.merchant_id, export.id)
            except Busy:
                return job.sequence
    return None


def begin_recomputes(jobs: Sequence[JobChange], *, runs: RecomputeRuns) -> str | None:
    """Start each new recompute, once; return the sequence of the first that could not be started.

    The request that asked for it starts it too, unless it died in between.
    """
    for job in jobs:
        if job.before is None and isinstance(job.after, Recompute):
            try:
                runs.start(job.merchant_id, job.after.id)
            except Busy:
                return job.sequence
    return None


def carry_on_imports(jobs: Sequence[JobChange], *, runs: ImportRuns) -> str | None:
    """Start what carries each import on that was committed or is taken back, once.

    Returns the sequence of the first that could not be started. The request that decided it
    starts it too, unless it died in between.
    """
    for job in jobs:
        before, decided = job.before, job.after
        if not isinstance(decided, ImportJob) or decided.run is None:
            continue
        if isinstance(before, ImportJob) and before.run == decided.run:
            continue
        try:
            runs.start(job.merchant_id, decided.id, decided.run)
        except Busy:
            return job.sequence
    return None


def _events_of(change: CustomerChange) -> list[OutboundEvent]:
    if change.after is None:
        return []
    event = event_of(change.before, change.after)
    return [*([event] if event else ()), *loyalty_events(change.before, change.after)]


def count_changes(changes: Sequence[CustomerChange], *, facets: Facets) -> None:
    """Move the counts and tag members that follow from the changes, each change once."""
    streams: dict[tuple[str, str], list[CustomerChange]] = defaultdict(list)
    for change in touches_facets(changes):
        streams[change.merchant_id, change.bucket].append(change)
    for of_one_partition in streams.values():
        facets.move(of_one_partition[0].merchant_id, of_one_partition)
