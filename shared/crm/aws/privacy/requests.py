"""`ports.PrivacyRequests`: one row a request, one a tombstone."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from crm.aws.customers.activities import line_of
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.job_rows import JobRows
from crm.aws.dynamodb.table import Action, Cancelled, Row, Table
from crm.domain.customers.activities import Activity
from crm.domain.customers.anonymization import Tombstone
from crm.domain.kernel.errors import Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.privacy.requests import Erasure, PrivacyPage, PrivacyRequest

_KIND = "privacy"
_SAME = (
    "kind",
    "customer_id",
    "state",
    "received_at",
    "answer_by",
    "due_at",
    "third_party",
    "days_more",
    "reason",
    "answered_at",
    "closed_at",
    "lifted_at",
    "created_at",
    "created_by",
    "decided_by",
    "revision",
)


class DynamoPrivacyRequests:
    """The requests and tombstones of all merchants; each method reaches those of one."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._jobs = JobRows(table, _KIND, _row_of, _request_of)

    def add(
        self,
        merchant_id: MerchantId,
        request: PrivacyRequest,
        line: Activity,
        tombstones: Collection[Tombstone] = (),
    ) -> None:
        """Keep a new request with its tombstones and its line, once, however often asked."""
        kept = self._table.putting(_row_of(request), "attribute_not_exists(pk)")
        telling = self._telling(merchant_id, line)
        try:
            self._table.transact([kept, telling, *self._burying(merchant_id, tombstones)])
        except Cancelled as cancelled:
            if 0 not in cancelled.refused:
                raise Stale("stale", current_version=None) from cancelled

    def get(self, merchant_id: MerchantId, request_id: str) -> PrivacyRequest:
        """Return a request, or raise `NotFound`."""
        return self._jobs.get(merchant_id, request_id)

    def newest(self, merchant_id: MerchantId, *, limit: int, before: str | None) -> PrivacyPage:
        """Return the newest requests that are older than `before`."""
        requests, more = self._jobs.newest(merchant_id, limit=limit, before=before)
        return PrivacyPage(tuple(requests), more)

    def replace(
        self,
        merchant_id: MerchantId,
        before: PrivacyRequest,
        after: PrivacyRequest,
        line: Activity | None = None,
        tombstones: Collection[Tombstone] = (),
    ) -> PrivacyRequest:
        """Keep `after` at the next revision, with its line, and return it, or raise `Stale`."""
        after = replace(after, revision=before.revision + 1)
        written = _row_of(after)
        kept = self._table.putting(written, "revision = :seen", {":seen": before.revision})
        others = [self._telling(merchant_id, line)] if line else []
        others += self._burying(merchant_id, tombstones)
        try:
            if others:
                self._table.transact([kept, *others])
            else:
                self._table.write(kept)
        except Cancelled as cancelled:
            # The client tries again when an answer is lost, and then meets what it wrote.
            if cancelled.refused.get(0) != written:
                raise Stale("stale", current_version=None) from cancelled
        return after

    def tombstone(self, merchant_id: MerchantId, customer_id: CustomerId) -> Tombstone | None:
        """Return by which request a customer was erased, or is being erased."""
        item = self._table.get(keys.of_tombstone(merchant_id, customer_id))
        return _tombstone(item) if item else None

    def tombstones(self, merchant_id: MerchantId) -> Iterable[Tombstone]:
        """Yield every tombstone of a merchant, by customer."""
        rows = self._table.query_all(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.of_tombstones(merchant_id)}},
            ConsistentRead=True,
        )
        return map(_tombstone, rows)

    def _burying(self, merchant_id: MerchantId, tombstones: Collection[Tombstone]) -> list[Action]:
        return [
            self._table.putting(
                {
                    **keys.of_tombstone(merchant_id, each.customer_id),
                    **row({"request_id": each.request_id, "at": each.at}),
                },
                "attribute_not_exists(pk) OR request_id = :request",
                {":request": each.request_id},
            )
            for each in tombstones
        ]

    def _telling(self, merchant_id: MerchantId, line: Activity) -> Action:
        key = keys.of_merchant_activity(merchant_id, line.at, line.id)
        return self._table.putting({**key, **row(line_of(line))})


def _tombstone(item: Row) -> Tombstone:
    stored = plain_row(item)
    return Tombstone(CustomerId(stored["sk"]), stored["request_id"], stored["at"])


def _row_of(request: PrivacyRequest) -> Row:
    return {
        **keys.of_job(request.merchant_id, _KIND, request.id),
        **row(
            {
                **{name: getattr(request, name) for name in _SAME},
                "erasure": _kept(request.erasure) if request.erasure else None,
            }
        ),
    }


def _kept(erasure: Erasure) -> dict[str, Any]:
    values = {
        "customer_ids": list(erasure.customer_ids),
        "began_at": erasure.began_at,
        "clean_at": erasure.clean_at,
        "step": erasure.step,
        "after": erasure.after,
        "marks": list(erasure.fingerprints),
        "imports": list(erasure.imports),
        "waiting": list(erasure.waiting),
        "stripped": dict(erasure.stripped),
    }
    return {name: value for name, value in values.items() if value}


def _request_of(merchant_id: MerchantId, item: Mapping[str, Any]) -> PrivacyRequest:
    kept = item.get("erasure")
    return PrivacyRequest(
        merchant_id=merchant_id,
        id=item["sk"],
        erasure=_erasure(kept) if kept else None,
        **{name: item[name] for name in _SAME if name in item},
    )


def _erasure(kept: Mapping[str, Any]) -> Erasure:
    return Erasure(
        customer_ids=tuple(kept.get("customer_ids", ())),
        began_at=kept["began_at"],
        clean_at=kept.get("clean_at"),
        step=kept["step"],
        after=kept.get("after"),
        fingerprints=tuple(kept.get("marks", ())),
        imports=tuple(kept.get("imports", ())),
        waiting=tuple(kept.get("waiting", ())),
        stripped=kept.get("stripped", {}),
    )
