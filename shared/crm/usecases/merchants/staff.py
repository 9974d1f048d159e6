"""Invite a merchant's staff, people and programs, and change their permissions."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from crm.domain.kernel.acts import Act
from crm.domain.kernel.conflicts import require_version
from crm.domain.kernel.errors import Conflict, Forbidden, Invalid, Problem, read_field
from crm.domain.kernel.ids import MerchantId, UserId
from crm.domain.kernel.permissions import Permission
from crm.domain.kernel.times import stamp
from crm.domain.merchants.staff import (
    StaffMember,
    StaffPage,
    StaffRole,
    StaffStatus,
    read_permissions,
    rights_of,
)
from crm.domain.values.emails import read_email
from crm.ports.merchants import Logins, Staff


def list_staff(
    merchant_id: MerchantId, *, limit: int, after: UserId | None, staff: Staff
) -> StaffPage:
    """Return a page of a merchant's staff, by id."""
    return staff.page(merchant_id, limit=limit, after=after)


def get_staff(merchant_id: MerchantId, user_id: UserId, *, staff: Staff) -> StaffMember:
    """Return a staff member; raise `NotFound` for another merchant's."""
    return staff.get(merchant_id, user_id)


def invite_staff(
    merchant_id: MerchantId,
    email: str,
    role: StaffRole,
    permissions: Sequence[Permission] | None,
    *,
    own: Collection[Permission],
    made_by: str,
    act: Act,
    staff: Staff,
    logins: Logins,
) -> StaffMember:
    """Invite a person or program, who is mailed a first password.

    Callers can only grant permissions they have (`own`). `made_by` is the id of the request:
    repeated, it finds its login.
    """
    address = read_field("email", lambda: read_email(email))
    listed = read_permissions(role, permissions)
    _refuse_beyond(own, role, listed)
    at = act.at
    member = StaffMember(
        merchant_id=merchant_id,
        id=logins.invite(merchant_id, address),
        email=address,
        role=role,
        permissions=listed,
        made_by=made_by,
        created_at=at,
        updated_at=at,
    )
    try:
        staff.add(merchant_id, member)
    except Conflict:
        member = staff.get(merchant_id, member.id)
        if member.made_by != made_by:
            raise
    logins.assign(merchant_id, member.id, member.role)
    return member


class StaffChange(NamedTuple):
    """The parts of a staff member to change; None leaves a part as it is."""

    role: StaffRole | None = None
    status: StaffStatus | None = None
    permissions: Sequence[Permission] | None = None


def change_staff(
    merchant_id: MerchantId,
    user_id: UserId,
    change: StaffChange,
    *,
    seen_version: int,
    own: Collection[Permission],
    now: datetime,
    staff: Staff,
    logins: Logins,
) -> StaffMember:
    """Change a staff member's role, status or permissions; the last owner must stay one.

    Always updates the login too, which repairs one that an earlier lost call left behind.
    """
    before = staff.get(merchant_id, user_id)
    require_version(seen_version, before.version)
    role = change.role or before.role
    if (role == "service") != (before.role == "service"):
        raise Invalid("invalid_fields", Problem("role", "staff_role_fixed"))
    listed = before.permissions
    if change.permissions is not None:
        listed = read_permissions(role, change.permissions)
    _refuse_beyond(own, before.role, before.permissions)
    _refuse_beyond(own, role, listed)
    after = before.changed(role, change.status or before.status, listed, stamp(now))
    if after is not before:
        staff.update(merchant_id, before, after)
    logins.assign(merchant_id, user_id, after.role)
    logins.set_enabled(merchant_id, user_id, enabled=after.status == "active")
    return after


def _refuse_beyond(
    own: Collection[Permission], role: StaffRole, permissions: Sequence[Permission]
) -> None:
    beyond = rights_of(role, permissions) - set(own)
    if beyond:
        raise Forbidden("permission_missing", permission=min(beyond))
