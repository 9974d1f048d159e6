"""Ports for imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from crm.domain.imports.drop_folder import Drop
    from crm.domain.imports.job import ImportJob
    from crm.domain.imports.progress import Counts, Phase
    from crm.domain.imports.reports import Report
    from crm.domain.imports.templates import Template
    from crm.domain.kernel.ids import ImportId, MerchantId
    from crm.domain.kernel.jobs import JobPage
    from crm.domain.kernel.tables import Table
    from crm.ports.files import Area


#: Opens the bytes of an uploaded file; raises `ImportRefused` unless it is a safe table.
type OpenTable = Callable[[bytes], Table]


#: Builds the file of a template.
type BuildTemplate = Callable[[Template], bytes]


#: Writes the report of an import to a new file.
type WriteReport = Callable[[Path, Report], None]


class Imports(Protocol):
    """A merchant's imports, the progress of their chunks, and the merchant's import lock."""

    def add(self, merchant_id: MerchantId, job: ImportJob) -> None:
        """Store a new import; do nothing if it is stored already."""
        ...

    def get(self, merchant_id: MerchantId, import_id: ImportId) -> ImportJob:
        """Return an import with the progress of its chunks, or raise `NotFound`."""
        ...

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: ImportId | None
    ) -> JobPage[ImportJob]:
        """Return the newest imports that are older than `before`."""
        ...

    def replace(self, merchant_id: MerchantId, before: ImportJob, after: ImportJob) -> ImportJob:
        """Store `after` with the next revision and return it, or raise `Stale`."""
        ...

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
        ...

    def recorded(
        self, merchant_id: MerchantId, import_id: ImportId, phase: Phase
    ) -> Mapping[int, Counts]:
        """Return the counts of the chunks that have completed a phase."""
        ...

    def take_lock(
        self, merchant_id: MerchantId, import_id: ImportId, *, now: datetime, until: datetime
    ) -> bool:
        """Take or extend the merchant's lock; return False while another import holds it."""
        ...

    def release_lock(self, merchant_id: MerchantId, import_id: ImportId) -> None:
        """Release the lock if this import holds it."""
        ...


class ImportRuns(Protocol):
    """Starts the executions that commit or revert imports."""

    def start(self, merchant_id: MerchantId, import_id: ImportId, run: str) -> None:
        """Start an execution, once for each name of a run; raise `Busy` if it fails."""
        ...


class Drops(Protocol):
    """The drop folder of a merchant; each file is taken out of it once."""

    def metadata(self, merchant_id: MerchantId, drop: Drop) -> Mapping[str, str] | None:
        """Return the object metadata of a file; None if it was taken out already."""
        ...

    def move(self, merchant_id: MerchantId, drop: Drop, area: Area, name: str) -> None:
        """Move a file to another area; repeating it has no effect."""
        ...

    def replace_with_empty(
        self, merchant_id: MerchantId, drop: Drop, area: Area, name: str
    ) -> None:
        """Put an empty file in another area and remove the dropped file, which nobody reads."""
        ...

    def quarantine(self, merchant_id: MerchantId, drop: Drop) -> None:
        """Move a file of an unknown merchant to quarantine."""
        ...
