"""Ports for idempotent requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from crm.domain.idempotency.requests import IdempotencyRecord, IdempotentRequest
    from crm.domain.kernel.ids import MerchantId


class IdempotencyRecords(Protocol):
    """Requests of the last day that came with an `Idempotency-Key`, by user, route and key."""

    def open(
        self,
        merchant_id: MerchantId,
        request: IdempotentRequest,
        record: IdempotencyRecord,
        *,
        now: datetime,
    ) -> IdempotencyRecord | None:
        """Keep the record of a key that nobody used in its time, else return the one there is."""
        ...

    def replace(
        self,
        merchant_id: MerchantId,
        request: IdempotentRequest,
        before: IdempotencyRecord,
        after: IdempotencyRecord,
    ) -> None:
        """Keep `after` if `before`, an attempt under way, still stands, else raise `Conflict`."""
        ...

    def remove(
        self, merchant_id: MerchantId, request: IdempotentRequest, record: IdempotencyRecord
    ) -> None:
        """Forget a request if the record, an attempt under way, still stands, else `Conflict`."""
        ...
