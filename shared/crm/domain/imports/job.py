"""An import job: a file of customers or points, its limits, statuses and row outcomes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, get_args

from crm.domain.imports.file_names import nameless_file
from crm.domain.kernel.ids import ImportId, MerchantId, UserId
from crm.domain.kernel.jobs import Failure, MailStatus
from crm.domain.merchants.merchant import Mode
from crm.domain.messages.catalogue import Locale

#: customers: rows create or update customers; points: rows add points to ledgers or deduct them.
Kind = Literal["customers", "points"]
Status = Literal[
    "awaiting_upload",
    "reading",
    "queued",
    "planning",
    "awaiting_commit",
    "applying",
    "finished",
    "failed",
    "cancelled",
    "expired",
    "reverting",
    "reverted",
]
Phase = Literal["planned", "applied", "reverted"]

#: The result of a row. Every data row of a file has exactly one outcome.
Outcome = Literal[
    "created",
    "updated",
    "unchanged",
    "skipped",
    "duplicated",
    "merged_in_file",
    "conflict",
    "invalid",
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

#: The result of reverting a row that changed something.
Undoing = Literal["reverted", "kept"]
RowOutcome = Literal[Outcome, Undoing]

MOST_BYTES = 64 * 1024 * 1024
MOST_INFLATED_BYTES = 450 * 1024 * 1024
MOST_INFLATION = 50
MOST_ROWS = 200_000
MOST_COLUMNS = 100
LONGEST_CELL = 32_767
ROWS_A_CHUNK = 500
UPLOAD_SECONDS = 15 * 60

#: An import whose workers have not renewed the merchant's lock for this long loses it.
LOCK_SECONDS = 15 * 60
_LONGEST_WAIT_SECONDS = 60

#: A plan expires this long after it was made, and the rest of a stopped one this long after its
#: commit.
PLAN_LASTS = timedelta(days=7)
#: How long an import that has ended can be reverted.
REVERT_LASTS = timedelta(days=30)
#: How long a worker of a broken execution may still write.
WORKERS_LAST = timedelta(minutes=11)

#: The failure of an import whose execution was stopped or broke; another execution may resume it.
STOPPED = "import_stopped"
REVERT_STOPPED = "revert_stopped"

_ENDED = frozenset({"finished", "failed", "cancelled", "reverted"})


class ImportRefused(Exception):
    """The whole file cannot be imported: a message code and the message's parameters."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class LockHeld(Exception):
    """Another import of the merchant holds the lock; retry later."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by outcome."""

    rows: Mapping[RowOutcome, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The number of rows that have an outcome."""
        return sum(self.rows.values())

    def by_outcome(self) -> dict[Outcome, int]:
        """Return the count of every outcome, including zeros."""
        return {outcome: self.rows.get(outcome, 0) for outcome in OUTCOMES}


def counts_of(outcomes: Iterable[RowOutcome]) -> Counts:
    """Count outcomes."""
    rows: dict[RowOutcome, int] = {}
    for outcome in outcomes:
        rows[outcome] = rows.get(outcome, 0) + 1
    return Counts(rows)


def sum_of(parts: Iterable[Counts]) -> Counts:
    """Add up the counts of chunks."""
    rows: dict[RowOutcome, int] = {}
    for part in parts:
        for outcome, count in part.rows.items():
            rows[outcome] = rows.get(outcome, 0) + count
    return Counts(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """One import of one merchant. `revision` counts its writes; `total` is unknown until read.

    `mapping` assigns columns to headers; `ignored_columns` are headers that match no column.
    `hidden_sheets` are skipped; `hidden_rows` are read like any other.
    `refusal` is why the file is rejected, if that is known before it is opened.
    `execution` ends in the name of the execution that may continue the import. `result` counts
    the plan's rows while it awaits its commit, then the applied rows. `applying_at` is when it
    first wrote a customer; `undone` counts the rows reverted so far.
    """

    merchant_id: MerchantId
    id: ImportId
    status: Status = "awaiting_upload"
    mode: Mode
    kind: Kind = "customers"
    dry_run: bool = False
    opening_balances: bool = False
    refusal: Failure | None = None
    file_name: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()
    hidden_sheets: tuple[str, ...] = ()
    hidden_rows: int = 0
    report: Literal["xlsx", "csv"] | None = None
    created_at: str
    created_by: UserId
    email: str | None
    locale: Locale
    execution: str | None = None
    chunks: int = 0
    total: int | None = None
    read: int = 0
    planned: int = 0
    applied: int = 0
    result: Counts | None = None
    failure: Failure | None = None
    mail: MailStatus = "none"
    finished_at: str | None = None
    file_hash: str | None = None
    plan_hash: str | None = None
    plan_expires_at: str | None = None
    committed_at: str | None = None
    resumes: int = 0
    first_code: int | None = None
    applying_at: str | None = None
    reverts: int = 0
    reverts_from: Status | None = None
    undone: Counts | None = None
    revision: int = 1

    @property
    def folds_rows(self) -> bool:
        """Tell whether the rows of one person are merged into one change."""
        return self.kind == "customers" and self.mode == "overwrite"

    @property
    def ended(self) -> bool:
        """Tell whether the import has a final status."""
        return self.status in _ENDED

    @property
    def is_idle(self) -> bool:
        """Tell whether no execution has work to do: the import ended or awaits a commit."""
        return self.ended or self.status == "awaiting_commit"

    @property
    def waits_for_commit(self) -> bool:
        """Tell whether the plan needs a commit before it is applied."""
        return self.dry_run and self.committed_at is None

    @property
    def was_stopped(self) -> bool:
        """Tell whether the execution broke and another may resume it; a reverted one may not."""
        stopped = self.failure is not None and self.failure.code == STOPPED
        return self.status == "failed" and stopped and self.reverts == 0

    @property
    def moves_points(self) -> bool:
        """Tell whether the import may add points to ledgers."""
        return self.kind == "points" or self.opening_balances

    @property
    def run(self) -> str | None:
        """The execution that a commit or revert starts, until it holds the merchant's lock."""
        pending = self.status == "reverting" or (self.status == "queued" and self.committed_at)
        return self.execution if pending else None

    def is_run_by(self, execution: str) -> bool:
        """Tell whether an execution may continue this import, by its name."""
        return self.execution is None or _name(execution) == _name(self.execution)

    def may_be_read_by(self, execution: str) -> bool:
        """Tell whether an execution starts or resumes the import, not just repeats its event."""
        return (
            self.status == "awaiting_upload"
            or self.was_stopped
            or (self.execution == execution and not self.is_idle)
        )

    def as_of(self, at: str) -> "ImportJob":
        """Return the job as of a moment: a plan that nobody committed in time has expired."""
        expires_at = self.plan_expires_at
        if self.status != "awaiting_commit" or expires_at is None or at < expires_at:
            return self
        return replace(self, status="expired", finished_at=expires_at)

    def reading(self, execution: str) -> "ImportJob":
        """Return the job assigned to an execution that reads the file from its start."""
        return replace(
            self,
            status="reading",
            execution=execution,
            read=0,
            report=None,
            failure=None,
            finished_at=None,
            mail="none",
        )

    def with_rows_read(self, rows: int) -> "ImportJob":
        """Return the job with the number of rows read so far."""
        return replace(self, read=rows)

    def has_read(self, rows: int, chunks: int) -> "ImportJob":
        """Return the job once its whole file is split into chunks."""
        return replace(self, total=rows, read=rows, chunks=chunks)

    def with_plan(self, result: Counts, plan_hash: str, expires_at: str) -> "ImportJob":
        """Return the job with a plan that awaits its commit."""
        return replace(
            self,
            status="awaiting_commit",
            planned=result.total,
            result=result,
            plan_hash=plan_hash,
            plan_expires_at=expires_at,
        )

    def committed(self, at: str) -> "ImportJob":
        """Return the job with its plan committed, assigned to the execution named by its id.

        A stopped job resumes the plan it committed first, in another execution.
        """
        if self.committed_at is None:
            return replace(self, status="queued", execution=self.id, committed_at=at, result=None)
        times = self.resumes + 1
        return replace(
            self,
            status="queued",
            execution=f"{self.id}-again-{times}",
            resumes=times,
            result=None,
            failure=None,
            finished_at=None,
            mail="none",
        )

    def applying(self, first_code: int, at: str) -> "ImportJob":
        """Return the job while it writes customers; a resumed job keeps its customer codes."""
        return replace(
            self,
            status="applying",
            planned=self.total or 0,
            first_code=first_code,
            applying_at=self.applying_at or at,
        )

    def cancelled(self, at: str) -> "ImportJob":
        """Return the job cancelled; `finished_at` stays open while its workers still write."""
        end = None if self.status == "applying" else at
        return replace(self, status="cancelled", result=None, finished_at=end)

    def stopped(self, applied: Counts, at: str) -> "ImportJob":
        """Return a cancelled job once its workers have stopped, with the rows they applied."""
        return replace(
            self,
            result=applied if applied.total else None,
            applied=applied.total,
            finished_at=at,
        )

    def reverting(self) -> "ImportJob":
        """Return the job while it is reverted, assigned to a new execution."""
        times = self.reverts + 1
        return replace(
            self,
            status="reverting",
            execution=f"{self.id}-revert-{times}",
            reverts=times,
            reverts_from=self.status,
            undone=Counts(),
            failure=None if self._revert_broke else self.failure,
        )

    def reverted(self, undone: Counts) -> "ImportJob":
        """Return the job reverted, with its rows by outcome."""
        return replace(self, status="reverted", undone=undone)

    def revert_stopped(self) -> "ImportJob":
        """Return the job with its status before a revert that broke and may be retried."""
        return replace(
            self,
            status=self.reverts_from or "finished",
            undone=None,
            failure=self.failure or Failure(REVERT_STOPPED),
        )

    @property
    def _revert_broke(self) -> bool:
        return self.failure is not None and self.failure.code == REVERT_STOPPED

    def nameless(self) -> "ImportJob":
        """Return the job without its report and its file name."""
        return replace(self, file_name=nameless_file(self.file_name), report=None)

    def reported(self, kind: Literal["xlsx", "csv"]) -> "ImportJob":
        """Return the job with a report of the rows that need attention."""
        return replace(self, report=kind)

    def finished(self, result: Counts, at: str) -> "ImportJob":
        """Return the job finished, with its rows by outcome."""
        return replace(
            self,
            status="finished",
            result=result,
            planned=result.total,
            applied=result.total,
            finished_at=at,
        )

    def failed(self, failure: Failure, applied: Counts, at: str) -> "ImportJob":
        """Return the job failed, with the rows applied until then, if any."""
        return replace(
            self,
            status="failed",
            failure=failure,
            result=applied if applied.total else None,
            applied=applied.total,
            finished_at=at,
        )


@dataclass(frozen=True, slots=True)
class ImportPage:
    """Some imports, newest first, and whether there are older ones."""

    items: tuple[ImportJob, ...]
    more: bool


def _name(execution: str) -> str:
    """Return the name of an execution, the last part of its ARN."""
    return execution.rpartition(":")[2]


def waiting_seconds(attempt: int) -> int:
    """Return the delay before the next attempt to take the merchant's lock: 2 s, 4 s, … 60 s."""
    return min(1 << min(attempt, 6), _LONGEST_WAIT_SECONDS)
