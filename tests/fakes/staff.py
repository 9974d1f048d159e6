"""The ports of staff and logins, in memory."""

from dataclasses import dataclass, field

from crm.domain.kernel.errors import Conflict, NotFound, Stale
from crm.domain.kernel.ids import MerchantId, UserId
from crm.domain.kernel.permissions import Permission
from crm.domain.merchants.staff import StaffMember, StaffPage, StaffRole


class InMemoryStaff:
    """`ports.Staff` over a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[tuple[MerchantId, UserId], StaffMember] = {}

    def get(self, merchant_id: MerchantId, user_id: UserId) -> StaffMember:
        try:
            return self._kept[merchant_id, user_id]
        except KeyError:
            raise NotFound("staff_not_found") from None

    def page(self, merchant_id: MerchantId, *, limit: int, after: UserId | None) -> StaffPage:
        found = sorted(
            (member for (owner, _), member in self._kept.items() if owner == merchant_id),
            key=lambda member: member.id,
        )
        rest = [member for member in found if member.id > (after or "")]
        return StaffPage(tuple(rest[:limit]), more=len(rest) > limit)

    def granted(self, merchant_id: MerchantId, user_id: UserId) -> frozenset[Permission]:
        member = self._kept.get((merchant_id, user_id))
        serves = member is not None and member.role == "service" and member.status == "active"
        return frozenset(member.permissions) if member and serves else frozenset()

    def add(self, merchant_id: MerchantId, member: StaffMember) -> None:
        if (merchant_id, member.id) in self._kept:
            raise Conflict("staff_exists")
        self._kept[merchant_id, member.id] = member

    def update(self, merchant_id: MerchantId, before: StaffMember, after: StaffMember) -> None:
        current = self.get(merchant_id, before.id)
        if current.version != before.version:
            raise Stale("stale", current_version=current.version)
        owners = [each for (owner, _), each in self._kept.items() if owner == merchant_id]
        last = sum(each.is_owner for each in owners) == 1
        if before.is_owner and not after.is_owner and last:
            raise Conflict("last_owner")
        self._kept[merchant_id, after.id] = after


@dataclass
class Login:
    """A login, its roles and whether it is enabled."""

    merchant_id: MerchantId
    email: str
    roles: set[str] = field(default_factory=set)
    enabled: bool = True


class InMemoryLogins:
    """`ports.Logins` over a dictionary; an id is derived from the address."""

    def __init__(self) -> None:
        self.known: dict[UserId, Login] = {}
        self.mailed: list[str] = []

    def invite(self, merchant_id: MerchantId, email: str) -> UserId:
        user_id = UserId(f"sub-{email}")
        if user_id not in self.known:
            self.known[user_id] = Login(merchant_id, email)
            self.mailed.append(email)
        if self.known[user_id].merchant_id != merchant_id:
            raise Conflict("staff_elsewhere")
        return user_id

    def assign(self, merchant_id: MerchantId, user_id: UserId, role: StaffRole) -> None:
        assert self.known[user_id].merchant_id == merchant_id
        self.known[user_id].roles = {role}

    def set_enabled(self, merchant_id: MerchantId, user_id: UserId, *, enabled: bool) -> None:
        assert self.known[user_id].merchant_id == merchant_id
        self.known[user_id].enabled = enabled
