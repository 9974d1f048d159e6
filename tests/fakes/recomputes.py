"""In-memory ports of recomputes."""

from dataclasses import replace

from crm.domain.kernel.errors import NotFound
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.loyalty.recomputes import Effect, Recompute


class InMemoryRecomputes:
    """`ports.Recomputes` and `ports.RecomputeRuns` over dictionaries."""

    def __init__(self) -> None:
        self._jobs: dict[tuple[MerchantId, str], Recompute] = {}
        self._pages: dict[tuple[MerchantId, str], dict[tuple[str, CustomerId | None], Effect]] = {}
        self.started: list[tuple[MerchantId, str]] = []

    def add(self, merchant_id: MerchantId, job: Recompute) -> None:
        self._jobs[merchant_id, job.id] = job

    def get(self, merchant_id: MerchantId, job_id: str) -> Recompute:
        try:
            job = self._jobs[merchant_id, job_id]
        except KeyError:
            raise NotFound("recompute_not_found") from None
        pages = self._pages.get((merchant_id, job_id), {})
        effects = (pages[page] for page in sorted(pages))
        return replace(job, effect=sum(effects, Effect()))

    def newest(self, merchant_id: MerchantId) -> list[Recompute]:
        jobs = [job for (owner, _), job in self._jobs.items() if owner == merchant_id]
        return sorted(jobs, key=lambda job: job.id, reverse=True)

    def count(
        self,
        merchant_id: MerchantId,
        job_id: str,
        effect: Effect,
        *,
        bucket: str,
        after: CustomerId | None,
    ) -> None:
        pages = self._pages.setdefault((merchant_id, job_id), {})
        pages.setdefault((bucket, after), effect)

    def end(self, merchant_id: MerchantId, job_id: str, bucket: str) -> None:
        job = self._jobs[merchant_id, job_id]
        self._jobs[merchant_id, job_id] = replace(job, ended=job.ended | {bucket})

    def start(self, merchant_id: MerchantId, job_id: str) -> None:
        self.started.append((merchant_id, job_id))
