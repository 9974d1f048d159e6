"""Ports for privacy requests and erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from crm.domain.customers.activities import Activity
    from crm.domain.customers.anonymization import Tombstone
    from crm.domain.kernel.ids import CustomerId, MerchantId
    from crm.domain.kernel.jobs import JobPage
    from crm.domain.privacy.personal_data import PersonalDataPage, PersonalDataRow
    from crm.domain.privacy.requests import PrivacyRequest


class PrivacyRequests(Protocol):
    """A merchant's privacy requests, and the tombstones of erased customers."""

    def add(
        self,
        merchant_id: MerchantId,
        request: PrivacyRequest,
        line: Activity,
        tombstones: Collection[Tombstone] = (),
    ) -> None:
        """Store a new request with a line of the merchant's history; repeating has no effect.

        Raises `Stale` if a tombstone of one of the customers names another request.
        """
        ...

    def get(self, merchant_id: MerchantId, request_id: str) -> PrivacyRequest:
        """Return a request, or raise `NotFound`."""
        ...

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: str | None
    ) -> JobPage[PrivacyRequest]:
        """Return the newest requests that are older than `before`."""
        ...

    def replace(
        self,
        merchant_id: MerchantId,
        before: PrivacyRequest,
        after: PrivacyRequest,
        line: Activity | None = None,
        tombstones: Collection[Tombstone] = (),
    ) -> PrivacyRequest:
        """Store `after` with the next revision and its line, and return it, or raise `Stale`."""
        ...

    def tombstone(self, merchant_id: MerchantId, customer_id: CustomerId) -> Tombstone | None:
        """Return the tombstone that names the request erasing a customer, or None."""
        ...

    def tombstones(self, merchant_id: MerchantId) -> Iterable[Tombstone]:
        """Yield every tombstone of a merchant, ordered by customer."""
        ...


class PrivacyRuns(Protocol):
    """Executions of erasures."""

    def start(self, merchant_id: MerchantId, request_id: str, run: str) -> None:
        """Start an erasure, once for each run name."""
        ...


class PersonalDataRows(Protocol):
    """The rows about a customer beside their record: history, orders, ledger."""

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, *, limit: int, after: str | None
    ) -> PersonalDataPage:
        """Return the next rows after a place, in the order of their places."""
        ...

    def strip(
        self, merchant_id: MerchantId, customer_id: CustomerId, rows: Collection[PersonalDataRow]
    ) -> None:
        """Remove the personal attributes of rows; deleted rows are not written again."""
        ...
