"""The contracts of `ports.Staff` and `ports.Logins`, in memory and in AWS."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from crm.aws.dynamodb.table import Table
from crm.aws.merchants.logins import CognitoLogins
from crm.aws.merchants.staff import DynamoStaff
from crm.domain.kernel.errors import Conflict, NotFound, Stale
from crm.domain.kernel.ids import UserId
from crm.domain.kernel.times import stamp
from crm.domain.merchants.staff import StaffMember
from crm.ports.merchants import Logins, Staff
from tests.builders import MERCHANT, OTHER_MERCHANT, moment
from tests.fakes.staff import InMemoryLogins, InMemoryStaff

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

ROLES = ("owner", "manager", "staff", "viewer", "service")


@pytest.fixture
def staff(engine: Table | None) -> Staff:
    return InMemoryStaff() if engine is None else DynamoStaff(engine)


def a_member(number: int = 1, **fields: Any) -> StaffMember:
    at = stamp(moment(number))
    defaults: dict[str, Any] = {
        "merchant_id": MERCHANT,
        "id": UserId(f"sub-{number}"),
        "email": f"nv{number}@example.vn",
        "role": "staff",
        "made_by": f"invitation-{number}",
        "created_at": at,
        "updated_at": at,
    }
    return StaffMember(**{**defaults, **fields})


def _changed(member: StaffMember, **fields: Any) -> StaffMember:
    current = {"role": member.role, "status": member.status, "permissions": member.permissions}
    return member.changed(**{**current, **fields}, at=stamp(moment(60)))


@pytest.mark.req("002-01")
def test_staff_are_visible_only_to_their_merchant(staff: Staff) -> None:
    lan = a_member(role="service", permissions=("customers:read",))
    staff.add(MERCHANT, lan)

    assert staff.get(MERCHANT, lan.id) == lan
    with pytest.raises(NotFound):
        staff.get(OTHER_MERCHANT, lan.id)
    with pytest.raises(Conflict):
        staff.add(MERCHANT, lan)


def test_staff_are_paged_by_id(staff: Staff) -> None:
    members = [a_member(number, role=ROLES[number % 4]) for number in range(1, 6)]
    for member in reversed(members):
        staff.add(MERCHANT, member)
    staff.add(OTHER_MERCHANT, a_member(9, merchant_id=OTHER_MERCHANT))

    first = staff.page(MERCHANT, limit=3, after=None)
    second = staff.page(MERCHANT, limit=3, after=first.items[-1].id)

    assert ([*first.items, *second.items], first.more, second.more) == (members, True, False)
    assert staff.page(MERCHANT, limit=5, after=None).more is False


@pytest.mark.req("B-17")
def test_one_of_two_concurrent_changes_to_a_staff_member_is_refused(staff: Staff) -> None:
    before = a_member()
    staff.add(MERCHANT, before)
    after = _changed(before, role="manager")
    staff.update(MERCHANT, before, after)

    with pytest.raises(Stale) as refusal:
        staff.update(MERCHANT, before, _changed(before, role="viewer"))
    assert refusal.value.params == {"current_version": 2}
    assert staff.get(MERCHANT, before.id) == after


@pytest.mark.req("D15")
def test_a_disabled_service_has_no_permissions(staff: Staff) -> None:
    robot = a_member(role="service", permissions=("customers:import", "customers:read"))
    staff.add(MERCHANT, robot)
    assert staff.granted(MERCHANT, robot.id) == {"customers:read", "customers:import"}
    assert staff.granted(OTHER_MERCHANT, robot.id) == frozenset()

    fewer = _changed(robot, permissions=("customers:read",))
    staff.update(MERCHANT, robot, fewer)
    assert staff.granted(MERCHANT, robot.id) == {"customers:read"}

    gone = _changed(fewer, status="disabled")
    staff.update(MERCHANT, fewer, gone)
    assert staff.granted(MERCHANT, robot.id) == frozenset()

    staff.update(MERCHANT, gone, _changed(gone, status="active"))
    assert staff.granted(MERCHANT, robot.id) == {"customers:read"}


@pytest.mark.parametrize("role", ["owner", "staff"])
def test_people_have_no_stored_permissions(staff: Staff, role: str) -> None:
    staff.add(MERCHANT, a_member(role=role))

    assert staff.granted(MERCHANT, UserId("sub-1")) == frozenset()


@pytest.mark.parametrize("fields", [{"role": "manager"}, {"status": "disabled"}])
def test_the_last_owner_cannot_be_changed(staff: Staff, fields: dict[str, Any]) -> None:
    lan, minh = a_member(1, role="owner"), a_member(2, role="owner")
    staff.add(MERCHANT, lan)
    staff.add(MERCHANT, minh)
    staff.add(OTHER_MERCHANT, a_member(3, role="owner", merchant_id=OTHER_MERCHANT))

    staff.update(MERCHANT, lan, _changed(lan, **fields))
    with pytest.raises(Conflict) as refusal:
        staff.update(MERCHANT, minh, _changed(minh, **fields))

    assert refusal.value.code == "last_owner"
    assert staff.get(MERCHANT, minh.id) == minh


def test_an_enabled_owner_counts_as_an_owner_again(staff: Staff) -> None:
    lan, minh = a_member(1, role="owner"), a_member(2, role="manager")
    staff.add(MERCHANT, lan)
    staff.add(MERCHANT, minh)
    made_owner = _changed(minh, role="owner")
    staff.update(MERCHANT, minh, made_owner)
    disabled = _changed(lan, status="disabled")
    staff.update(MERCHANT, lan, disabled)
    staff.update(MERCHANT, disabled, _changed(disabled, status="active"))

    staff.update(MERCHANT, made_owner, _changed(made_owner, role="viewer"))

    assert [each.is_owner for each in staff.page(MERCHANT, limit=9, after=None).items] == [
        True,
        False,
    ]


@dataclass
class Signed:
    """The roles and status of a login, in Cognito or in memory."""

    roles: set[str] = field(default_factory=set)
    enabled: bool = True


class Pool:
    """A user pool like the template's, and access to its users."""

    def __init__(self, client: "CognitoIdentityProviderClient") -> None:
        self._client = client
        self.id = client.create_user_pool(
            PoolName="khach-quen",
            UsernameAttributes=["email"],
            AutoVerifiedAttributes=["email"],
            Schema=[{"Name": "merchant_id", "AttributeDataType": "String", "Mutable": False}],
        )["UserPool"]["Id"]
        for role in ROLES:
            client.create_group(UserPoolId=self.id, GroupName=role)

    def signed(self, user_id: UserId) -> Signed:
        user = self._client.admin_get_user(UserPoolId=self.id, Username=user_id)
        groups = self._client.admin_list_groups_for_user(UserPoolId=self.id, Username=user_id)
        return Signed({each["GroupName"] for each in groups["Groups"]}, user["Enabled"])


@dataclass
class Provided:
    """An implementation of `ports.Logins`, and access to its stored logins."""

    logins: Logins
    pool: Pool | None

    def signed(self, user_id: UserId) -> Signed:
        if self.pool is not None:
            return self.pool.signed(user_id)
        assert isinstance(self.logins, InMemoryLogins)
        login = self.logins.known[user_id]
        return Signed(login.roles, login.enabled)


@pytest.fixture(params=["in memory", "moto"])
def provided(request: pytest.FixtureRequest) -> Iterator[Provided]:
    if request.param == "in memory":
        yield Provided(InMemoryLogins(), None)
        return
    with mock_aws():
        client = boto3.client("cognito-idp")
        pool = Pool(client)
        yield Provided(CognitoLogins(client, pool.id), pool)


def test_an_address_that_is_invited_again_keeps_its_login(provided: Provided) -> None:
    lan = provided.logins.invite(MERCHANT, "lan@example.vn")

    assert provided.logins.invite(MERCHANT, "lan@example.vn") == lan
    assert provided.logins.invite(MERCHANT, "minh@example.vn") != lan


@pytest.mark.req("002-01")
def test_an_address_of_another_merchant_cannot_be_invited(provided: Provided) -> None:
    provided.logins.invite(OTHER_MERCHANT, "lan@example.vn")

    with pytest.raises(Conflict) as refusal:
        provided.logins.invite(MERCHANT, "lan@example.vn")
    assert refusal.value.code == "staff_elsewhere"


def test_a_login_has_one_role(provided: Provided) -> None:
    lan = provided.logins.invite(MERCHANT, "lan@example.vn")
    for role in ("owner", "viewer", "viewer"):
        provided.logins.assign(MERCHANT, lan, role)

    assert provided.signed(lan).roles == {"viewer"}


def test_a_disabled_login_cannot_sign_in_until_it_is_enabled(provided: Provided) -> None:
    lan = provided.logins.invite(MERCHANT, "lan@example.vn")

    provided.logins.set_enabled(MERCHANT, lan, enabled=False)
    assert not provided.signed(lan).enabled
    provided.logins.set_enabled(MERCHANT, lan, enabled=True)
    assert provided.signed(lan).enabled
