"""The events that tell others how imports and exports ended: ids and counts, and nobody's data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crm.domain.exports.job import ExportJob
from crm.domain.imports.job import ImportJob
from crm.domain.kernel.ids import MerchantId, derived_ulid
from crm.domain.kernel.sources import OutboundEvent
from crm.domain.kernel.times import moment
from crm.domain.loyalty.recomputes import Recompute

type Job = ImportJob | ExportJob | Recompute


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChange:
    """A write to the row of an import, an export or a recompute, at its place in the stream."""

    merchant_id: MerchantId
    sequence: str
    before: Job | None
    after: Job


def job_event(change: JobChange) -> OutboundEvent | None:
    """Return the event of a job that ended by this write; a repeated write has the same id.

    A job that was stopped and taken up again ends once more, at a higher revision. A recompute is
    told of by what it does to customers.
    """
    before, after = change.before, change.after
    if isinstance(after, Recompute):
        return None
    ended = after.finished_at
    if ended is None or (not isinstance(before, Recompute | None) and before.finished_at == ended):
        return None
    name, told = _told(after)
    return OutboundEvent(
        f"{name.capitalize()}Finished",
        {
            "event_id": derived_ulid(moment(ended), name, after.id, str(after.revision)),
            "merchant_id": change.merchant_id,
            "occurred_at": ended,
            "revision": after.revision,
            name: told,
        },
    )


def _told(job: ImportJob | ExportJob) -> tuple[str, Mapping[str, Any]]:
    failure = job.failure.code if job.failure else None
    same = {"id": job.id, "status": job.status, "failure": failure}
    if isinstance(job, ExportJob):
        return "export", {**same, "scope": job.scope, "format": job.format, "rows": job.rows}
    return "import", {
        **same,
        "kind": job.kind,
        "mode": job.mode,
        "rows": job.total,
        "result": job.result.by_outcome() if job.result else None,
    }
