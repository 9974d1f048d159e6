"""The gateway accepts only valid tokens, each for its own merchant."""

from http import HTTPStatus

import pytest

from tests.e2e.deployed import Deployed, created


def test_the_health_route_needs_no_token(deployed: Deployed) -> None:
    answer = deployed.anyone.call("GET", "/health")

    assert (answer.status, answer.body) == (HTTPStatus.OK, {"status": "ok"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me"),
        ("GET", "/customers"),
        ("POST", "/customers"),
        ("GET", "/customers/01J00000000000000000000000"),
        ("PATCH", "/customers/01J00000000000000000000000"),
        ("DELETE", "/customers/01J00000000000000000000000"),
        ("GET", "/imports"),
        ("POST", "/imports"),
        ("GET", "/imports/01J00000000000000000000000"),
        ("GET", "/exports"),
        ("POST", "/exports"),
        ("GET", "/exports/01J00000000000000000000000"),
        ("GET", "/exports/01J00000000000000000000000/file"),
        ("POST", "/exports/01J00000000000000000000000/cancel"),
    ],
)
def test_other_routes_refuse_requests_without_a_token(
    deployed: Deployed, method: str, path: str
) -> None:
    assert deployed.anyone.call(method, path).status == HTTPStatus.UNAUTHORIZED


def test_a_token_with_another_signature_is_refused(deployed: Deployed) -> None:
    signed, signature = deployed.merchant.token().rsplit(".", 1)
    forged = f"{signed}.{signature[::-1]}"

    assert deployed.api(forged).call("GET", "/me").status == HTTPStatus.UNAUTHORIZED


def test_an_access_token_is_refused_because_it_names_no_merchant(deployed: Deployed) -> None:
    access = deployed.merchant.token(kind="AccessToken")

    assert deployed.api(access).call("GET", "/me").status == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("role", ["owner", "manager", "staff", "viewer"])
def test_every_role_works_for_the_merchant_of_its_token(deployed: Deployed, role: str) -> None:
    me = deployed.merchant.api(role).call("GET", "/me").body

    assert me["merchant_id"] == deployed.merchant.id
    assert me["email"] == deployed.merchant.email(role)


@pytest.mark.req("002-01")
def test_a_customer_is_not_found_by_another_merchant(deployed: Deployed) -> None:
    path = f"/customers/{created(deployed.merchant.manager)['id']}"

    assert deployed.merchant.manager.call("GET", path).status == HTTPStatus.OK
    assert deployed.other.manager.call("GET", path).status == HTTPStatus.NOT_FOUND
