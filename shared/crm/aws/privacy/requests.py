"""`ports.PrivacyRequests`: one row per request and one per tombstone."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from crm.aws.customers.activities import line_of
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.job_rows import JobRows
from crm.aws.dynamodb.table import Action, Cancelled, Row, Table, in_partition
from crm.domain.customers.activities import Activity
from crm.domain.customers.anonymization import Tombstone
from crm.domain.kernel.errors import Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.jobs import JobPage
from crm.domain.privacy.requests import Erasure, PrivacyRequest

_KIND = "privacy"
#: Fields of `PrivacyRequest` stored under their own names.
_FIELDS = (
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
    """The requests and tombstones of all merchants; each method accesses those of one."""

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
        """Store a new request with its tombstones and its line; repeating has no effect."""
        request_put = self._table.putting(_row_of(request), "attribute_not_exists(pk)")
        line_put = self._line_put(merchant_id, line)
        stones = self._tombstone_puts(merchant_id, tombstones)
        try:
            self._table.transact([request_put, line_put, *stones])
        except Cancelled as cancelled:
            if 0 not in cancelled.refused:
                raise Stale("stale", current_version=None) from cancelled

    def get(self, merchant_id: MerchantId, request_id: str) -> PrivacyRequest:
        """Return a request, or raise `NotFound`."""
        return self._jobs.get(merchant_id, request_id)

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: str | None
    ) -> JobPage[PrivacyRequest]:
        """Return the newest requests that are older than `before`."""
        requests, more = self._jobs.newest(merchant_id, limit=limit, before=before)
        return JobPage(tuple(requests), more)

    def replace(
        self,
        merchant_id: MerchantId,
        before: PrivacyRequest,
        after: PrivacyRequest,
        line: Activity | None = None,
        tombstones: Collection[Tombstone] = (),
    ) -> PrivacyRequest:
        """Store `after` with the next revision and its line, and return it, or raise `Stale`."""
        after = replace(after, revision=before.revision + 1)
        written = _row_of(after)
        request_put = self._table.putting(written, "revision = :seen", {":seen": before.revision})
        others = [self._line_put(merchant_id, line)] if line else []
        others += self._tombstone_puts(merchant_id, tombstones)
        try:
            if others:
                self._table.transact([request_put, *others])
            else:
                self._table.write(request_put)
        except Cancelled as cancelled:
            # The client retries when an answer is lost, and then finds its own write.
            if cancelled.refused.get(0) != written:
                raise Stale("stale", current_version=None) from cancelled
        return after

    def tombstone(self, merchant_id: MerchantId, customer_id: CustomerId) -> Tombstone | None:
        """Return the tombstone that names the request erasing a customer, or None."""
        item = self._table.get(keys.of_tombstone(merchant_id, customer_id))
        return _tombstone(item) if item else None

    def tombstones(self, merchant_id: MerchantId) -> Iterable[Tombstone]:
        """Yield every tombstone of a merchant, ordered by customer."""
        rows = self._table.query_all(
            **in_partition(keys.of_tombstones(merchant_id)),
            ConsistentRead=True,
        )
        return map(_tombstone, rows)

    def _tombstone_puts(
        self, merchant_id: MerchantId, tombstones: Collection[Tombstone]
    ) -> list[Action]:
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

    def _line_put(self, merchant_id: MerchantId, line: Activity) -> Action:
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
                **{name: getattr(request, name) for name in _FIELDS},
                "erasure": _erasure_attributes(request.erasure) if request.erasure else None,
            }
        ),
    }


def _erasure_attributes(erasure: Erasure) -> dict[str, Any]:
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
    stored = item.get("erasure")
    return PrivacyRequest(
        merchant_id=merchant_id,
        id=item["sk"],
        erasure=_erasure_of(stored) if stored else None,
        **{name: item[name] for name in _FIELDS if name in item},
    )


def _erasure_of(stored: Mapping[str, Any]) -> Erasure:
    return Erasure(
        customer_ids=tuple(stored.get("customer_ids", ())),
        began_at=stored["began_at"],
        clean_at=stored.get("clean_at"),
        step=stored["step"],
        after=stored.get("after"),
        fingerprints=tuple(stored.get("marks", ())),
        imports=tuple(stored.get("imports", ())),
        waiting=tuple(stored.get("waiting", ())),
        stripped=stored.get("stripped", {}),
    )
