"""Ports for exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from crm.domain.exports.job import ExportJob, ExportPage, ReadPart
    from crm.domain.kernel.ids import ExportId, MerchantId
    from crm.domain.kernel.tables import NewTable


#: Writes the rows of a table, plain cells each, to a file that is not there yet.
type WriteTable = Callable[[Path, NewTable], None]


class Exports(Protocol):
    """A merchant's exports, and the parts that each was read into."""

    def add(self, merchant_id: MerchantId, job: ExportJob) -> None:
        """Keep a new export, once, however often asked."""
        ...

    def get(self, merchant_id: MerchantId, export_id: ExportId) -> ExportJob:
        """Return an export with the rows read so far, or raise `NotFound`."""
        ...

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: ExportId | None
    ) -> ExportPage:
        """Return the newest exports that are older than `before`."""
        ...

    def replace(self, merchant_id: MerchantId, before: ExportJob, after: ExportJob) -> ExportJob:
        """Keep `after` at the next revision and return it, or raise `Stale`."""
        ...

    def record(
        self, merchant_id: MerchantId, export_id: ExportId, part: ReadPart, *, now: datetime
    ) -> ReadPart:
        """Keep a part unless its bucket has one of that number; return the one there is."""
        ...

    def recorded(
        self, merchant_id: MerchantId, export_id: ExportId, bucket: str, number: int
    ) -> ReadPart | None:
        """Return a part of a bucket, if it was read."""
        ...

    def parts(self, merchant_id: MerchantId, export_id: ExportId) -> Sequence[ReadPart]:
        """Return all parts, by bucket and then by number."""
        ...


class ExportRuns(Protocol):
    """What carries exports out."""

    def start(self, merchant_id: MerchantId, export_id: ExportId) -> None:
        """Start to carry an export out, once, however often asked; raise `Busy` if it cannot."""
        ...
