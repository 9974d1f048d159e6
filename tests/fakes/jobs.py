"""Jobs of one kind in memory, as `crm.aws.dynamodb.job_rows` stores them in the table."""

from dataclasses import replace
from typing import Any, Protocol

from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.transitions import StateMachine


class _Job(Protocol):
    @property
    def merchant_id(self) -> MerchantId: ...

    @property
    def id(self) -> str: ...

    @property
    def status(self) -> str: ...

    @property
    def revision(self) -> int: ...


class InMemoryJobs[Job: _Job]:
    """Jobs by merchant and id; each write is checked as an adapter's condition checks it."""

    def __init__(self, kind: str, states: StateMachine[Any, Any]) -> None:
        self._kind = kind
        self._states = states
        self._jobs: dict[tuple[MerchantId, str], Job] = {}

    def add(self, job: Job) -> None:
        """Store a new job; a repeated call changes nothing."""
        self._jobs.setdefault((job.merchant_id, job.id), job)

    def get(self, merchant_id: MerchantId, job_id: str) -> Job:
        """Return a job, or raise `NotFound`."""
        try:
            return self._jobs[merchant_id, job_id]
        except KeyError:
            raise NotFound(f"{self._kind}_not_found") from None

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: str | None
    ) -> tuple[list[Job], bool]:
        """Return the newest jobs older than `before`, newest first, and whether there are more."""
        ids = sorted((each for owner, each in self._jobs if owner == merchant_id), reverse=True)
        older = [each for each in ids if before is None or each < before]
        return [self._jobs[merchant_id, each] for each in older[:limit]], len(older) > limit

    def replace(self, before: Job, after: Job) -> Job:
        """Store `after` with the next revision, or raise `Stale`."""
        stored = self._jobs[before.merchant_id, before.id]
        allowed = stored.status in self._states.sources(after.status)
        if stored.revision != before.revision or not allowed:
            raise Stale("stale", current_version=None)
        after = replace(after, revision=before.revision + 1)  # type: ignore[type-var]  # a dataclass
        self._jobs[before.merchant_id, before.id] = after
        return after
