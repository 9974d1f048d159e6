"""In-memory ports of imports, files and mails."""

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from crm.domain.exports.job import ExportJob
from crm.domain.imports.job import ImportJob
from crm.domain.imports.progress import Counts, Phase
from crm.domain.imports.transitions import IMPORT_STATES
from crm.domain.kernel.errors import TooLarge
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.domain.kernel.jobs import JobPage, MailRefused, UploadForm
from crm.ports.files import Area
from tests.fakes.jobs import InMemoryJobs


class InMemoryImports:
    """`ports.Imports` over dictionaries."""

    def __init__(self) -> None:
        self._jobs = InMemoryJobs[ImportJob]("import", IMPORT_STATES)
        self._chunks: dict[tuple[MerchantId, ImportId, Phase], dict[int, Counts]] = {}
        self._locks: dict[MerchantId, tuple[ImportId, datetime]] = {}

    def add(self, merchant_id: MerchantId, job: ImportJob) -> None:  # noqa: ARG002 - the job's own
        self._jobs.add(job)

    def get(self, merchant_id: MerchantId, import_id: ImportId) -> ImportJob:
        return self._with_progress(self._jobs.get(merchant_id, import_id))

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: ImportId | None
    ) -> JobPage[ImportJob]:
        jobs, more = self._jobs.newest(merchant_id, limit=limit, before=before)
        return JobPage(tuple(map(self._with_progress, jobs)), more)

    def replace(
        self,
        merchant_id: MerchantId,  # noqa: ARG002 - the job's own
        before: ImportJob,
        after: ImportJob,
    ) -> ImportJob:
        return self._jobs.replace(before, after)

    def record(
        self,
        merchant_id: MerchantId,
        import_id: ImportId,
        phase: Phase,
        chunk: int,
        counts: Counts,
        *,
        now: datetime,  # noqa: ARG002 - nothing in memory expires
    ) -> None:
        self._chunks.setdefault((merchant_id, import_id, phase), {})[chunk] = counts

    def recorded(
        self, merchant_id: MerchantId, import_id: ImportId, phase: Phase
    ) -> Mapping[int, Counts]:
        return dict(self._chunks.get((merchant_id, import_id, phase), {}))

    def take_lock(
        self, merchant_id: MerchantId, import_id: ImportId, *, now: datetime, until: datetime
    ) -> bool:
        holder, expires_at = self._locks.get(merchant_id, (import_id, until))
        if holder != import_id and expires_at >= now:
            return False
        self._locks[merchant_id] = (import_id, until)
        return True

    def release_lock(self, merchant_id: MerchantId, import_id: ImportId) -> None:
        if self._locks.get(merchant_id, ("",))[0] == import_id:
            del self._locks[merchant_id]

    def _with_progress(self, job: ImportJob) -> ImportJob:
        phase = job.counted_phase
        if phase is None:
            return job
        return job.with_chunks(phase, self.recorded(job.merchant_id, job.id, phase).values())


class InMemoryFiles:
    """`ports.FileStore` and `ports.ExportFiles` over a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[MerchantId, Area, str], bytes] = {}

    def upload_form(
        self, merchant_id: MerchantId, area: Area, name: str, *, largest: int, seconds: int
    ) -> UploadForm:
        fields = {"key": f"{area}/{merchant_id}/{name}", "up-to": f"{largest} in {seconds} s"}
        return UploadForm("https://files.example", fields)

    def read(
        self, merchant_id: MerchantId, area: Area, name: str, *, largest: int | None = None
    ) -> bytes:
        content = self.kept[merchant_id, area, name]
        if largest is not None and len(content) > largest:
            raise TooLarge("file_too_large", limit=largest // 2**20)
        return content

    def write(self, merchant_id: MerchantId, area: Area, name: str, content: bytes) -> None:
        self.kept[merchant_id, area, name] = content

    def write_from(self, merchant_id: MerchantId, area: Area, name: str, source: Path) -> None:
        self.write(merchant_id, area, name, source.read_bytes())

    def link(
        self, merchant_id: MerchantId, area: Area, name: str, *, save_as: str, seconds: int
    ) -> str:
        return f"https://files.example/{area}/{merchant_id}/{name}?as={save_as}&for={seconds}"

    def remove(self, merchant_id: MerchantId, area: Area, names: Collection[str]) -> None:
        for name in names:
            self.kept.pop((merchant_id, area, name), None)


class RecordedMails:
    """`ports.Mailer` that records mails, or refuses them."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.sent: list[ImportJob] = []
        self.exports: list[ExportJob] = []
        self._refuses = refuses

    def import_ended(self, merchant_id: MerchantId, job: ImportJob) -> None:  # noqa: ARG002
        if self._refuses:
            raise MailRefused
        self.sent.append(job)

    def export_ended(self, merchant_id: MerchantId, job: ExportJob) -> None:  # noqa: ARG002
        if self._refuses:
            raise MailRefused
        self.exports.append(job)


class RecordedRuns:
    """`ports.ImportRuns` that records the names of started runs, each once."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def start(self, merchant_id: MerchantId, import_id: ImportId, run: str) -> None:  # noqa: ARG002
        if run not in self.started:
            self.started.append(run)
