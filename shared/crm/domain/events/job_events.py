"""Outbound events of finished imports and exports: ids and counts, no personal data."""

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
    """A write to the row of an import, export or recompute, with its stream sequence."""

    merchant_id: MerchantId
    sequence: str
    before: Job | None
    after: Job


def job_event(change: JobChange) -> OutboundEvent | None:
    """Return the event of a job that this write finished; the same write gives the same id.

    A job that was stopped and resumed finishes again, at a higher revision. A recompute has no
    event of its own: the events of the customers that it changes cover it.
    """
    before, after = change.before, change.after
    if isinstance(after, Recompute):
        return None
    ended = after.finished_at
    if ended is None or (not isinstance(before, Recompute | None) and before.finished_at == ended):
        return None
    name, detail = _job_detail(after)
    return OutboundEvent(
        f"{name.capitalize()}Finished",
        {
            "event_id": derived_ulid(moment(ended), name, after.id, str(after.revision)),
            "merchant_id": change.merchant_id,
            "occurred_at": ended,
            "revision": after.revision,
            name: detail,
        },
    )


def _job_detail(job: ImportJob | ExportJob) -> tuple[str, Mapping[str, Any]]:
    failure = job.failure.code if job.failure else None
    shared = {"id": job.id, "status": job.status, "failure": failure}
    if isinstance(job, ExportJob):
        return "export", {**shared, "scope": job.scope, "format": job.format, "rows": job.rows}
    return "import", {
        **shared,
        "kind": job.options.kind,
        "mode": job.options.mode,
        "rows": job.progress.total,
        "result": job.progress.result.by_outcome() if job.progress.result else None,
    }
