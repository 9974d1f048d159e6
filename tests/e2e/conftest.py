"""Fixtures of the deployed product, in a local engine of the session or on a stage on AWS.

Tests are independent: each passes in any order and without the others of its module. A test that
counts, lists or searches a merchant's data, or changes settings, takes a new merchant
(`newcomer`). One that only needs a signed-in user takes `deployed.merchant`.

KHACH_QUEN_STAGE=dev pytest tests/e2e -m "not engine" tests the stack of `make deploy STAGE=dev`
with the shell's AWS account. It creates two merchants and does not delete them.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from local import engine, stack
from local.building import HOME, build
from local.merchants import create_merchant
from local.people import ROLES, Login
from local.stack import Stack
from tests.e2e.deployed import Deployed, Merchant
from tests.engines.workers import claim_engine

#: The longest waits are 45 s: 20 s for caches of processes and 25 s for the longest requests,
#: which no test makes.
WAIT_SCALE = 0.5


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Deployed]:
    """Deploy the product with two merchants."""
    stage = os.environ.get("KHACH_QUEN_STAGE", "local")
    home = None
    if worker_id != "master":  # the parent folder then belongs to one run
        claim_engine(tmp_path_factory.getbasetemp().parent, worker_id)
    with ExitStack() as exits:
        if stage == "local":
            built = build(stack.architecture(), HOME / "build")
            home = tmp_path_factory.mktemp("engine")
            running = exits.enter_context(engine.running(home, wait_scale=WAIT_SCALE))
            stack.deploy("local", built, running)
            deployed_stack = stack.find("local", running)
        else:
            deployed_stack = stack.find(stage, None)
        assert deployed_stack, f"nothing is deployed as {stage}"
        yield Deployed(
            stage,
            deployed_stack,
            _merchant(deployed_stack, "moc"),
            _merchant(deployed_stack, "sen"),
            home,
        )


@pytest.fixture(scope="session")
def new_merchant(deployed: Deployed) -> Callable[[], Merchant]:
    """Return the function that creates a merchant without customers."""
    return lambda: _merchant(deployed.stack, "tho")


@pytest.fixture
def newcomer(new_merchant: Callable[[], Merchant]) -> Merchant:
    """Create a merchant without customers for one test."""
    return new_merchant()


def _merchant(deployed_stack: Stack, name: str) -> Merchant:
    merchant_id = f"{name}-{secrets.token_hex(4)}"
    password = secrets.token_urlsafe(16) + "aA1"
    logins = [
        Login(merchant_id, role, f"{role}@{merchant_id}.example", password) for role in ROLES
    ]
    create_merchant(deployed_stack, merchant_id, merchant_id, logins[0].email)
    return Merchant(deployed_stack, merchant_id, logins)
