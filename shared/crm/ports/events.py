"""Ports for events and mails."""

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
    """Addresses that a merchant's mails do not reach, or that want no more of them."""

    def holds(self, merchant_id: MerchantId, address: str) -> bool:
        """Tell whether an address is one of them."""
        ...

    def add(self, merchant_id: MerchantId, address: str, *, until: datetime) -> None:
        """Keep an address for so long, without keeping what it says."""
        ...


class Mailer(Protocol):
    """Mails to the people who work for a merchant."""

    def export_ended(self, merchant_id: MerchantId, job: ExportJob) -> None:
        """Tell who asked for an export how it ended, with a link to it; raise `MailRefused`."""
        ...

    def import_ended(self, merchant_id: MerchantId, job: ImportJob) -> None:
        """Tell who started an import how it ended, in their language; raise `MailRefused`."""
        ...


class Events(Protocol):
    """Where others hear of what happened."""

    def publish(self, events: Sequence[OutboundEvent]) -> list[int]:
        """Publish events in order; return the places of those that were not taken."""
        ...
