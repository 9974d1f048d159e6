"""Staff, roles, settings and groups of the deployed product."""

import secrets
from http import HTTPStatus
from uuid import uuid4

import pytest

from local import people
from local.api import Api
from local.failures import CommandError
from local.people import Login
from tests.e2e.deployed import Deployed, Merchant, created, eventually

STAFF = "/settings/staff"
PASSWORD = secrets.token_urlsafe(16) + "aA1"


def _signed_in(deployed: Deployed, role: str, email: str) -> Api:
    """Set a user's password, sign in and return their API client."""
    deployed.stack.cognito.admin_set_user_password(
        UserPoolId=deployed.outputs["UserPoolId"],
        Username=email,
        Password=PASSWORD,
        Permanent=True,
    )
    login = Login(deployed.merchant.id, role, email, PASSWORD)
    return deployed.api(people.tokens(deployed.stack, login)["IdToken"])


@pytest.mark.req("D15", "003-06")
def test_a_staff_member_is_invited_signs_in_is_demoted_and_disabled(deployed: Deployed) -> None:
    owner, email = deployed.merchant.api("owner"), f"lan-{uuid4().hex[:8]}@example.vn"

    invited = owner.call("POST", STAFF, {"email": email, "role": "staff"})

    assert invited.status == HTTPStatus.CREATED, invited.text
    lan = _signed_in(deployed, "staff", email)
    me = lan.call("GET", "/me").body
    assert me["merchant_id"] == deployed.merchant.id
    assert me["permissions"] == ["customers:manage", "customers:read"]
    assert lan.call("POST", "/customers", {"full_name": "Ánh"}).status == HTTPStatus.CREATED
    for refused in (lan.call("GET", STAFF), lan.call("PATCH", "/settings", {"locale": "en"})):
        assert refused.status == HTTPStatus.FORBIDDEN

    path = f"{STAFF}/{invited.body['id']}"
    demoted = owner.call("PATCH", path, {"role": "viewer"}, headers={"If-Match": '"1"'})
    assert demoted.status == HTTPStatus.OK, demoted.text
    viewer = _signed_in(deployed, "viewer", email)
    assert viewer.call("GET", "/customers").status == HTTPStatus.OK
    refused = viewer.call("POST", "/customers", {"full_name": "Ánh"})
    assert refused.status == HTTPStatus.FORBIDDEN

    disabled = owner.call("PATCH", path, {"status": "disabled"}, headers={"If-Match": '"2"'})
    assert disabled.status == HTTPStatus.OK, disabled.text
    with pytest.raises(CommandError):
        _signed_in(deployed, "viewer", email)
    assert deployed.other.api("owner").call("GET", path).status == HTTPStatus.NOT_FOUND


@pytest.mark.engine
def test_an_invited_user_gets_a_mail(deployed: Deployed) -> None:
    email = f"minh-{uuid4().hex[:8]}@example.vn"
    deployed.merchant.api("owner").call("POST", STAFF, {"email": email, "role": "viewer"})

    (mail,) = eventually(lambda: deployed.mails(email), bool)

    assert email in mail.to


@pytest.mark.req("D15")
def test_a_service_user_has_exactly_its_listed_permissions(deployed: Deployed) -> None:
    owner, email = deployed.merchant.api("owner"), f"robot-{uuid4().hex[:8]}@example.vn"
    body = {"email": email, "role": "service", "permissions": ["customers:read"]}
    invited = owner.call("POST", STAFF, body)
    assert invited.status == HTTPStatus.CREATED, invited.text

    robot = _signed_in(deployed, "service", email)

    assert robot.call("GET", "/me").body["permissions"] == ["customers:read"]
    assert robot.call("GET", "/customers").status == HTTPStatus.OK
    refused = robot.call("POST", "/customers", {"full_name": "Ánh"})
    assert refused.status == HTTPStatus.FORBIDDEN


def test_the_last_owner_of_a_merchant_cannot_be_demoted(deployed: Deployed) -> None:
    owner = deployed.other.api("owner")
    (first,) = [each for each in owner.call("GET", STAFF).body["items"] if each["role"] == "owner"]

    refused = owner.call(
        "PATCH", f"{STAFF}/{first['id']}", {"role": "viewer"}, headers={"If-Match": '"1"'}
    )

    assert refused.status == HTTPStatus.CONFLICT, refused.text
    assert owner.call("GET", "/me").body["permissions"]


@pytest.mark.req("001-03", "001-04", "004-03", "D11", "D19")
def test_the_owners_columns_are_the_default_until_a_user_chooses_their_own(
    newcomer: Merchant,
) -> None:
    owner, viewer = newcomer.api("owner"), newcomer.api("viewer")
    seen = owner.call("GET", "/settings")
    changed = owner.call(
        "PATCH",
        "/settings",
        {"list_columns": ["debt", "phone"], "automatic_invoices": True},
        headers={"If-Match": seen.headers["etag"]},
    )
    assert changed.status == HTTPStatus.OK, changed.text
    me = viewer.call("GET", "/me")
    assert me.body["list_columns"] == ["debt", "phone"]

    own = viewer.call(
        "PATCH", "/me", {"list_columns": ["email"]}, headers={"If-Match": me.headers["etag"]}
    )

    assert own.body["list_columns"] == ["email"]
    assert owner.call("GET", "/me").body["list_columns"] == ["debt", "phone"]


@pytest.mark.req("003-02")
def test_a_group_with_customers_cannot_be_deleted(deployed: Deployed) -> None:
    owner = deployed.merchant.api("owner")
    group = owner.call("POST", "/groups", {"name": f"Nhóm {uuid4().hex[:6]}"}).body
    path = f"/groups/{group['code']}"
    created(deployed.merchant.manager, group=group["code"])

    eventually(lambda: owner.call("GET", path).body["customer_count"], bool)
    refused = owner.call("DELETE", path, headers={"If-Match": '"1"'})

    assert refused.status == HTTPStatus.CONFLICT, refused.text


@pytest.mark.req("B-17")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/customers", {"full_name": "Ánh"}),
        ("/imports", {"file_name": "khach.xlsx", "mode": "skip"}),
        ("/views", {"name": "Khách mới"}),
        ("/groups", {"name": "Khách dự án"}),
    ],
)
def test_a_repeated_request_with_an_idempotency_key_creates_one_resource(
    deployed: Deployed, path: str, body: dict[str, str]
) -> None:
    owner, key = deployed.merchant.api("owner"), {"Idempotency-Key": uuid4().hex}

    first = owner.call("POST", path, body, headers=key)
    again = owner.call("POST", path, body, headers=key)
    other = owner.call("POST", path, {**body, "unknown": 1}, headers=key)

    assert (first.status, again.status) == (HTTPStatus.CREATED, HTTPStatus.CREATED), again.text
    assert again.headers["idempotency-replayed"] == "true"
    assert again.body["id"] == first.body["id"]
    assert other.status == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.req("002-01")
def test_a_forged_or_malformed_token_is_refused(deployed: Deployed) -> None:
    header, payload, signature = deployed.merchant.token().split(".")
    for forged in (f"{header}.{payload}.", f"{header}.{payload[:-4]}AAAA.{signature}", "x.y.z"):
        answer = deployed.api(forged).call("GET", "/settings")
        assert answer.status == HTTPStatus.UNAUTHORIZED
