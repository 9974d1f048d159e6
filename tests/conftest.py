"""What holds for every test: no network beyond this machine, no AWS account, few surprises."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from gates import handlers, network

pytest_plugins = [
    "gates.requirements",
    "pytester",
    "tests.engines.fixtures",
    "tests.engines.workers",
]

if os.environ.get("KHACH_QUEN_STAGE", "local") == "local":  # else see tests/e2e/conftest.py
    handlers.leave_aws()
    network.refuse()
os.environ.update(handlers.environment())
# Handlers name a file by its job, and jobs of tests are called alike: each worker has files of its
# own, or one takes away what the other writes.
_temporary = tempfile.TemporaryDirectory(prefix="khach-quen-")
tempfile.tempdir = _temporary.name

_END_TO_END = Path(__file__).parent / "e2e"

settings.register_profile(
    "khach-quen",
    deadline=None,  # two tests at a time on two cores: a slow example is no news
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("khach-quen")


def pytest_configure(config: pytest.Config) -> None:
    """Remove the temporary files of this process when it has run its tests."""
    config.add_cleanup(_temporary.cleanup)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let `-m e2e` select the end-to-end tests."""
    for item in items:
        if item.path.is_relative_to(_END_TO_END):
            item.add_marker("e2e")
