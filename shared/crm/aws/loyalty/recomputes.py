"""`ports.Recomputes` in DynamoDB: a row per job, and a row per page of customers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.table import Cancelled, Table, in_partition
from crm.domain.kernel.errors import NotFound
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.loyalty.recomputes import Effect, Example, Recompute

_KIND = "recompute"
_NEWEST = 20
_JOB = ("version", "previous", "dry_run", "at")
_COUNTS = ("up", "down", "frozen", "same", "points_effect")
_ENDED = "ended_"


class DynamoRecomputes:
    """The recompute jobs of all merchants."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, merchant_id: MerchantId, job: Recompute) -> None:
        """Store a new job."""
        values = {name: getattr(job, name) for name in _JOB}
        self._table.put({**keys.of_job(merchant_id, _KIND, job.id), **row(values)})

    def get(self, merchant_id: MerchantId, job_id: str) -> Recompute:
        """Return a job with the total effect of its pages, or raise `NotFound`."""
        item = self._table.get(keys.of_job(merchant_id, _KIND, job_id))
        if item is None:
            raise NotFound("recompute_not_found")
        pages = self._table.query_all(
            **in_partition(keys.of_recompute(merchant_id, job_id)),
            ConsistentRead=True,
        )
        effect = sum((_effect_of(plain_row(each)) for each in pages), Effect())
        return replace(recompute_of(merchant_id, plain_row(item)), effect=effect)

    def newest(self, merchant_id: MerchantId) -> list[Recompute]:
        """Return the newest jobs first, without their effects."""
        answer = self._table.query(
            **in_partition(keys.of_jobs(merchant_id, _KIND)),
            ScanIndexForward=False,
            Limit=_NEWEST,
            ConsistentRead=True,
        )
        return [recompute_of(merchant_id, plain_row(item)) for item in answer["Items"]]

    def count(
        self,
        merchant_id: MerchantId,
        job_id: str,
        effect: Effect,
        *,
        bucket: str,
        after: CustomerId | None,
    ) -> None:
        """Store the effect of a page; if called again, the first effect stays."""
        values = {name: getattr(effect, name) for name in _COUNTS}
        examples = [list(each) for each in effect.examples]
        key = keys.of_recompute_page(merchant_id, job_id, bucket, after)
        item = {**key, **row({**values, "examples": examples})}
        try:
            self._table.write(self._table.putting(item, "attribute_not_exists(pk)"))
        except Cancelled:
            return

    def end(self, merchant_id: MerchantId, job_id: str, bucket: str) -> None:
        """Mark a bucket as walked to its end."""
        self._table.write(
            self._table.updating(
                keys.of_job(merchant_id, _KIND, job_id),
                "SET #ended = :yes",
                values={":yes": True},
                names={"#ended": f"{_ENDED}{bucket}"},
            )
        )


def recompute_of(_: MerchantId, stored: Mapping[str, Any]) -> Recompute:
    """Return the job of a row's plain values, without its effect."""
    ended = {name.removeprefix(_ENDED) for name in stored if name.startswith(_ENDED)}
    return Recompute(
        id=stored["sk"], **{name: stored[name] for name in _JOB}, ended=frozenset(ended)
    )


def _effect_of(stored: dict[str, Any]) -> Effect:
    return Effect(
        **{name: stored[name] for name in _COUNTS},
        examples=tuple(Example(*each) for each in stored["examples"]),
    )
