"""The port of idempotency records, in memory."""

from datetime import datetime

from crm.domain.idempotency.requests import IdempotencyRecord, IdempotentRequest
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import MerchantId


class InMemoryIdempotencyRecords:
    """`ports.IdempotencyRecords` over a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[tuple[MerchantId, IdempotentRequest], IdempotencyRecord] = {}

    def open(
        self,
        merchant_id: MerchantId,
        request: IdempotentRequest,
        record: IdempotencyRecord,
        *,
        now: datetime,
    ) -> IdempotencyRecord | None:
        stored = self._kept.get((merchant_id, request))
        if stored is not None and stored.expires_at > int(now.timestamp()):
            return stored
        self._kept[merchant_id, request] = record
        return None

    def replace(
        self,
        merchant_id: MerchantId,
        request: IdempotentRequest,
        before: IdempotencyRecord,
        after: IdempotencyRecord,
    ) -> None:
        self._refuse_another(merchant_id, request, before)
        self._kept[merchant_id, request] = after

    def remove(
        self, merchant_id: MerchantId, request: IdempotentRequest, record: IdempotencyRecord
    ) -> None:
        self._refuse_another(merchant_id, request, record)
        del self._kept[merchant_id, request]

    def _refuse_another(
        self, merchant_id: MerchantId, request: IdempotentRequest, record: IdempotencyRecord
    ) -> None:
        if self._kept.get((merchant_id, request)) != record:
            raise Conflict("idempotency_in_progress")
