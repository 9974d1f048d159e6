"""Ports for privacy requests and erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from crm.domain.customers.activities import Activity
    from crm.domain.customers.anonymization import Tombstone
    from crm.domain.kernel.ids import CustomerId, MerchantId
    from crm.domain.privacy.personal_data import PersonalDataPage, PersonalDataRow
    from crm.domain.privacy.requests import PrivacyPage, PrivacyRequest


class PrivacyRequests(Protocol):
    """What people asked of a merchant about their data, and who of them is erased."""

    def add(
        self,
        merchant_id: MerchantId,
        request: PrivacyRequest,
        line: Activity,
        tombstones: Collection[Tombstone] = (),
    ) -> None:
        """Keep a new request and a line of the merchant's history, once, however often asked.

        Raises `Stale` if one of the customers has a tombstone that names another request.
        """
        ...

    def get(self, merchant_id: MerchantId, request_id: str) -> PrivacyRequest:
        """Return a request, or raise `NotFound`."""
        ...

    def newest(self, merchant_id: MerchantId, *, limit: int, before: str | None) -> PrivacyPage:
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
        """Keep `after` at the next revision, with its line, and return it, or raise `Stale`."""
        ...

    def tombstone(self, merchant_id: MerchantId, customer_id: CustomerId) -> Tombstone | None:
        """Return by which request a customer was erased, or is being erased."""
        ...

    def tombstones(self, merchant_id: MerchantId) -> Iterable[Tombstone]:
        """Yield every tombstone of a merchant, by customer."""
        ...


class PrivacyRuns(Protocol):
    """What carries erasures to their end."""

    def start(self, merchant_id: MerchantId, request_id: str, run: str) -> None:
        """Start to carry an erasure out; once for each name of a run."""
        ...


class PersonalDataRows(Protocol):
    """What is kept of a customer beside their record: history, orders, ledger."""

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, *, limit: int, after: str | None
    ) -> PersonalDataPage:
        """Return the next rows after a place, in the order of their places."""
        ...

    def strip(
        self, merchant_id: MerchantId, customer_id: CustomerId, rows: Collection[PersonalDataRow]
    ) -> None:
        """Take what is personal out of rows; those that are gone stay gone."""
        ...
