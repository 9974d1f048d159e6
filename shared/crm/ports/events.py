"""Ports for events and emails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm.domain.exports.job import ExportJob
    from crm.domain.imports.job import ImportJob
    from crm.domain.kernel.ids import MerchantId
    from crm.domain.kernel.sources import OutboundEvent


class Suppressions(Protocol):
    """Addresses that a merchant's emails cannot reach, or that complained about them."""

    def holds(self, merchant_id: MerchantId, address: str) -> bool:
        """Tell whether an address is suppressed."""
        ...

    def add(self, merchant_id: MerchantId, address: str, *, until: datetime) -> None:
        """Suppress an address until a moment, without storing it in clear text."""
        ...


class Mailer(Protocol):
    """Emails to the people who work for a merchant."""

    def export_ended(self, merchant_id: MerchantId, job: ExportJob) -> None:
        """Email the export's result and link to whoever requested it, or raise `MailRefused`."""
        ...

    def import_ended(self, merchant_id: MerchantId, job: ImportJob) -> None:
        """Email the import's result to whoever started it, or raise `MailRefused`."""
        ...


class Events(Protocol):
    """The bus on which other systems receive events."""

    def publish(self, events: Sequence[OutboundEvent]) -> list[int]:
        """Publish events in order; return the indexes of those that the bus refused."""
        ...
