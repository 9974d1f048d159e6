"""Jobs of one kind: one row each, sorted by ULID, with optimistic locking on the revision."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Protocol

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row
from crm.aws.dynamodb.table import Cancelled, Row, Table, before_key
from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import MerchantId


class _Job(Protocol):
    """The attributes that every job has."""

    @property
    def revision(self) -> int: ...


class JobRows[Job: _Job]:
    """Store jobs of one kind, given functions that convert a job to a row and back."""

    def __init__(
        self,
        table: Table,
        kind: str,
        row_of: Callable[[Job], Row],
        job_of: Callable[[MerchantId, Mapping[str, Any]], Job],
    ) -> None:
        self._table = table
        self._kind = kind
        self._row_of = row_of
        self._job_of = job_of

    def add(self, job: Job) -> None:
        """Store a new job; a repeated call changes nothing."""
        try:
            self._table.write(self._table.putting(self._row_of(job), "attribute_not_exists(pk)"))
        except Cancelled:
            return

    def get(self, merchant_id: MerchantId, job_id: str) -> Job:
        """Return a job, or raise `NotFound`."""
        item = self._table.get(keys.of_job(merchant_id, self._kind, job_id))
        if item is None:
            raise NotFound(f"{self._kind}_not_found")
        return self._job_of(merchant_id, plain_row(item))

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: str | None
    ) -> tuple[list[Job], bool]:
        """Return the newest jobs older than `before`, newest first, and whether there are more."""
        answer = self._table.query(
            **before_key(keys.of_jobs(merchant_id, self._kind), before),
            ScanIndexForward=False,
            Limit=limit + 1,
        )
        jobs = [self._job_of(merchant_id, plain_row(item)) for item in answer["Items"]]
        return jobs[:limit], len(jobs) > limit

    def replace(self, before: Job, after: Job, starts: Collection[str] = ()) -> Job:
        """Store `after` with the next revision and return it, or raise `Stale`.

        `starts` are the statuses from which the job may come to its new one; empty allows any.
        """
        after = replace(after, revision=before.revision + 1)  # type: ignore[type-var]  # a dataclass
        written = self._row_of(after)
        allowed = {f":start{place}": status for place, status in enumerate(sorted(starts))}
        from_starts = f" AND #status IN ({', '.join(allowed)})" if allowed else ""
        try:
            self._table.write(
                self._table.putting(
                    written,
                    f"revision = :seen{from_starts}",
                    {":seen": before.revision, **allowed},
                    {"#status": "status"} if allowed else {},
                )
            )
        except Cancelled as cancelled:
            # After a lost answer the client retries, and finds the row that it wrote itself.
            if cancelled.refused[0] != written:
                raise Stale("stale", current_version=None) from cancelled
        return after
