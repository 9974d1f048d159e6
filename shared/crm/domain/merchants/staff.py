"""A merchant's staff, people and programs, and their permissions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from crm.domain.kernel.errors import Invalid, Problem
from crm.domain.kernel.ids import MerchantId, UserId
from crm.domain.kernel.permissions import OF_ROLE, Permission

#: `service` is a program: its permissions are stored with it instead of coming from a role.
StaffRole = Literal["owner", "manager", "staff", "viewer", "service"]
StaffStatus = Literal["active", "disabled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """One login of a merchant. `made_by` is the invitation's id, so that it is added only once."""

    merchant_id: MerchantId
    id: UserId
    email: str
    role: StaffRole
    permissions: tuple[Permission, ...] = ()
    status: StaffStatus = "active"
    made_by: str
    version: int = 1
    created_at: str
    updated_at: str

    @property
    def is_owner(self) -> bool:
        """Whether this is an active owner, who can invite others."""
        return self.role == "owner" and self.status == "active"

    def changed(
        self,
        role: StaffRole,
        status: StaffStatus,
        permissions: tuple[Permission, ...],
        at: str,
    ) -> "StaffMember":
        """Return the member after a change; the same object if nothing differs."""
        after = replace(self, role=role, status=status, permissions=permissions)
        if after == self:
            return self
        return replace(after, version=self.version + 1, updated_at=at)


class StaffPage(NamedTuple):
    """A page of a merchant's staff by id, and whether there are more."""

    items: tuple[StaffMember, ...]
    more: bool


def rights_of(role: StaffRole, permissions: Sequence[Permission]) -> frozenset[Permission]:
    """Return the permissions of a role, or the stored ones for a service user."""
    return frozenset(permissions) if role == "service" else OF_ROLE[role]


def read_permissions(
    role: StaffRole, permissions: Sequence[Permission] | None
) -> tuple[Permission, ...]:
    """Return a service user's permissions, sorted; raise `Invalid` if a role is given any."""
    if role != "service":
        if permissions:
            raise Invalid("invalid_fields", Problem("permissions", "permissions_of_role"))
        return ()
    if not permissions:
        raise Invalid("invalid_fields", Problem("permissions", "permissions_of_service"))
    return tuple(sorted(set(permissions)))
