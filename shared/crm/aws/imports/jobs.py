"""`ports.Imports` in the table that `keys` describes."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.job_rows import JobRows
from crm.aws.dynamodb.table import Cancelled, Table, starting_with
from crm.domain.imports.job import Decision, ImportFile, ImportJob, ImportOptions
from crm.domain.imports.progress import Counts, Phase, Progress
from crm.domain.imports.transitions import IMPORT_STATES
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.domain.kernel.jobs import Failure, JobPage
from crm.domain.kernel.times import stamp

_KIND = "import"
_CHUNKS_LAST = timedelta(days=31)
#: The attributes of a job and its parts that are stored under the names of their fields.
_JOB = (
    "status",
    "created_at",
    "created_by",
    "locale",
    "execution",
    "report",
    "mail",
    "finished_at",
    "revision",
)
_OPTIONS = ("mode", "kind", "dry_run", "opening_balances", "mapping")
_DECISION = (
    "plan_hash",
    "plan_expires_at",
    "committed_at",
    "resumes",
    "reverts",
    "reverts_from",
)
_PROGRESS = ("chunks", "total", "read", "planned", "applied", "first_code", "applying_at")


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
    ) -> JobPage[ImportJob]:
        """Return the newest imports that are older than `before`."""
        jobs, more = self._jobs.newest(merchant_id, limit=limit, before=before)
        return JobPage(tuple(map(self._with_progress, jobs)), more)

    def replace(
        self,
        merchant_id: MerchantId,  # noqa: ARG002 - the job's own
        before: ImportJob,
        after: ImportJob,
    ) -> ImportJob:
        """Store `after` with the next revision and return it, or raise `Stale`."""
        return self._jobs.replace(before, after, IMPORT_STATES.sources(after.status))

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
            **starting_with(keys.of_import(merchant_id, import_id), keys.of_phase(phase)),
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
        phase = job.counted_phase
        if phase is None:
            return job
        return job.with_chunks(phase, self.recorded(job.merchant_id, job.id, phase).values())


def _row_of(job: ImportJob) -> dict[str, dict[str, Any]]:
    file, progress = job.file, job.progress
    return {
        **keys.of_job(job.merchant_id, _KIND, job.id),
        **row(
            {
                **{name: getattr(job, name) for name in _JOB},
                **{name: getattr(job.options, name) for name in _OPTIONS},
                **{name: getattr(job.decision, name) for name in _DECISION},
                **{name: getattr(progress, name) for name in _PROGRESS},
                "mail_to": job.email,
                "file_name": file.name,
                "file_hash": file.hash,
                "refusal": _stored_failure(file.refusal),
                "ignored_columns": list(file.ignored_columns),
                "hidden_sheets": list(file.hidden_sheets),
                "hidden_rows": file.hidden_rows,
                "result": dict(progress.result.rows) if progress.result else None,
                "undone": dict(progress.undone.rows) if progress.undone else None,
                "failure": _stored_failure(job.failure),
            }
        ),
    }


def import_of(merchant_id: MerchantId, item: Mapping[str, Any]) -> ImportJob:
    """Return the import stored in an item."""
    result, undone = item.get("result"), item.get("undone")
    return ImportJob(
        merchant_id=merchant_id,
        id=ImportId(item["sk"]),
        email=item.get("mail_to"),
        options=ImportOptions(**_named(item, _OPTIONS)),
        file=ImportFile(
            name=item["file_name"],
            hash=item.get("file_hash"),
            refusal=_failure_of(item.get("refusal")),
            ignored_columns=tuple(item.get("ignored_columns", ())),
            hidden_sheets=tuple(item.get("hidden_sheets", ())),
            hidden_rows=item.get("hidden_rows", 0),
        ),
        decision=Decision(**_named(item, _DECISION)),
        progress=Progress(
            result=Counts(result) if result is not None else None,
            undone=Counts(undone) if undone is not None else None,
            **_named(item, _PROGRESS),
        ),
        failure=_failure_of(item.get("failure")),
        **_named(item, _JOB),
    )


def _named(item: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: item[name] for name in names if name in item}


def _stored_failure(failure: Failure | None) -> dict[str, Any] | None:
    return {"code": failure.code, "params": failure.params} if failure else None


def _failure_of(stored: Mapping[str, Any] | None) -> Failure | None:
    return Failure(**stored) if stored else None
