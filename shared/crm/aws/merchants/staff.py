"""`ports.Staff`: a row per login, one per service user's permissions, one for the owner count."""

from collections.abc import Mapping
from typing import Any

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.table import Action, Cancelled, Row, Table, between
from crm.domain.kernel.errors import Conflict, NotFound, Stale
from crm.domain.kernel.ids import MerchantId, UserId
from crm.domain.kernel.permissions import Permission
from crm.domain.merchants.staff import StaffMember, StaffPage

_FIELDS = ("email", "role", "status", "made_by", "version", "created_at", "updated_at")


class DynamoStaff:
    """The staff of all merchants; each method accesses that of one."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, merchant_id: MerchantId, user_id: UserId) -> StaffMember:
        """Return a staff member, or raise `NotFound`."""
        item = self._table.get(keys.of_staff(merchant_id, user_id))
        if item is None:
            raise NotFound("staff_not_found")
        return _member_of(merchant_id, item)

    def page(self, merchant_id: MerchantId, *, limit: int, after: UserId | None) -> StaffPage:
        """Return the staff members with ids after `after`, sorted by id."""
        answer = self._table.query(
            **between(keys.of_merchant(merchant_id), *keys.staff_after(after)),
            Limit=limit + 1,
        )
        items = answer["Items"]
        members = tuple(_member_of(merchant_id, item) for item in items[:limit])
        return StaffPage(members, more=len(items) > limit)

    def granted(self, merchant_id: MerchantId, user_id: UserId) -> frozenset[Permission]:
        """Return a service user's permissions; none if disabled or not a service user."""
        item = self._table.get(keys.of_service(merchant_id, user_id))
        return frozenset(plain_row(item)["permissions"]) if item else frozenset()

    def add(self, merchant_id: MerchantId, member: StaffMember) -> None:
        """Add a new staff member, or raise `Conflict` if they already have a row."""
        actions = [
            self._table.putting(_row_of(merchant_id, member), "attribute_not_exists(pk)"),
            *self._granting(merchant_id, None, member),
        ]
        if member.is_owner:
            actions.append(self._counting(merchant_id, 1))
        try:
            self._table.transact(actions)
        except Cancelled as cancelled:
            raise Conflict("staff_exists") from cancelled

    def update(self, merchant_id: MerchantId, before: StaffMember, after: StaffMember) -> None:
        """Write the changes; raise `Stale`, or `Conflict` if no owner would be left."""
        actions = [
            self._table.putting(
                _row_of(merchant_id, after),
                "#version = :seen",
                {":seen": before.version},
                {"#version": "version"},
            ),
            *self._granting(merchant_id, before, after),
        ]
        if before.is_owner != after.is_owner:
            actions.append(self._counting(merchant_id, 1 if after.is_owner else -1))
        try:
            self._table.transact(actions)
        except Cancelled as cancelled:
            if 0 not in cancelled.refused:
                raise Conflict("last_owner") from cancelled
            current = plain_row(cancelled.refused[0]).get("version")
            raise Stale("stale", current_version=current) from cancelled

    def _granting(
        self, merchant_id: MerchantId, before: StaffMember | None, after: StaffMember
    ) -> list[Action]:
        """Return the action on the permissions row, which every request of a service reads."""
        if after.role != "service":
            return []
        key = keys.of_service(merchant_id, after.id)
        if after.status == "disabled":
            return [self._table.deleting(key)] if before else []
        return [self._table.putting({**key, **row({"permissions": after.permissions})})]

    def _counting(self, merchant_id: MerchantId, by: int) -> Action:
        return self._table.updating(
            keys.of_owners(merchant_id),
            "ADD n :by",
            None if by > 0 else "n > :one",
            {":by": by} if by > 0 else {":by": by, ":one": 1},
        )


def _row_of(merchant_id: MerchantId, member: StaffMember) -> dict[str, dict[str, Any]]:
    values: Mapping[str, Any] = {name: getattr(member, name) for name in _FIELDS}
    permissions = {"permissions": member.permissions or None}
    return {**keys.of_staff(merchant_id, member.id), **row({**values, **permissions})}


def _member_of(merchant_id: MerchantId, item: Row) -> StaffMember:
    stored = plain_row(item)
    values: dict[str, Any] = {name: stored[name] for name in _FIELDS}
    return StaffMember(
        merchant_id=merchant_id,
        id=keys.staff_member(stored["sk"]),
        permissions=tuple(stored.get("permissions", ())),
        **values,
    )
