"""Ports for imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from crm.domain.imports.drop_folder import Drop
    from crm.domain.imports.job import Counts, ImportJob, ImportPage, Phase
    from crm.domain.imports.reports import Report
    from crm.domain.imports.templates import Template
    from crm.domain.kernel.ids import ImportId, MerchantId
    from crm.domain.kernel.tables import Table
    from crm.ports.files import Area


#: Opens the bytes of an uploaded file; raises `ImportRefused` for what is no safe table.
type OpenTable = Callable[[bytes], Table]


#: Makes the file of a template for imports.
type BuildTemplate = Callable[[Template], bytes]


#: Writes the report of an import to a file that is not there yet.
type WriteReport = Callable[[Path, Report], None]


class Imports(Protocol):
    """A merchant's imports, how far their chunks are, and whose turn it is to change the book."""

    def add(self, merchant_id: MerchantId, job: ImportJob) -> None:
        """Keep a new import, once, however often asked."""
        ...

    def get(self, merchant_id: MerchantId, import_id: ImportId) -> ImportJob:
        """Return an import with the progress of its chunks, or raise `NotFound`."""
        ...

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: ImportId | None
    ) -> ImportPage:
        """Return the newest imports that are older than `before`."""
        ...

    def replace(self, merchant_id: MerchantId, before: ImportJob, after: ImportJob) -> ImportJob:
        """Keep `after` at the next revision and return it, or raise `Stale`."""
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
        """Note that a chunk is through a phase, once, however often told."""
        ...

    def recorded(
        self, merchant_id: MerchantId, import_id: ImportId, phase: Phase
    ) -> Mapping[int, Counts]:
        """Return the chunks that are through a phase."""
        ...

    def take_lock(
        self, merchant_id: MerchantId, import_id: ImportId, *, now: datetime, until: datetime
    ) -> bool:
        """Take or keep the merchant's turn; False while another import has it, its time not up."""
        ...

    def release_lock(self, merchant_id: MerchantId, import_id: ImportId) -> None:
        """Give the turn up, if this import has it."""
        ...


class ImportRuns(Protocol):
    """What carries on an import that someone decided about: its commit, its way back."""

    def start(self, merchant_id: MerchantId, import_id: ImportId, run: str) -> None:
        """Start to carry an import on, once for each name of a run; raise `Busy` if not now."""
        ...


class Drops(Protocol):
    """The drop folder: files that merchants put there, each taken out of it once."""

    def metadata(self, merchant_id: MerchantId, drop: Drop) -> Mapping[str, str] | None:
        """Return what whoever wrote a file said of it; None if it was taken out before."""
        ...

    def hand_over(self, merchant_id: MerchantId, drop: Drop, area: Area, name: str) -> None:
        """Move a file to where it belongs; told again, it is there and not here."""
        ...

    def hand_over_nothing(
        self, merchant_id: MerchantId, drop: Drop, area: Area, name: str
    ) -> None:
        """Put an empty file where one belongs that nobody will read, and remove that one."""
        ...

    def quarantine(self, merchant_id: MerchantId, drop: Drop) -> None:
        """Move a file of a merchant that there is not to where nobody reads it."""
        ...
