"""The whole product, deployed: in an engine of this session's own, or wherever it was said to be.

KHACH_QUEN_STAGE=dev pytest tests/e2e -m "not engine" runs against what `make deploy STAGE=dev`
made, with the AWS account of the shell. It makes two merchants there and leaves them.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from local import engine, people, stack
from local.building import HOME, build
from local.merchants import open_book
from local.people import ROLES, Login
from local.stack import Stack
from tests.e2e.deployed import Deployed, Merchant
from tests.engines.workers import claim_engine


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Deployed]:
    """Give the deployed product, with two merchants that have people in every role."""
    stage = os.environ.get("KHACH_QUEN_STAGE", "local")
    home = None
    if worker_id != "master":  # the folder above is then that of one run
        claim_engine(tmp_path_factory.getbasetemp().parent, worker_id)
    with ExitStack() as ends:
        if stage == "local":
            built = build(stack.architecture(), HOME / "build")
            home = tmp_path_factory.mktemp("engine")
            running = ends.enter_context(engine.running(home))
            stack.deploy("local", built, running)
            there = stack.find("local", running)
        else:
            there = stack.find(stage, None)
        assert there, f"nothing is deployed as {stage}"
        run = secrets.token_hex(4)
        merchant, other = _merchant(there, f"moc-{run}"), _merchant(there, f"sen-{run}")
        yield Deployed(stage, there, merchant, other, home)


@pytest.fixture
def newcomer(deployed: Deployed) -> Merchant:
    """Give a merchant whose book is empty."""
    return _merchant(deployed.stack, f"tho-{secrets.token_hex(4)}")


def _merchant(there: Stack, merchant_id: str) -> Merchant:
    password = secrets.token_urlsafe(16) + "aA1"
    logins = [
        Login(merchant_id, role, f"{role}@{merchant_id}.example", password) for role in ROLES
    ]
    open_book(there, merchant_id, merchant_id, logins[0].email)
    for login in logins:
        people.let_in(there, login)
    return Merchant(there, merchant_id, logins)
