"""Ports for exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from crm.domain.exports.job import ExportJob, ReadPart
    from crm.domain.kernel.ids import ExportId, MerchantId
    from crm.domain.kernel.jobs import JobPage
    from crm.domain.kernel.tables import NewTable


#: Writes a table of plain cells to a new file.
type WriteTable = Callable[[Path, NewTable], None]


class Exports(Protocol):
    """A merchant's exports and their parts."""

    def add(self, merchant_id: MerchantId, job: ExportJob) -> None:
        """Store a new export; repeating the call has no effect."""
        ...

    def get(self, merchant_id: MerchantId, export_id: ExportId) -> ExportJob:
        """Return an export with the rows read so far, or raise `NotFound`."""
        ...

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: ExportId | None
    ) -> JobPage[ExportJob]:
        """Return the newest exports that are older than `before`."""
        ...

    def replace(self, merchant_id: MerchantId, before: ExportJob, after: ExportJob) -> ExportJob:
        """Store `after` with the next revision and return it, or raise `Stale`."""
        ...

    def record(
        self, merchant_id: MerchantId, export_id: ExportId, part: ReadPart, *, now: datetime
    ) -> ReadPart:
        """Store a part unless its bucket has one of that number; return the stored one."""
        ...

    def recorded(
        self, merchant_id: MerchantId, export_id: ExportId, bucket: str, number: int
    ) -> ReadPart | None:
        """Return a part of a bucket, or None if it is not read yet."""
        ...

    def parts(self, merchant_id: MerchantId, export_id: ExportId) -> Sequence[ReadPart]:
        """Return all parts, by bucket and then by number."""
        ...


class ExportRuns(Protocol):
    """Executions of exports."""

    def start(self, merchant_id: MerchantId, export_id: ExportId) -> None:
        """Start an export; repeating the call has no effect. Raises `Busy` if it cannot start."""
        ...
