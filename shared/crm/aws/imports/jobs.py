"""`ports.Imports` in the table that `keys` describes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.job_rows import JobRows
from crm.aws.dynamodb.table import Cancelled, Table
from crm.domain.imports.job import Counts, ImportJob, ImportPage, Phase, sum_of
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.domain.kernel.jobs import Failure
from crm.domain.kernel.times import stamp

_KIND = "import"
_CHUNKS_LAST = timedelta(days=31)
_IN_CHUNKS = frozenset({"planning", "applying"})
_ATTRIBUTES = (
    "status",
    "mode",
    "kind",
    "dry_run",
    "opening_balances",
    "file_name",
    "mapping",
    "hidden_rows",
    "report",
    "created_at",
    "created_by",
    "locale",
    "execution",
    "chunks",
    "total",
    "read",
    "planned",
    "applied",
    "mail",
    "finished_at",
    "file_hash",
    "plan_hash",
    "plan_expires_at",
    "committed_at",
    "resumes",
    "first_code",
    "applying_at",
    "reverts",
    "reverts_from",
    "revision",
)


class DynamoImports:
    """The imports of all merchants; each method reaches those of one."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._jobs = JobRows(table, _KIND, _row_of, import_of)

    def add(self, merchant_id: MerchantId, job: ImportJob) -> None:  # noqa: ARG002 - the job's own
        """Store a new import; do nothing if it is stored already."""
        self._jobs.add(job)

    def get(self, merchant_id: MerchantId, import_id: ImportId) -> ImportJob:
        """Return an import with the progress of its chunks, or raise `NotFound`."""
        return self._with_progress(self._jobs.get(merchant_id, import_id))

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: ImportId | None
    ) -> ImportPage:
        """Return the newest imports that are older than `before`."""
        jobs, more = self._jobs.newest(merchant_id, limit=limit, before=before)
        return ImportPage(tuple(map(self._with_progress, jobs)), more)

    def replace(
        self,
        merchant_id: MerchantId,  # noqa: ARG002 - the job's own
        before: ImportJob,
        after: ImportJob,
    ) -> ImportJob:
        """Store `after` with the next revision and return it, or raise `Stale`."""
        return self._jobs.replace(before, after)

    def record(
        self,
        merchant_id: MerchantId,
        import_id: ImportId,
        phase: Phase,
        chunk: int,
        counts: Counts,
        *,
        now: datetime,
    ) -> None:
        """Record that a chunk has completed a phase; repeating it counts once."""
        expires_at = int((now + _CHUNKS_LAST).timestamp())
        attributes = row({"rows": dict(counts.rows), "expires_at": expires_at})
        key = keys.of_import_chunk(merchant_id, import_id, phase, chunk)
        self._table.put({**key, **attributes})

    def recorded(
        self, merchant_id: MerchantId, import_id: ImportId, phase: Phase
    ) -> Mapping[int, Counts]:
        """Return the counts of the chunks that have completed a phase."""
        rows = self._table.query_all(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :phase)",
            ExpressionAttributeValues={
                ":pk": {"S": keys.of_import(merchant_id, import_id)},
                ":phase": {"S": keys.of_phase(phase)},
            },
            ConsistentRead=True,
        )
        return {keys.chunk_of(item["sk"]): Counts(item["rows"]) for item in map(plain_row, rows)}

    def take_lock(
        self, merchant_id: MerchantId, import_id: ImportId, *, now: datetime, until: datetime
    ) -> bool:
        """Take or extend the merchant's lock; return False while another import holds it."""
        lock = {
            **keys.of_lock(merchant_id, _KIND),
            **row({"holder": import_id, "until": stamp(until)}),
        }
        try:
            self._table.write(
                self._table.putting(
                    lock,
                    "attribute_not_exists(pk) OR holder = :me OR #until < :now",
                    {":me": import_id, ":now": stamp(now)},
                    {"#until": "until"},
                )
            )
        except Cancelled:
            return False
        return True

    def release_lock(self, merchant_id: MerchantId, import_id: ImportId) -> None:
        """Release the lock if this import holds it."""
        try:
            self._table.write(
                self._table.deleting(
                    keys.of_lock(merchant_id, _KIND), "holder = :me", {":me": import_id}
                )
            )
        except Cancelled:
            return

    def _with_progress(self, job: ImportJob) -> ImportJob:
        if job.status == "reverting":
            done = self.recorded(job.merchant_id, job.id, "reverted")
            return replace(job, undone=sum_of(done.values()))
        stopping = job.status == "cancelled" and job.finished_at is None
        if job.status not in _IN_CHUNKS and not stopping:
            return job
        phase: Phase = "planned" if job.status == "planning" else "applied"
        rows = sum_of(self.recorded(job.merchant_id, job.id, phase).values()).total
        return replace(job, planned=rows) if phase == "planned" else replace(job, applied=rows)


def _row_of(job: ImportJob) -> dict[str, dict[str, Any]]:
    return {
        **keys.of_job(job.merchant_id, _KIND, job.id),
        **row(
            {
                **{name: getattr(job, name) for name in _ATTRIBUTES},
                "mail_to": job.email,
                "ignored_columns": list(job.ignored_columns),
                "hidden_sheets": list(job.hidden_sheets),
                "result": dict(job.result.rows) if job.result else None,
                "undone": dict(job.undone.rows) if job.undone else None,
                "failure": _stored_failure(job.failure),
                "refusal": _stored_failure(job.refusal),
            }
        ),
    }


def import_of(merchant_id: MerchantId, item: Mapping[str, Any]) -> ImportJob:
    """Return the import stored in an item."""
    failure, refusal = item.get("failure"), item.get("refusal")
    result, undone = item.get("result"), item.get("undone")
    return ImportJob(
        merchant_id=merchant_id,
        id=ImportId(item["sk"]),
        email=item.get("mail_to"),
        ignored_columns=tuple(item.get("ignored_columns", ())),
        hidden_sheets=tuple(item.get("hidden_sheets", ())),
        result=Counts(result) if result is not None else None,
        undone=Counts(undone) if undone is not None else None,
        failure=Failure(**failure) if failure else None,
        refusal=Failure(**refusal) if refusal else None,
        **{name: item[name] for name in _ATTRIBUTES if name in item},
    )


def _stored_failure(failure: Failure | None) -> dict[str, Any] | None:
    return {"code": failure.code, "params": failure.params} if failure else None
