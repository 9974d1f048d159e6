"""The gateway refuses missing and expired tokens on every documented route."""

import base64
import json
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.e2e.deployed import Deployed

OPENAPI = Path(__file__).parents[2] / "docs" / "api" / "openapi.json"
OPEN = {("GET", "/health")}


def _routes() -> Iterator[tuple[str, str]]:
    for path, operations in json.loads(OPENAPI.read_text())["paths"].items():
        for method in operations:
            if (method.upper(), path) not in OPEN:
                yield method.upper(), path.replace("{", "").replace("}", "")


def _decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _expired(deployed: Deployed) -> str:
    """Return a token of the manager that expired a minute ago, signed with the engine's key."""
    head, body, _ = deployed.merchant.token().split(".")
    claims = _decoded(body)
    pool = claims["iss"].rsplit("/", 1)[-1]
    assert deployed.home is not None
    stored = (deployed.home / "state" / "cognito-pool-keys" / f"{pool}-id.pem").read_bytes()
    key = serialization.load_pem_private_key(stored, password=None)
    assert isinstance(key, rsa.RSAPrivateKey)

    def signed(ends: int) -> str:
        signed_part = f"{head}.{_encoded(json.dumps({**claims, 'exp': ends}).encode())}"
        signature = key.sign(signed_part.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed_part}.{_encoded(signature)}"

    unexpired = deployed.api(signed(claims["exp"])).call("GET", "/me")
    assert unexpired.status == HTTPStatus.OK, "the test must sign with the engine's key"
    return signed(int(time.time()) - 60)


def test_no_documented_route_accepts_a_missing_token(deployed: Deployed) -> None:
    statuses = {route: deployed.anyone.call(*route).status for route in _routes()}

    assert set(statuses.values()) == {HTTPStatus.UNAUTHORIZED}, statuses


@pytest.mark.engine
def test_no_documented_route_accepts_an_expired_token(deployed: Deployed) -> None:
    expired = deployed.api(_expired(deployed))
    statuses = {route: expired.call(*route).status for route in _routes()}

    assert set(statuses.values()) == {HTTPStatus.UNAUTHORIZED}, statuses
