"""In-memory fakes of the ports of exports."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from zlib import crc32

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import Customer
from crm.domain.exports.job import ExportJob, ReadPart
from crm.domain.exports.transitions import EXPORT_STATES
from crm.domain.kernel.errors import Busy
from crm.domain.kernel.ids import CustomerId, ExportId, MerchantId
from crm.domain.kernel.jobs import JobPage
from crm.domain.lists.pages import WalkedPage
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.jobs import InMemoryJobs


class InMemoryExports:
    """`ports.Exports` over dictionaries."""

    def __init__(self) -> None:
        self._jobs = InMemoryJobs[ExportJob]("export", EXPORT_STATES)
        self._parts: dict[tuple[MerchantId, ExportId], dict[tuple[str, int], ReadPart]] = {}

    def add(self, merchant_id: MerchantId, job: ExportJob) -> None:  # noqa: ARG002 - the job's own
        self._jobs.add(job)

    def get(self, merchant_id: MerchantId, export_id: ExportId) -> ExportJob:
        return self._with_progress(self._jobs.get(merchant_id, export_id))

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: ExportId | None
    ) -> JobPage[ExportJob]:
        jobs, more = self._jobs.newest(merchant_id, limit=limit, before=before)
        return JobPage(tuple(map(self._with_progress, jobs)), more)

    def replace(
        self,
        merchant_id: MerchantId,  # noqa: ARG002 - the job's own
        before: ExportJob,
        after: ExportJob,
    ) -> ExportJob:
        return self._jobs.replace(before, after)

    def record(
        self,
        merchant_id: MerchantId,
        export_id: ExportId,
        part: ReadPart,
        *,
        now: datetime,  # noqa: ARG002 - parts in memory do not expire
    ) -> ReadPart:
        parts = self._parts.setdefault((merchant_id, export_id), {})
        return parts.setdefault((part.bucket, part.number), part)

    def recorded(
        self, merchant_id: MerchantId, export_id: ExportId, bucket: str, number: int
    ) -> ReadPart | None:
        return self._parts.get((merchant_id, export_id), {}).get((bucket, number))

    def parts(self, merchant_id: MerchantId, export_id: ExportId) -> Sequence[ReadPart]:
        return [part for _, part in sorted(self._parts.get((merchant_id, export_id), {}).items())]

    def _with_progress(self, job: ExportJob) -> ExportJob:
        if job.status != "reading":
            return replace(job, read=job.rows or 0)
        return replace(job, read=sum(each.rows for each in self.parts(job.merchant_id, job.id)))


class InMemoryWalk:
    """`ports.CustomerWalk` over customers in memory: 16 buckets, few customers per page."""

    def __init__(self, backend: InMemoryCustomers, a_page: int = 3) -> None:
        self._backend = backend
        self._a_page = a_page

    def buckets(self, merchant_id: MerchantId) -> Sequence[str]:  # noqa: ARG002 - all have the same
        return [f"{bucket:02x}" for bucket in range(16)]

    def page(self, merchant_id: MerchantId, bucket: str, after: CustomerId | None) -> WalkedPage:
        return self._page(self._backend.of_merchant(merchant_id), bucket, after)

    def chosen(
        self,
        merchant_id: MerchantId,
        bucket: str,
        after: CustomerId | None,
        ids: Collection[CustomerId],
    ) -> WalkedPage:
        chosen = [each for each in self._backend.of_merchant(merchant_id) if each.id in set(ids)]
        return self._page(chosen, bucket, after)

    def _page(
        self, customers: Collection[Customer], bucket: str, after: CustomerId | None
    ) -> WalkedPage:
        left = sorted(
            (
                each
                for each in customers
                if f"{crc32(each.id.encode()) % 16:02x}" == bucket
                and (after is None or each.id > after)
            ),
            key=lambda each: each.id,
        )
        page = left[: self._a_page]
        return WalkedPage(page, page[-1].id if len(left) > len(page) else None)


class RecordedHistory:
    """`ports.MerchantHistory` that records lines, each id once."""

    def __init__(self) -> None:
        self.lines: dict[str, Activity] = {}

    def add(self, merchant_id: MerchantId, activity: Activity) -> None:  # noqa: ARG002
        self.lines[activity.id] = activity


class RecordedRuns:
    """`ports.ExportRuns` that records the exports it starts, or raises `Busy`."""

    def __init__(self, *, fails: bool = False) -> None:
        self.started: list[ExportId] = []
        self._fails = fails

    def start(self, merchant_id: MerchantId, export_id: ExportId) -> None:  # noqa: ARG002
        if self._fails:
            raise Busy("busy")
        self.started.append(export_id)
