"""An import job: a file of customers or points, its options, limits, progress and decisions.

`transitions` has its states and the events that move it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from crm.domain.imports.file_names import nameless_file
from crm.domain.imports.progress import Counts, Phase, Progress
from crm.domain.imports.transitions import IMPORT_STATES, Event, Status
from crm.domain.kernel.ids import ImportId, MerchantId, UserId
from crm.domain.kernel.jobs import Failure, MailStatus
from crm.domain.merchants.merchant import Mode
from crm.domain.messages.catalogue import Locale

#: customers: rows create or update customers; points: rows add points to ledgers or deduct them.
Kind = Literal["customers", "points"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What the merchant chose before the file was read; `mapping` assigns columns to headers."""

    mode: Mode
    kind: Kind = "customers"
    dry_run: bool = False
    opening_balances: bool = False
    mapping: Mapping[str, str] = field(default_factory=dict)

    @property
    def folds_rows(self) -> bool:
        """Tell whether the rows of one person are merged into one change."""
        return self.kind == "customers" and self.mode == "overwrite"

    @property
    def moves_points(self) -> bool:
        """Tell whether the import may add points to ledgers."""
        return self.kind == "points" or self.opening_balances


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile:
    """The file of an import, and what reading it found.

    `refusal` is why the file is rejected, if that is known before it is opened.
    `ignored_columns` are headers that match no column. `hidden_sheets` are skipped; `hidden_rows`
    are read like any other.
    """

    name: str
    refusal: Failure | None = None
    hash: str | None = None
    ignored_columns: tuple[str, ...] = ()
    hidden_sheets: tuple[str, ...] = ()
    hidden_rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the merchant decided about the plan: its commit, and reverts of what was applied.

    `resumes` counts the commits that resumed a stopped one. `reverts_from` is the status before
    the last revert.
    """

    plan_hash: str | None = None
    plan_expires_at: str | None = None
    committed_at: str | None = None
    resumes: int = 0
    reverts: int = 0
    reverts_from: Status | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """One import of one merchant. `revision` counts its writes.

    `execution` ends in the name of the execution that may continue the import.
    """

    merchant_id: MerchantId
    id: ImportId
    status: Status = "awaiting_upload"
    created_at: str
    created_by: UserId
    email: str | None
    locale: Locale
    options: ImportOptions
    file: ImportFile
    decision: Decision = field(default_factory=Decision)
    progress: Progress = field(default_factory=Progress)
    execution: str | None = None
    report: Literal["xlsx", "csv"] | None = None
    failure: Failure | None = None
    mail: MailStatus = "none"
    finished_at: str | None = None
    revision: int = 1

    @property
    def ended(self) -> bool:
        """Tell whether the import has a final status."""
        return self.status in _ENDED

    @property
    def is_idle(self) -> bool:
        """Tell whether no execution has work to do: the import ended or awaits a commit."""
        return self.ended or self.status == "awaiting_commit"

    @property
    def is_stopping(self) -> bool:
        """Tell whether workers of the cancelled import may still write."""
        return self.status == "cancelled" and self.finished_at is None

    @property
    def was_committed(self) -> bool:
        """Tell whether the merchant committed the plan."""
        return self.decision.committed_at is not None

    @property
    def waits_for_commit(self) -> bool:
        """Tell whether the plan needs a commit before it is applied."""
        return self.options.dry_run and not self.was_committed

    @property
    def was_stopped(self) -> bool:
        """Tell whether the execution broke and another may resume it; a reverted one may not."""
        stopped = self.failure is not None and self.failure.code == STOPPED
        return self.status == "failed" and stopped and self.decision.reverts == 0

    @property
    def run(self) -> str | None:
        """The execution that a commit or revert starts, until it holds the merchant's lock."""
        pending = self.status == "reverting" or (self.status == "queued" and self.was_committed)
        return self.execution if pending else None

    @property
    def counted_phase(self) -> Phase | None:
        """The phase whose recorded chunks are the progress of the import, while it has one."""
        match self.status:
            case "planning":
                return "planned"
            case "applying":
                return "applied"
            case "reverting":
                return "reverted"
        return "applied" if self.is_stopping else None

    def is_run_by(self, execution: str) -> bool:
        """Tell whether an execution may continue this import, by its name."""
        return self.execution is None or _name(execution) == _name(self.execution)

    def may_be_read_by(self, execution: str) -> bool:
        """Tell whether an execution starts or resumes the import, not just repeats its event."""
        if not IMPORT_STATES.allows(self.status, "read"):
            return False
        if self.status == "failed":
            return self.was_stopped
        return self.status == "awaiting_upload" or self.execution == execution

    def with_chunks(self, phase: Phase, chunks: Iterable[Counts]) -> "ImportJob":
        """Return the job with the progress of a phase: the sum of its recorded chunks."""
        return replace(self, progress=self.progress.with_chunks(phase, chunks))

    def as_of(self, at: str) -> "ImportJob":
        """Return the job as of a moment: a plan that nobody committed in time has expired."""
        expires_at = self.decision.plan_expires_at
        if not IMPORT_STATES.allows(self.status, "expire") or not expires_at or at < expires_at:
            return self
        return replace(self, status=self._after("expire"), finished_at=expires_at)

    def reading(self, execution: str) -> "ImportJob":
        """Return the job assigned to an execution that reads the file from its start."""
        return replace(
            self,
            status=self._after("read"),
            execution=execution,
            progress=replace(self.progress, read=0),
            report=None,
            failure=None,
            finished_at=None,
            mail="none",
        )

    def with_rows_read(self, rows: int) -> "ImportJob":
        """Return the job with the number of rows read so far."""
        return replace(self, progress=replace(self.progress, read=rows))

    def has_read(self, rows: int, chunks: int) -> "ImportJob":
        """Return the job once its whole file is split into chunks."""
        return replace(self, progress=replace(self.progress, total=rows, read=rows, chunks=chunks))

    def waiting(self) -> "ImportJob":
        """Return the job while it waits for the merchant's lock, or settles a committed plan."""
        return replace(self, status=self._after("queue"))

    def planning(self) -> "ImportJob":
        """Return the job while its chunks are planned."""
        return replace(self, status=self._after("plan"))

    def with_plan(self, result: Counts, plan_hash: str, expires_at: str) -> "ImportJob":
        """Return the job with a plan that awaits its commit."""
        return replace(
            self,
            status=self._after("await_commit"),
            progress=replace(self.progress, planned=result.total, result=result),
            decision=replace(self.decision, plan_hash=plan_hash, plan_expires_at=expires_at),
        )

    def committed(self, at: str) -> "ImportJob":
        """Return the job with its plan committed, assigned to the execution named by its id.

        A stopped job resumes the plan it committed first, in another execution.
        """
        queued = replace(
            self,
            status=self._after("commit"),
            execution=self.id,
            progress=replace(self.progress, result=None),
        )
        if not self.was_committed:
            return replace(queued, decision=replace(self.decision, committed_at=at))
        times = self.decision.resumes + 1
        return replace(
            queued,
            execution=f"{self.id}-again-{times}",
            decision=replace(self.decision, resumes=times),
            failure=None,
            finished_at=None,
            mail="none",
        )

    def applying(self, first_code: int, at: str) -> "ImportJob":
        """Return the job while it writes customers; a resumed job keeps its customer codes."""
        progress = self.progress
        return replace(
            self,
            status=self._after("apply"),
            progress=replace(
                progress,
                planned=progress.total or 0,
                first_code=first_code,
                applying_at=progress.applying_at or at,
            ),
        )

    def cancelled(self, at: str) -> "ImportJob":
        """Return the job cancelled; `finished_at` stays open while its workers still write."""
        return replace(
            self,
            status=self._after("cancel"),
            progress=replace(self.progress, result=None),
            finished_at=None if self.status == "applying" else at,
        )

    def stopped(self, applied: Counts, at: str) -> "ImportJob":
        """Return a cancelled job once its workers have stopped, with the rows they applied."""
        return replace(
            self,
            status=self._after("stop"),
            progress=self._with_applied(applied),
            finished_at=at,
        )

    def reverting(self) -> "ImportJob":
        """Return the job while it is reverted, assigned to a new execution."""
        times = self.decision.reverts + 1
        return replace(
            self,
            status=self._after("revert"),
            execution=f"{self.id}-revert-{times}",
            decision=replace(self.decision, reverts=times, reverts_from=self.status),
            progress=replace(self.progress, undone=Counts()),
            failure=None if self._revert_broke else self.failure,
        )

    def reverted(self, undone: Counts) -> "ImportJob":
        """Return the job reverted, with its rows by outcome."""
        return replace(
            self,
            status=self._after("finish_revert"),
            progress=replace(self.progress, undone=undone),
        )

    def revert_stopped(self) -> "ImportJob":
        """Return the job with its status before a revert that broke and may be retried."""
        before = self.decision.reverts_from or "finished"
        return replace(
            self,
            status=IMPORT_STATES.after(self.status, "stop_revert", before),
            progress=replace(self.progress, undone=None),
            failure=self.failure or Failure(REVERT_STOPPED),
        )

    @property
    def _revert_broke(self) -> bool:
        return self.failure is not None and self.failure.code == REVERT_STOPPED

    def nameless(self) -> "ImportJob":
        """Return the job without its report and its file name."""
        return replace(
            self, file=replace(self.file, name=nameless_file(self.file.name)), report=None
        )

    def reported(self, kind: Literal["xlsx", "csv"]) -> "ImportJob":
        """Return the job with a report of the rows that need attention."""
        return replace(self, report=kind)

    def finished(self, result: Counts, at: str) -> "ImportJob":
        """Return the job finished, with its rows by outcome."""
        return replace(
            self,
            status=self._after("finish"),
            progress=replace(
                self.progress, result=result, planned=result.total, applied=result.total
            ),
            finished_at=at,
        )

    def failed(self, failure: Failure, applied: Counts, at: str) -> "ImportJob":
        """Return the job failed, with the rows applied until then, if any."""
        return replace(
            self,
            status=self._after("fail"),
            failure=failure,
            progress=self._with_applied(applied),
            finished_at=at,
        )

    def _after(self, event: Event) -> Status:
        return IMPORT_STATES.after(self.status, event)

    def _with_applied(self, applied: Counts) -> Progress:
        result = applied if applied.total else None
        return replace(self.progress, result=result, applied=applied.total)


def _name(execution: str) -> str:
    """Return the name of an execution, the last part of its ARN."""
    return execution.rpartition(":")[2]


def waiting_seconds(attempt: int) -> int:
    """Return the delay before the next attempt to take the merchant's lock: 2 s, 4 s, … 60 s."""
    return min(1 << min(attempt, 6), _LONGEST_WAIT_SECONDS)
