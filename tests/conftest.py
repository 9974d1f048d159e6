"""Configure all tests: no network beyond this machine, no AWS account, derandomized properties."""

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
    handlers.remove_aws_account()
    network.refuse()
os.environ.update(handlers.environment())
# Handlers name files after jobs, and tests reuse job ids: without its own folder, one worker would
# remove another's files.
_temporary = tempfile.TemporaryDirectory(prefix="khach-quen-")
tempfile.tempdir = _temporary.name

_END_TO_END = Path(__file__).parent / "e2e"

settings.register_profile(
    "khach-quen",
    deadline=None,  # parallel tests make single examples slow
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("khach-quen")


def pytest_configure(config: pytest.Config) -> None:
    """Remove the process's temporary files after its tests."""
    config.add_cleanup(_temporary.cleanup)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the end-to-end tests, so that `-m e2e` selects them."""
    for item in items:
        if item.path.is_relative_to(_END_TO_END):
            item.add_marker("e2e")
