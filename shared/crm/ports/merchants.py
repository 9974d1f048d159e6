"""Ports for merchants, settings and staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from crm.domain.customers.activities import Activity
    from crm.domain.kernel.ids import MerchantId, UserId
    from crm.domain.kernel.permissions import Permission
    from crm.domain.merchants.merchant import Display, Merchant
    from crm.domain.merchants.staff import StaffMember, StaffPage, StaffRole


class Merchants(Protocol):
    """The merchants of this deployment."""

    def get(self, merchant_id: MerchantId) -> Merchant:
        """Return a merchant, or raise `NotFound`."""
        ...

    def add(self, merchant_id: MerchantId, merchant: Merchant) -> None:
        """Add a new merchant, or raise `Conflict` if it exists."""
        ...

    def update(
        self, merchant_id: MerchantId, before: Merchant, after: Merchant, activity: Activity
    ) -> None:
        """Write the settings and an activity to the merchant's history, or raise `Stale`."""
        ...


class Displays(Protocol):
    """The display preferences of a merchant's users."""

    def get(self, merchant_id: MerchantId, user_id: UserId) -> Display:
        """Return a user's preferences; an empty `Display` if they never chose."""
        ...

    def replace(
        self, merchant_id: MerchantId, user_id: UserId, before: Display, after: Display
    ) -> None:
        """Write the preferences if `before` is still current, else raise `Stale`."""
        ...


class MerchantHistory(Protocol):
    """The history of a merchant as a whole: who exported what, who changed which setting."""

    def add(self, merchant_id: MerchantId, activity: Activity) -> None:
        """Add an activity; a repeated call adds it only once."""
        ...


class Staff(Protocol):
    """A merchant's staff, people and programs, and the programs' permissions."""

    def get(self, merchant_id: MerchantId, user_id: UserId) -> StaffMember:
        """Return a staff member, or raise `NotFound`."""
        ...

    def page(self, merchant_id: MerchantId, *, limit: int, after: UserId | None) -> StaffPage:
        """Return the staff members with ids after `after`, sorted by id."""
        ...

    def granted(self, merchant_id: MerchantId, user_id: UserId) -> frozenset[Permission]:
        """Return a service user's permissions; none if disabled or not a service user."""
        ...

    def add(self, merchant_id: MerchantId, member: StaffMember) -> None:
        """Add a new staff member, or raise `Conflict` if they already exist."""
        ...

    def update(self, merchant_id: MerchantId, before: StaffMember, after: StaffMember) -> None:
        """Write the changes; raise `Stale`, or `Conflict` if no owner would be left."""
        ...


class Logins(Protocol):
    """The logins of people and programs; a login belongs to one merchant for ever."""

    def invite(self, merchant_id: MerchantId, email: str) -> UserId:
        """Return the login of an address; create it and mail a password if it is new.

        Raises `Conflict` if the address has a login with another merchant.
        """
        ...

    def assign(self, merchant_id: MerchantId, user_id: UserId, role: StaffRole) -> None:
        """Make `role` the only role of a login."""
        ...

    def set_enabled(self, merchant_id: MerchantId, user_id: UserId, *, enabled: bool) -> None:
        """Allow a login to sign in, or block it."""
        ...
