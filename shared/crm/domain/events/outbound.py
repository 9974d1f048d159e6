"""The outbound events: which change makes which, and what the detail of each adds."""

from collections.abc import Mapping
from typing import Any

from crm.domain.customers.changes import CustomerChange
from crm.domain.events.customer_events import CustomerWrite, PartEvent, WriteEvent
from crm.domain.events.job_events import JobChange, JobEvent
from crm.domain.exports.job import ExportJob
from crm.domain.imports.job import ImportJob
from crm.domain.kernel.sources import OutboundEvent


def events_of(change: CustomerChange | JobChange) -> list[OutboundEvent]:
    """Return the events of a change; the same change always gives the same ids.

    A recompute has no event of its own: the events of the customers that it changes cover it.
    """
    if isinstance(change, JobChange):
        return [event for spec in _OF_JOBS if (event := spec.event_of(change)) is not None]
    if change.after is None:
        return []
    write = CustomerWrite(change.before, change.after)
    events: list[OutboundEvent] = []
    if write.is_public:
        events.append(next(spec.of(write) for spec in _OF_WRITES if spec.when(write)))
    if write.after.status != "merged":
        events += [spec.of(write) for spec in _OF_PARTS if spec.when(write)]
    return events


def _of_import(job: ImportJob) -> Mapping[str, Any]:
    return {
        **_of_job(job),
        "kind": job.options.kind,
        "mode": job.options.mode,
        "rows": job.progress.total,
        "result": job.progress.result.by_outcome() if job.progress.result else None,
    }


def _of_export(job: ExportJob) -> Mapping[str, Any]:
    return {**_of_job(job), "scope": job.scope, "format": job.format, "rows": job.rows}


def _of_job(job: ImportJob | ExportJob) -> Mapping[str, Any]:
    failure = job.failure.code if job.failure else None
    return {"id": job.id, "status": job.status, "failure": failure}


#: Every outbound event. `crm.bus.outbound` has the model of each detail.
EVENTS: tuple[WriteEvent | PartEvent | JobEvent[ImportJob] | JobEvent[ExportJob], ...] = (
    WriteEvent(name="CustomerCreated", when=lambda write: write.before is None),
    WriteEvent(
        name="CustomerErased",
        when=lambda write: (
            write.after.status == "merged"
            or (write.changes_status and write.after.status == "erased")
        ),
    ),
    WriteEvent(
        name="CustomerMerged",
        when=lambda write: write.merged_ids,
        detail=lambda write: {"merged_ids": write.merged_ids},
    ),
    WriteEvent(
        name="CustomerUnmerged",
        when=lambda write: write.unmerged_ids,
        detail=lambda write: {"unmerged_ids": write.unmerged_ids},
    ),
    WriteEvent(
        name="CustomerArchived",
        when=lambda write: write.changes_status and write.after.status == "archived",
    ),
    WriteEvent(name="CustomerRestored", when=lambda write: write.changes_status),
    WriteEvent(name="CustomerUpdated", when=lambda _: True),
    PartEvent(
        name="TierChanged",
        field="membership",
        when=lambda write: write.now.tier != write.was.tier,
        detail=lambda write: {"was": write.was.tier, "now": write.now.tier},
    ),
    # Points that a merge or its undo moves between records are neither earned nor redeemed.
    PartEvent(
        name="PointsEarned",
        field="membership",
        when=lambda write: (
            write.now.points.earned > write.was.points.earned and not write.is_of_merge
        ),
        detail=lambda write: {"points": write.now.points.earned - write.was.points.earned},
    ),
    PartEvent(
        name="PointsRedeemed",
        field="membership",
        when=lambda write: write.now.points.used > write.was.points.used and not write.is_of_merge,
        detail=lambda write: {"points": write.now.points.used - write.was.points.used},
    ),
    PartEvent(
        name="PointsExpiring",
        field="membership",
        when=lambda write: (
            write.now.expiring
            and write.now.expiring != write.was.expiring
            and not write.is_of_merge
        ),
        detail=lambda write: write.now.expiring._asdict() if write.now.expiring else {},
    ),
    JobEvent(name="ImportFinished", of=ImportJob, job="import", detail=_of_import),
    JobEvent(name="ExportFinished", of=ExportJob, job="export", detail=_of_export),
)
_OF_WRITES = tuple(spec for spec in EVENTS if isinstance(spec, WriteEvent))
_OF_PARTS = tuple(spec for spec in EVENTS if isinstance(spec, PartEvent))
_OF_JOBS = tuple(spec for spec in EVENTS if isinstance(spec, JobEvent))
