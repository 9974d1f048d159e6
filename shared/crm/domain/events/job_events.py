"""Outbound events of finished imports and exports: ids and counts, no personal data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crm.domain.exports.job import ExportJob
from crm.domain.imports.job import ImportJob
from crm.domain.kernel.ids import MerchantId, derived_ulid
from crm.domain.kernel.sources import OutboundEvent, outbound_event
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


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent[Finished: (ImportJob, ExportJob)]:
    """An event of a job that a write finished; `job` names it in the detail and in the id.

    A job that was stopped and resumed finishes again, at a higher revision.
    """

    name: str
    of: type[Finished]
    job: str
    detail: Callable[[Finished], Mapping[str, Any]]

    def event_of(self, change: JobChange) -> OutboundEvent | None:
        """Return the event of a write, if it finished such a job."""
        before, after = change.before, change.after
        if not isinstance(after, self.of) or after.finished_at is None:
            return None
        if isinstance(before, self.of) and before.finished_at == after.finished_at:
            return None
        ended = after.finished_at
        return outbound_event(
            self.name,
            derived_ulid(moment(ended), self.job, after.id, str(after.revision)),
            change.merchant_id,
            occurred_at=ended,
            revision=after.revision,
            detail={self.job: self.detail(after)},
        )
