"""`ports.IdempotencyRecords` in a DynamoDB table of its own, whose TTL is a day."""

from datetime import datetime
from typing import Any

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.table import Action, Cancelled, Table
from crm.domain.idempotency.requests import IdempotencyRecord, IdempotentRequest
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import MerchantId

_FIELDS = (
    "content_hash",
    "first_at",
    "expires_at",
    "until",
    "status",
    "resource_id",
    "location",
)


class DynamoIdempotencyRecords:
    """One row per request; its pk is a hash, so neither the key nor the body can be read."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def open(
        self,
        merchant_id: MerchantId,
        request: IdempotentRequest,
        record: IdempotencyRecord,
        *,
        now: datetime,
    ) -> IdempotencyRecord | None:
        """Store the record if the key has no unexpired record, else return that record."""
        new = _row_of(merchant_id, request, record)
        try:
            self._table.write(
                self._table.putting(
                    new,
                    "attribute_not_exists(pk) OR expires_at <= :now",
                    {":now": int(now.timestamp())},
                )
            )
        except Cancelled as cancelled:
            stored = plain_row(cancelled.refused[0])
            values: dict[str, Any] = {name: stored.get(name) for name in _FIELDS}
            return IdempotencyRecord(**values)
        return None

    def replace(
        self,
        merchant_id: MerchantId,
        request: IdempotentRequest,
        before: IdempotencyRecord,
        after: IdempotencyRecord,
    ) -> None:
        """Store `after` if `before` is still current, else raise `Conflict`."""
        values = _attempt_values(before)
        self._write(
            self._table.putting(
                _row_of(merchant_id, request, after), _SAME_ATTEMPT, values, {"#until": "until"}
            )
        )

    def remove(
        self, merchant_id: MerchantId, request: IdempotentRequest, record: IdempotencyRecord
    ) -> None:
        """Delete the record if it is still current, else raise `Conflict`."""
        key = keys.of_idempotency_record(merchant_id, request)
        values = _attempt_values(record)
        self._write(self._table.deleting(key, _SAME_ATTEMPT, values, {"#until": "until"}))

    def _write(self, action: Action) -> None:
        try:
            self._table.write(action)
        except Cancelled as cancelled:
            raise Conflict("idempotency_in_progress") from cancelled


_SAME_ATTEMPT = "first_at = :first_at AND #until = :until"


def _attempt_values(record: IdempotencyRecord) -> dict[str, Any]:
    return {":first_at": record.first_at, ":until": record.until}


def _row_of(
    merchant_id: MerchantId, request: IdempotentRequest, record: IdempotencyRecord
) -> dict[str, dict[str, Any]]:
    values = {name: getattr(record, name) for name in _FIELDS}
    return {**keys.of_idempotency_record(merchant_id, request), **row(values)}
