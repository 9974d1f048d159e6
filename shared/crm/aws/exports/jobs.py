"""`ports.Exports`, stored in the table that `keys` describes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.job_rows import JobRows
from crm.aws.dynamodb.table import Cancelled, Row, Table, in_partition
from crm.domain.exports.job import ExportJob, ReadPart
from crm.domain.exports.transitions import EXPORT_STATES
from crm.domain.kernel.ids import CustomerId, ExportId, MerchantId
from crm.domain.kernel.jobs import Failure, JobPage

_KIND = "export"
_PART_LIFETIME = timedelta(days=8)
#: Fields of `ExportJob` stored under their own names.
_FIELDS = (
    "status",
    "scope",
    "format",
    "locale",
    "masked",
    "filter",
    "selected",
    "created_at",
    "created_by",
    "zone",
    "execution",
    "since",
    "until",
    "rows",
    "file",
    "bytes",
    "sha256",
    "rows_sha256",
    "mail",
    "finished_at",
    "revision",
)


class DynamoExports:
    """The exports of all merchants; each method accesses those of one."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._jobs = JobRows(table, _KIND, _row_of, export_of)

    def add(self, merchant_id: MerchantId, job: ExportJob) -> None:  # noqa: ARG002 - the job's own
        """Store a new export; repeating the call has no effect."""
        self._jobs.add(job)

    def get(self, merchant_id: MerchantId, export_id: ExportId) -> ExportJob:
        """Return an export with the rows read so far, or raise `NotFound`."""
        return self._with_progress(self._jobs.get(merchant_id, export_id))

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: ExportId | None
    ) -> JobPage[ExportJob]:
        """Return the newest exports that are older than `before`."""
        jobs, more = self._jobs.newest(merchant_id, limit=limit, before=before)
        return JobPage(tuple(map(self._with_progress, jobs)), more)

    def replace(
        self,
        merchant_id: MerchantId,  # noqa: ARG002 - the job's own
        before: ExportJob,
        after: ExportJob,
    ) -> ExportJob:
        """Store `after` with the next revision and return it, or raise `Stale`."""
        return self._jobs.replace(before, after, EXPORT_STATES.sources(after.status))

    def record(
        self, merchant_id: MerchantId, export_id: ExportId, part: ReadPart, *, now: datetime
    ) -> ReadPart:
        """Store a part unless its bucket has one of that number; return the stored one."""
        key = keys.of_export_part(merchant_id, export_id, part.bucket, part.number)
        attributes = {
            "name": part.name,
            "rows": part.rows,
            "last": part.last,
            "expires_at": int((now + _PART_LIFETIME).timestamp()),
        }
        try:
            self._table.write(
                self._table.putting({**key, **row(attributes)}, "attribute_not_exists(pk)")
            )
        except Cancelled as cancelled:
            return _part_of(cancelled.refused[0])
        return part

    def recorded(
        self, merchant_id: MerchantId, export_id: ExportId, bucket: str, number: int
    ) -> ReadPart | None:
        """Return a part of a bucket, or None if it is not read yet."""
        item = self._table.get(keys.of_export_part(merchant_id, export_id, bucket, number))
        return _part_of(item) if item else None

    def parts(self, merchant_id: MerchantId, export_id: ExportId) -> Sequence[ReadPart]:
        """Return all parts, by bucket and then by number."""
        rows = self._table.query_all(
            **in_partition(keys.of_export(merchant_id, export_id)),
            ConsistentRead=True,
        )
        return [_part_of(item) for item in rows]

    def _with_progress(self, job: ExportJob) -> ExportJob:
        if job.status != "reading":
            return replace(job, read=job.rows or 0)
        return replace(job, read=sum(each.rows for each in self.parts(job.merchant_id, job.id)))


def _part_of(item: Row) -> ReadPart:
    stored = plain_row(item)
    bucket, number = keys.export_part(stored["sk"])
    last = stored.get("last")
    return ReadPart(
        bucket, number, stored["name"], stored["rows"], CustomerId(last) if last else None
    )


def _row_of(job: ExportJob) -> Row:
    failure = job.failure
    return {
        **keys.of_job(job.merchant_id, _KIND, job.id),
        **row(
            {
                **{name: getattr(job, name) for name in _FIELDS},
                "columns": list(job.columns),
                "mail_to": job.email,
                "failure": {"code": failure.code, "params": failure.params} if failure else None,
            }
        ),
    }


def export_of(merchant_id: MerchantId, item: Mapping[str, Any]) -> ExportJob:
    """Return the export stored in a row."""
    failure = item.get("failure")
    return ExportJob(
        merchant_id=merchant_id,
        id=ExportId(item["sk"]),
        columns=tuple(item["columns"]),
        email=item.get("mail_to"),
        failure=Failure(**failure) if failure else None,
        **{name: item[name] for name in _FIELDS if name in item},
    )
