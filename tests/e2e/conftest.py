"""The whole product, deployed: in an engine of this session's own, or wherever it was said to be.

Each test stands alone: it passes in any order, and without the others of its module. A test that
counts, lists or searches what a merchant has, or changes the settings, takes a merchant of its
own (`newcomer`). One that only needs somebody who is let in takes `deployed.merchant`.

KHACH_QUEN_STAGE=dev pytest tests/e2e -m "not engine" runs against what `make deploy STAGE=dev`
made, with the AWS account of the shell. It makes two merchants there and leaves them.
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

#: The longest waits let 45 s pass for what processes remember for 20 s, and for their requests of
#: up to 25 s, which no test makes.
WAIT_SCALE = 0.5


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Deployed]:
    """Give the deployed product, with two merchants."""
    stage = os.environ.get("KHACH_QUEN_STAGE", "local")
    home = None
    if worker_id != "master":  # the folder above is then that of one run
        claim_engine(tmp_path_factory.getbasetemp().parent, worker_id)
    with ExitStack() as ends:
        if stage == "local":
            built = build(stack.architecture(), HOME / "build")
            home = tmp_path_factory.mktemp("engine")
            running = ends.enter_context(engine.running(home, wait_scale=WAIT_SCALE))
            stack.deploy("local", built, running)
            there = stack.find("local", running)
        else:
            there = stack.find(stage, None)
        assert there, f"nothing is deployed as {stage}"
        yield Deployed(stage, there, _merchant(there, "moc"), _merchant(there, "sen"), home)


@pytest.fixture(scope="session")
def new_merchant(deployed: Deployed) -> Callable[[], Merchant]:
    """Give the function that makes a merchant who has no customers yet."""
    return lambda: _merchant(deployed.stack, "tho")


@pytest.fixture
def newcomer(new_merchant: Callable[[], Merchant]) -> Merchant:
    """Give a merchant who has no customers yet, to one test alone."""
    return new_merchant()


def _merchant(there: Stack, name: str) -> Merchant:
    merchant_id = f"{name}-{secrets.token_hex(4)}"
    password = secrets.token_urlsafe(16) + "aA1"
    logins = [
        Login(merchant_id, role, f"{role}@{merchant_id}.example", password) for role in ROLES
    ]
    create_merchant(there, merchant_id, merchant_id, logins[0].email)
    return Merchant(there, merchant_id, logins)
