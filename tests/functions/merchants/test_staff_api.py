"""Staff over HTTP: invitations, roles and permissions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import boto3
import pytest

from crm.domain.kernel.permissions import OF_ROLE
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Merchant
from crm.http.merchants.models import StaffAnswer, StaffPageAnswer
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.staff import logins
from functions.customers_api.handler import lambda_handler as customers_api
from functions.settings_api.handler import lambda_handler
from tests.builders import MERCHANT, moment
from tests.contract.merchants.test_staff import Pool
from tests.functions.faults import lost
from tests.functions.requests import Answered, Client

STAFF = "/settings/staff"


@pytest.fixture(autouse=True)
def pool(tables: None, monkeypatch: pytest.MonkeyPatch) -> Pool:
    """Return an empty user pool."""
    del tables
    made = Pool(boto3.client("cognito-idp"))
    monkeypatch.setattr(logins(), "_pool", made.id)
    return made


@dataclass
class Owner:
    """Requests of an owner to the staff API."""

    client: Client = field(default_factory=lambda: Client(lambda_handler, role="owner"))

    def invite(self, email: str, role: str, **fields: Any) -> Answered:
        return self.client.send("POST", STAFF, {"email": email, "role": role, **fields})

    def change(self, member: Mapping[str, Any], **fields: Any) -> Answered:
        seen = f'"{member["version"]}"'
        return self.client.send("PATCH", f"{STAFF}/{member['id']}", fields, If_Match=seen)


@pytest.fixture
def owner() -> Owner:
    return Owner()


def _refused(answer: Answered, status: int, *codes: str) -> None:
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [each["code"] for each in answer.body["errors"]] == list(codes)


@pytest.mark.req("D15")
@pytest.mark.parametrize("role", ["owner", "manager", "staff", "viewer"])
def test_a_person_is_invited_with_a_role(owner: Owner, pool: Pool, role: str) -> None:
    answer = owner.invite(" Lan@Example.vn ", role)

    assert answer.status == 201, answer.body
    StaffAnswer.model_validate(answer.body)
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == f"{STAFF}/{answer.body['id']}"
    assert (answer.body["email"], answer.body["status"]) == ("lan@example.vn", "active")
    assert answer.body["permissions"] == sorted(OF_ROLE[role])
    assert pool.signed(answer.body["id"]).roles == {role}
    assert owner.client.send("GET", f"{STAFF}/{answer.body['id']}").body == answer.body


def test_staff_are_listed_page_by_page(owner: Owner) -> None:
    made = sorted(owner.invite(f"nv{n}@example.vn", "staff").body["id"] for n in range(3))

    first = owner.client.send("GET", STAFF, query={"limit": "2"})
    cursor = first.body["next_cursor"]
    second = owner.client.send("GET", STAFF, query={"limit": "2", "cursor": cursor})

    StaffPageAnswer.model_validate(first.body)
    assert [each["id"] for each in first.body["items"] + second.body["items"]] == made
    assert second.body["next_cursor"] is None


@pytest.mark.req("D15")
@pytest.mark.parametrize(
    ("fields", "status", "codes"),
    [
        ({"email": "lan", "role": "staff"}, 422, ["email_invalid"]),
        ({"email": "lan@example.vn", "role": "boss"}, 422, ["not_one_of"]),
        ({"email": "lan@example.vn", "role": "service"}, 422, ["permissions_of_service"]),
        (
            {"email": "lan@example.vn", "role": "staff", "permissions": ["privacy:erase"]},
            422,
            ["permissions_of_role"],
        ),
        (
            {"email": "lan@example.vn", "role": "service", "permissions": ["all"]},
            422,
            ["not_one_of"],
        ),
    ],
)
def test_an_invalid_invitation_is_refused(
    owner: Owner, fields: dict[str, Any], status: int, codes: list[str]
) -> None:
    _refused(owner.client.send("POST", STAFF, fields), status, *codes)
    assert owner.client.send("GET", STAFF).body["items"] == []


def test_a_staff_member_is_not_invited_again(owner: Owner, pool: Pool) -> None:
    lan = owner.invite("lan@example.vn", "manager").body

    _refused(owner.invite("lan@example.vn", "viewer"), 409)
    assert pool.signed(lan["id"]).roles == {"manager"}


@pytest.mark.req("002-01")
def test_staff_of_another_merchant_are_not_found_and_not_taken_over(owner: Owner) -> None:
    lan = owner.invite("lan@example.vn", "manager").body
    stranger = Owner(Client(lambda_handler, role="owner", merchant_id="m-2"))

    _refused(stranger.client.send("GET", f"{STAFF}/{lan['id']}"), 404)
    _refused(stranger.change(lan, role="viewer"), 404)
    _refused(stranger.invite("lan@example.vn", "viewer"), 409)
    assert stranger.client.send("GET", STAFF).body["items"] == []


@pytest.mark.req("D15")
def test_changing_a_role_changes_the_login(owner: Owner, pool: Pool) -> None:
    lan = owner.invite("lan@example.vn", "staff").body

    changed = owner.change(lan, role="viewer")

    assert changed.status == 200, changed.body
    assert (changed.body["role"], changed.headers["ETag"]) == ("viewer", '"2"')
    assert pool.signed(lan["id"]).roles == {"viewer"}
    _refused(owner.change(lan, role="staff"), 412)


@pytest.mark.req("D15")
def test_a_disabled_staff_member_cannot_sign_in(owner: Owner, pool: Pool) -> None:
    lan = owner.invite("lan@example.vn", "staff").body

    disabled = owner.change(lan, status="disabled").body
    assert not pool.signed(lan["id"]).enabled
    assert owner.change(disabled, status="active").body["version"] == 3
    assert pool.signed(lan["id"]).enabled


@pytest.mark.parametrize("fields", [{"role": "manager"}, {"status": "disabled"}])
def test_the_last_owner_can_be_neither_demoted_nor_disabled(
    owner: Owner, pool: Pool, fields: Mapping[str, str]
) -> None:
    first = owner.invite("lan@example.vn", "owner").body
    second = owner.invite("minh@example.vn", "owner").body
    assert owner.change(second, **fields).status == 200

    _refused(owner.change(first, **fields), 409)

    assert pool.signed(first["id"]).roles == {"owner"}
    assert pool.signed(first["id"]).enabled
    assert owner.client.send("GET", f"{STAFF}/{first['id']}").body == first


def test_a_service_cannot_become_a_person_or_the_reverse(owner: Owner) -> None:
    robot = owner.invite("robot@example.vn", "service", permissions=["customers:read"]).body
    lan = owner.invite("lan@example.vn", "staff").body

    _refused(owner.change(robot, role="owner"), 422, "staff_role_fixed")
    _refused(owner.change(lan, role="service"), 422, "staff_role_fixed")


@pytest.mark.req("D15")
def test_a_caller_cannot_grant_permissions_they_lack(owner: Owner) -> None:
    listed = ["customers:read", "settings:manage"]
    robot = owner.invite("robot@example.vn", "service", permissions=listed).body
    lan = owner.invite("lan@example.vn", "owner").body
    caller = Client(lambda_handler, role="service", claims={"sub": robot["id"]})
    as_robot = Owner(caller)

    _refused(as_robot.invite("minh@example.vn", "owner"), 403)
    _refused(as_robot.invite("r2@example.vn", "service", permissions=["privacy:erase"]), 403)
    _refused(as_robot.change(robot, permissions=[*listed, "loyalty:adjust"]), 403)
    _refused(as_robot.change(lan, role="viewer"), 403)
    assert as_robot.invite("minh@example.vn", "viewer").status == 201


@pytest.mark.req("D15")
@pytest.mark.parametrize("role", ["manager", "staff", "viewer"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", STAFF, None),
        ("GET", f"{STAFF}/somebody", None),
        ("POST", STAFF, {"email": "lan@example.vn", "role": "viewer"}),
        ("PATCH", f"{STAFF}/somebody", {"role": "owner"}),
    ],
)
def test_only_owners_see_and_change_the_staff(
    role: str, method: str, path: str, body: Mapping[str, str] | None
) -> None:
    _refused(Client(lambda_handler, role=role).send(method, path, body, If_Match='"1"'), 403)


@pytest.mark.req("D15")
def test_a_service_has_only_its_stored_permissions(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchants().add(
        MERCHANT,
        Merchant(id=MERCHANT, name="Hoa", email="h@example.vn", created_at=stamp(moment())),
    )
    robot = owner.invite("robot@example.vn", "service", permissions=["customers:read"]).body
    caller = Client(customers_api, role="service", claims={"sub": robot["id"]})
    another = Client(customers_api, role="service", claims={"sub": "somebody"})
    clock = moment()
    monkeypatch.setattr("functions.customers_api.handler.app._granted._now", lambda: clock)

    assert caller.send("GET", "/customers/01J0").status == 404
    assert caller.send("POST", "/customers", {"full_name": "Ánh"}).status == 403
    assert another.send("GET", "/customers/01J0").status == 403
    stranger = Client(
        customers_api, role="service", merchant_id="m-2", claims={"sub": robot["id"]}
    )
    assert stranger.send("GET", "/customers/01J0").status == 403

    more = owner.change(robot, permissions=["customers:manage", "customers:read"]).body
    clock = moment(1)
    assert caller.send("POST", "/customers", {"full_name": "Ánh"}).status == 201

    owner.change(more, status="disabled")
    assert caller.send("GET", "/customers/01J0").status == 404  # cached for half a minute
    clock = moment(2)
    assert caller.send("GET", "/customers/01J0").status == 403


@pytest.mark.req("B-17")
@pytest.mark.parametrize("answer", [True, False], ids=["answer lost", "call lost"])
def test_a_retry_completes_an_invitation_after_a_lost_call_or_answer(
    owner: Owner,
    pool: Pool,
    answer: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    key, body = uuid4().hex, {"email": "lan@example.vn", "role": "owner"}
    with lost("TransactWriteItems", answer=answer):
        first = owner.client.send("POST", STAFF, body, Idempotency_Key=key)
    assert first.status == 500

    again = owner.client.send("POST", STAFF, body, Idempotency_Key=key)

    assert again.status == 201, again.body
    assert pool.signed(again.body["id"]).roles == {"owner"}
    assert [each["id"] for each in owner.client.send("GET", STAFF).body["items"]] == [
        again.body["id"]
    ]
    replayed = owner.client.send("POST", STAFF, body, Idempotency_Key=key)
    assert (replayed.status, replayed.body) == (201, again.body)
    assert replayed.headers["Idempotency-Replayed"] == "true"
