"""Ports for idempotent requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from crm.domain.idempotency.requests import IdempotencyRecord, IdempotentRequest
    from crm.domain.kernel.ids import MerchantId


class IdempotencyRecords(Protocol):
    """Requests of the last day that had an `Idempotency-Key`, by user, route and key."""

    def open(
        self,
        merchant_id: MerchantId,
        request: IdempotentRequest,
        record: IdempotencyRecord,
        *,
        now: datetime,
    ) -> IdempotencyRecord | None:
        """Store the record if the key has no unexpired record, else return that record."""
        ...

    def replace(
        self,
        merchant_id: MerchantId,
        request: IdempotentRequest,
        before: IdempotencyRecord,
        after: IdempotencyRecord,
    ) -> None:
        """Store `after` if `before`, an attempt in progress, is still current; else `Conflict`."""
        ...

    def remove(
        self, merchant_id: MerchantId, request: IdempotentRequest, record: IdempotencyRecord
    ) -> None:
        """Delete the record, an attempt in progress, if it is still current; else `Conflict`."""
        ...
