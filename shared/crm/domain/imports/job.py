"""An import: a file of customers on its way into the book, its limits, states and outcomes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, get_args

from crm.domain.imports.file_names import nameless_file
from crm.domain.kernel.ids import ImportId, MerchantId, UserId
from crm.domain.kernel.jobs import Failure, MailStatus
from crm.domain.merchants.merchant import Mode
from crm.domain.messages.catalogue import Locale

#: customers: rows become customers; points: rows put points into ledgers, or take them out.
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

#: What becomes of a row. Every data row of a file has exactly one outcome.
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

#: What becomes of a row that changed something when its import is taken back.
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

#: A worker that has not been heard of for this long no longer has the merchant's turn.
LOCK_SECONDS = 15 * 60
_LONGEST_WAIT_SECONDS = 60

#: A plan that was not committed by then is not carried out any more; nor is the rest of one that
#: was committed so long ago.
PLAN_LASTS = timedelta(days=7)
#: Until then an import that has ended can be taken back.
REVERT_LASTS = timedelta(days=30)
#: A worker of an execution that broke may write for so long.
WORKERS_LAST = timedelta(minutes=11)

#: The failure of an import whose execution was stopped or broke, and which may be taken up again.
STOPPED = "import_stopped"
REVERT_STOPPED = "revert_stopped"

_ENDED = frozenset({"finished", "failed", "cancelled", "reverted"})


class ImportRefused(Exception):
    """A file that cannot be imported at all: the code of a message and what the message needs."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class LockHeld(Exception):
    """Another import of the merchant applies now; this worker is to try again later."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by outcome."""

    rows: Mapping[RowOutcome, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Every row that has an outcome."""
        return sum(self.rows.values())

    def by_outcome(self) -> dict[Outcome, int]:
        """Return a number for every outcome, nought included."""
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

    `mapping` says which columns some headers name; `ignored_columns` are headers nobody maps.
    `hidden_sheets` were left out; `hidden_rows` were read like any other.
    `refusal` is why the file will not be read, where that is known before it is opened.
    `execution` ends in the name of the one that may carry it on. `result` is that of the plan
    while that waits, then that of the rows. `applying_at` is when it first wrote to the book;
    `undone` are the rows of a way back, so far.
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
        """Tell whether the rows of one person are one change."""
        return self.kind == "customers" and self.mode == "overwrite"

    @property
    def ended(self) -> bool:
        """Tell whether nothing more happens to it by itself."""
        return self.status in _ENDED

    @property
    def rests(self) -> bool:
        """Tell whether no execution has anything to do with it: it ended, or waits for someone."""
        return self.ended or self.status == "awaiting_commit"

    @property
    def waits_for_commit(self) -> bool:
        """Tell whether its plan is to be seen by someone before it is carried out."""
        return self.dry_run and self.committed_at is None

    @property
    def was_stopped(self) -> bool:
        """Tell whether its execution broke and another may take it up, unless it was undone."""
        stopped = self.failure is not None and self.failure.code == STOPPED
        return self.status == "failed" and stopped and self.reverts == 0

    @property
    def moves_points(self) -> bool:
        """Tell whether it puts points into ledgers, or may."""
        return self.kind == "points" or self.opening_balances

    @property
    def run(self) -> str | None:
        """The execution by which a decision has it carried on, until that has its turn."""
        decided = self.status == "reverting" or (self.status == "queued" and self.committed_at)
        return self.execution if decided else None

    def is_run_by(self, execution: str) -> bool:
        """Tell whether an execution is the one that may carry this import on, by its name."""
        return self.execution is None or _name(execution) == _name(self.execution)

    def may_be_read_by(self, execution: str) -> bool:
        """Tell whether an execution starts or continues this import, or only repeats its event."""
        return (
            self.status == "awaiting_upload"
            or self.was_stopped
            or (self.execution == execution and not self.rests)
        )

    def as_of(self, at: str) -> "ImportJob":
        """Return the job as it stands at a moment: a plan that nobody committed expires."""
        lasts = self.plan_expires_at
        if self.status != "awaiting_commit" or lasts is None or at < lasts:
            return self
        return replace(self, status="expired", finished_at=lasts)

    def reading(self, execution: str) -> "ImportJob":
        """Return the job in the hands of an execution, which reads the file from its start."""
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

    def has_read_so_far(self, rows: int) -> "ImportJob":
        """Return the job on its way through the file."""
        return replace(self, read=rows)

    def has_read(self, rows: int, chunks: int) -> "ImportJob":
        """Return the job once its file is in chunks."""
        return replace(self, total=rows, read=rows, chunks=chunks)

    def planned_out(self, result: Counts, plan_hash: str, lasts: str) -> "ImportJob":
        """Return the job with a plan that waits for someone to commit it."""
        return replace(
            self,
            status="awaiting_commit",
            planned=result.total,
            result=result,
            plan_hash=plan_hash,
            plan_expires_at=lasts,
        )

    def committed(self, at: str) -> "ImportJob":
        """Return the job with its plan accepted, in the hands of the execution named by its id.

        One that was stopped goes on, in the hands of another, by what was accepted first.
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
        """Return the job on its way into the book; taken up again, it keeps its codes."""
        return replace(
            self,
            status="applying",
            planned=self.total or 0,
            first_code=first_code,
            applying_at=self.applying_at or at,
        )

    def cancelled(self, at: str) -> "ImportJob":
        """Return the job given up; while its workers write, its end and result are still open."""
        end = None if self.status == "applying" else at
        return replace(self, status="cancelled", result=None, finished_at=end)

    def stopped(self, applied: Counts, at: str) -> "ImportJob":
        """Return a cancelled job once its workers are done, with the rows that stay applied."""
        return replace(
            self,
            result=applied if applied.total else None,
            applied=applied.total,
            finished_at=at,
        )

    def reverting(self) -> "ImportJob":
        """Return the job on its way back, in the hands of an execution of its own."""
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
        """Return the job taken back, with the rows by what became of them."""
        return replace(self, status="reverted", undone=undone)

    def revert_stopped(self) -> "ImportJob":
        """Return the job as it was before its way back broke off, which may be taken again."""
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
        """Return the job without a report, and without what its file was called."""
        return replace(self, file_name=nameless_file(self.file_name), report=None)

    def reported(self, kind: Literal["xlsx", "csv"]) -> "ImportJob":
        """Return the job with a report of the rows that need attention."""
        return replace(self, report=kind)

    def finished(self, result: Counts, at: str) -> "ImportJob":
        """Return the job done, with its rows by outcome."""
        return replace(
            self,
            status="finished",
            result=result,
            planned=result.total,
            applied=result.total,
            finished_at=at,
        )

    def failed(self, failure: Failure, applied: Counts, at: str) -> "ImportJob":
        """Return the job failed, with what was applied until then, if anything was."""
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
    """Return how long to wait for the merchant's turn before the next look: 2 s, 4 s, … 60 s."""
    return min(1 << min(attempt, 6), _LONGEST_WAIT_SECONDS)
