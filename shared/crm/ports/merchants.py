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
        """Keep a new merchant, or raise `Conflict` if it exists."""
        ...

    def update(
        self, merchant_id: MerchantId, before: Merchant, after: Merchant, activity: Activity
    ) -> None:
        """Write the settings and a line of the merchant's history, or raise `Stale`."""
        ...


class Displays(Protocol):
    """What people of a merchant chose to see of customers."""

    def get(self, merchant_id: MerchantId, user_id: UserId) -> Display:
        """Return a person's choice; that of who never chose says nothing."""
        ...

    def replace(
        self, merchant_id: MerchantId, user_id: UserId, before: Display, after: Display
    ) -> None:
        """Keep a choice if the one before still stands, else raise `Stale`."""
        ...


class MerchantHistory(Protocol):
    """What happened to a merchant's book as a whole: who took what, who changed which setting."""

    def add(self, merchant_id: MerchantId, activity: Activity) -> None:
        """Add a line, once, however often told."""
        ...


class Staff(Protocol):
    """Who works for a merchant, people and programs, and what the programs may do."""

    def get(self, merchant_id: MerchantId, user_id: UserId) -> StaffMember:
        """Return one of the staff, or raise `NotFound`."""
        ...

    def page(self, merchant_id: MerchantId, *, limit: int, after: UserId | None) -> StaffPage:
        """Return the staff whose ids come after one, by id."""
        ...

    def granted(self, merchant_id: MerchantId, user_id: UserId) -> frozenset[Permission]:
        """Return what a service user may do; nothing for who is none, or disabled."""
        ...

    def add(self, merchant_id: MerchantId, member: StaffMember) -> None:
        """Keep a new login, or raise `Conflict` if it is there already."""
        ...

    def update(self, merchant_id: MerchantId, before: StaffMember, after: StaffMember) -> None:
        """Write what differs, or raise `Stale`; `Conflict` if no owner would be left."""
        ...


class Logins(Protocol):
    """What people and programs sign in with; a login is of one merchant for ever."""

    def invite(self, merchant_id: MerchantId, email: str) -> UserId:
        """Return the login of an address, made and mailed a password if it is new.

        Raises `Conflict` for an address that has a login with another merchant.
        """
        ...

    def assign(self, merchant_id: MerchantId, user_id: UserId, role: StaffRole) -> None:
        """Make a role the only one of a login."""
        ...

    def set_enabled(self, merchant_id: MerchantId, user_id: UserId, *, enabled: bool) -> None:
        """Let a login sign in, or let it no more."""
        ...
