"""Builders for imports: jobs, tables, rows, and whole imports run on ports in memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from crm.domain.customers.activities import Activity, ActivityQuery
from crm.domain.customers.columns import WRITABLE_COLUMNS
from crm.domain.customers.customer import Customer
from crm.domain.customers.fingerprints import Fingerprints
from crm.domain.imports import file_names as import_files
from crm.domain.imports import plan as import_plan
from crm.domain.imports.job import ImportFile, ImportJob, ImportOptions
from crm.domain.imports.plan import PlannedRow
from crm.domain.imports.progress import Counts, RowOutcome
from crm.domain.imports.rows import DataRow
from crm.domain.kernel.ids import CustomerId, ImportId, MerchantId, UserId, derived_ulid
from crm.domain.kernel.tables import Cell, NumberedRow, Table
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Mode
from crm.files.imports.uploads import open_table
from crm.ports.imports import OpenTable
from crm.usecases.imports.applying import apply_chunk
from crm.usecases.imports.decisions import cancel_import, commit_import, revert_import
from crm.usecases.imports.ending import finish_import
from crm.usecases.imports.lock import LockStep, queue_import
from crm.usecases.imports.outcomes import list_rows
from crm.usecases.imports.planning import ReadyChunk, plan_chunk, settle_plan
from crm.usecases.imports.reading import Reading, read_import
from crm.usecases.imports.reverting import revert_chunk
from crm.usecases.orders.metrics import MetricsPorts
from tests.builders import MERCHANT, moment
from tests.fakes.changesets import InMemoryChangesets
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.imports import (
    InMemoryFiles,
    InMemoryImports,
    RecordedMails,
    RecordedRuns,
)
from tests.fakes.merchants import InMemoryGroups, InMemoryMerchants
from tests.order_builders import HOA

FINGERPRINTS = Fingerprints("a secret of tests")
EXECUTION = "arn:aws:states:ap-southeast-1:123456789012:execution:import:first"


def import_id(number: int = 1) -> ImportId:
    """Return the id of the n-th import."""
    return ImportId(derived_ulid(moment(number), "import", str(number)))


def a_job(number: int = 1, **given: Any) -> ImportJob:
    """Return the n-th import, which awaits its file; options are named like fields of the job."""
    names = {each.name for each in fields(ImportOptions)} & given.keys()
    options = ImportOptions(**{"mode": "overwrite", **{name: given.pop(name) for name in names}})
    defaults: dict[str, Any] = {
        "merchant_id": MERCHANT,
        "id": import_id(number),
        "options": options,
        "file": ImportFile(name=given.pop("file_name", "khach-hang.xlsx")),
        "created_at": stamp(moment(number)),
        "created_by": UserId("user-lan"),
        "email": "lan@moc.example",
        "locale": "vi",
    }
    return ImportJob(**{**defaults, **given})


def a_finished_job(result: Counts, at: str, number: int = 1, **given: Any) -> ImportJob:
    """Return the n-th import, finished with this result."""
    applying = a_job(number, **{"status": "applying", **given})
    return applying.has_read(result.total, 1).finished(result, at)


def a_row(number: int = 2, **fields: Any) -> DataRow:
    """Return a row as read from a file."""
    return DataRow(number, fields)


def example_cells() -> dict[str, Cell]:
    """Return a row of a file with the example of the guide in every column that imports write."""
    return {column.id: column.guide.example for column in WRITABLE_COLUMNS}


class Lines:
    """A sheet of lines, numbered from 1; blank ones are counted and skipped."""

    name = "Khách hàng"
    left = 0
    hidden_rows: Collection[int] = ()

    def spans(self, _: int) -> Mapping[int, int]:
        """Return nothing: none of its cells are merged."""
        return {}

    def __init__(self, *lines: Sequence[Cell]) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[NumberedRow]:
        for number, cells in enumerate(self._lines, 1):
            if any(cell != "" for cell in cells):
                yield NumberedRow(number, cells)


def opening(*lines: Sequence[Cell]) -> OpenTable:
    """Return a function that opens any file as a table of these lines."""
    return lambda _: Table("xlsx", [Lines(*lines)])


class OpenCustomers(InMemoryCustomers):
    """Customers that a test can list, in a stable order."""

    def everyone(self, merchant_id: MerchantId) -> list[Customer]:
        """Return the customers by their ids."""
        customers = (each for (owner, _), each in self._customers.items() if owner == merchant_id)
        return sorted(customers, key=lambda customer: customer.id)


class Backend:
    """A merchant's customers and everything that an import needs, in memory."""

    def __init__(self, customers: InMemoryCustomers | None = None) -> None:
        self.customers = customers or InMemoryCustomers()
        self.imports = InMemoryImports()
        self.files = InMemoryFiles()
        self.groups = InMemoryGroups()
        self.mails = RecordedMails()
        self.merchants = InMemoryMerchants(HOA)
        self.changesets = InMemoryChangesets(self.customers, self.merchants)
        self.metrics = MetricsPorts(
            self.customers,
            self.merchants,
            self.changesets,
            self.changesets,
            self.changesets.loyalty,
        )
        self.runs = RecordedRuns()
        self.clock = moment(60)
        self.tick = timedelta(seconds=1)
        self._started = 0

    def now(self) -> datetime:
        """Return the current time, one tick later on each call."""
        self.clock += self.tick
        return self.clock

    def upload(self, content: bytes = b"x", **fields: Any) -> ImportJob:
        """Return a new import with an uploaded file."""
        self._started += 1
        job = a_job(self._started, **fields)
        self.imports.add(MERCHANT, job)
        self.files.write(MERCHANT, "uploads", import_files.upload(job.id), content)
        return job

    def read(
        self, job: ImportJob, open_file: OpenTable = open_table, execution: str = EXECUTION
    ) -> Reading:
        """Read the file of an import."""
        return read_import(
            MERCHANT,
            job.id,
            execution=execution,
            now=self.now(),
            imports=self.imports,
            files=self.files,
            groups=self.groups,
            fingerprints=FINGERPRINTS,
            open_table=open_file,
        )

    def take_lock(self, job: ImportJob, attempt: int = 1) -> bool:
        """Try to take the lock for an import; tell whether it holds it."""
        return self.queue(job, attempt=attempt).next != "wait"

    def queue(self, job: ImportJob, execution: str | None = None, attempt: int = 1) -> LockStep:
        """Queue an import by an execution, its own by default, and return its next step."""
        return queue_import(
            MERCHANT,
            job.id,
            execution=execution or self._execution_of(job),
            attempt=attempt,
            now=self.now(),
            imports=self.imports,
        )

    def _execution_of(self, job: ImportJob) -> str:
        return self.imports.get(MERCHANT, job.id).execution or EXECUTION

    def plan(self, job: ImportJob, chunk: int) -> None:
        """Plan a chunk."""
        plan_chunk(
            MERCHANT,
            job.id,
            chunk,
            now=self.now(),
            imports=self.imports,
            files=self.files,
            customers=self.customers,
            orders=self.changesets,
        )

    def settle(self, job: ImportJob, execution: str | None = None) -> list[ReadyChunk]:
        """Settle the plan of an import."""
        return settle_plan(
            MERCHANT,
            job.id,
            execution=execution or self._execution_of(job),
            now=self.now(),
            imports=self.imports,
            files=self.files,
            customers=self.customers,
            orders=self.changesets,
        )

    def apply(self, job: ImportJob, ready: ReadyChunk) -> None:
        """Apply a chunk."""
        apply_chunk(
            MERCHANT,
            job.id,
            ready.chunk,
            first_code=ready.first_code,
            now=self.now(),
            imports=self.imports,
            files=self.files,
            metrics=self.metrics,
        )

    def finish(
        self, job: ImportJob, failure: str | None = None, execution: str = EXECUTION
    ) -> None:
        """End an import."""
        finish_import(
            MERCHANT,
            job.id,
            execution=execution,
            failure=failure,
            now=self.now(),
            imports=self.imports,
            mailer=self.mails,
        )

    def planned(self, job: ImportJob, open_file: OpenTable = open_table) -> list[ReadyChunk]:
        """Read, plan and settle an import, without writing customers."""
        reading = self.read(job, open_file)
        assert self.take_lock(job)
        for chunk in range(reading.chunks):
            self.plan(job, chunk)
        return self.settle(job)

    def run(self, job: ImportJob, open_file: OpenTable = open_table) -> ImportJob:
        """Run an import from its file to its mail."""
        if self.imports.get(MERCHANT, job.id).status == "awaiting_upload":
            for ready in self.planned(job, open_file):
                self.apply(job, ready)
        self.finish(job)
        return self.imports.get(MERCHANT, job.id)

    def commit(self, job: ImportJob, plan_hash: str | None = None) -> ImportJob:
        """Commit the plan of an import, by default with its own hash."""
        committed = plan_hash or self.imports.get(MERCHANT, job.id).decision.plan_hash or ""
        return commit_import(
            MERCHANT, job.id, committed, now=self.now(), imports=self.imports, runs=self.runs
        )

    def carry_on(self, job: ImportJob) -> ImportJob:
        """Run the execution that a commit or a revert has started."""
        step = self.queue(job)
        if step.next == "settle":
            for ready in self.settle(job):
                self.apply(job, ready)
        for chunk in step.chunks:
            self.revert_chunk(job, chunk)
        self.finish(job, execution=self._execution_of(job))
        return self.imports.get(MERCHANT, job.id)

    def committed(self, job: ImportJob) -> ImportJob:
        """Commit the plan of an import and apply it."""
        self.commit(job)
        return self.carry_on(job)

    def cancel(self, job: ImportJob) -> ImportJob:
        """Cancel an import."""
        return cancel_import(MERCHANT, job.id, now=self.now(), imports=self.imports)

    def revert(self, job: ImportJob) -> ImportJob:
        """Start to revert an import."""
        return revert_import(
            MERCHANT, job.id, now=self.now(), imports=self.imports, runs=self.runs
        )

    def revert_chunk(self, job: ImportJob, chunk: int) -> None:
        """Revert a chunk."""
        revert_chunk(
            MERCHANT,
            job.id,
            chunk,
            now=self.now(),
            imports=self.imports,
            files=self.files,
            metrics=self.metrics,
        )

    def reverted(self, job: ImportJob) -> ImportJob:
        """Revert an import."""
        self.revert(job)
        return self.carry_on(job)

    def rows(self, job: ImportJob, outcome: RowOutcome | None = None) -> list[PlannedRow]:
        """Return rows as the API lists them, by their numbers."""
        page = list_rows(
            MERCHANT,
            job.id,
            outcome=outcome,
            limit=1_000,
            after=None,
            now=self.clock,
            imports=self.imports,
            files=self.files,
        )
        return sorted(page.items, key=lambda row: row.number)

    def run_rows(self, mode: Mode, *lines: Sequence[Cell]) -> dict[int, str]:
        """Import a header and lines; return each row's outcome by its number."""
        job = self.upload(mode=mode)
        self.run(job, opening(*lines))
        return {row.number: row.outcome for row in self.outcomes(job)}

    def history(self, customer_id: CustomerId) -> list[Activity]:
        """Return a customer's activities, newest first."""
        query = ActivityQuery(since="0", until="9", limit=100)
        return list(self.customers.history.page(MERCHANT, customer_id, query).items)

    def outcomes(self, job: ImportJob) -> list[PlannedRow]:
        """Return the rows with their outcomes, by number."""
        rows: list[PlannedRow] = []
        for chunk in range(self.imports.get(MERCHANT, job.id).progress.chunks):
            content = self.files.read(MERCHANT, "imports", import_files.outcomes(job.id, chunk))
            rows += map(import_plan.row_of_line, content.split(b"\n"))
        return sorted(rows, key=lambda row: row.number)
