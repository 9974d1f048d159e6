"""Every documented route, asked with a token that is no good: the gateway answers for them all."""

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
    """Return a token of the manager that ended a minute ago, signed as the engine signs."""
    head, body, _ = deployed.merchant.token().split(".")
    claims = _decoded(body)
    pool = claims["iss"].rsplit("/", 1)[-1]
    assert deployed.home is not None
    stored = (deployed.home / "state" / "cognito-pool-keys" / f"{pool}-id.pem").read_bytes()
    key = serialization.load_pem_private_key(stored, password=None)
    assert isinstance(key, rsa.RSAPrivateKey)

    def signed(ends: int) -> str:
        told = f"{head}.{_encoded(json.dumps({**claims, 'exp': ends}).encode())}"
        signature = key.sign(told.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{told}.{_encoded(signature)}"

    lasting = deployed.api(signed(claims["exp"])).call("GET", "/me")
    assert lasting.status == HTTPStatus.OK, "the key that the test signs with is the engine's"
    return signed(int(time.time()) - 60)


def test_no_documented_route_answers_without_a_token(deployed: Deployed) -> None:
    answered = {route: deployed.anyone.call(*route).status for route in _routes()}

    assert set(answered.values()) == {HTTPStatus.UNAUTHORIZED}, answered


@pytest.mark.engine
def test_no_documented_route_answers_to_a_token_that_has_ended(deployed: Deployed) -> None:
    late = deployed.api(_expired(deployed))
    answered = {route: late.call(*route).status for route in _routes()}

    assert set(answered.values()) == {HTTPStatus.UNAUTHORIZED}, answered
