"""What holds for every test: no network beyond this machine, no AWS account, few surprises."""

import os
import sys
from ipaddress import ip_address

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["gates.requirements", "tests.engines.fixtures"]

os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_DEFAULT_REGION="ap-southeast-1",
    AWS_REGION="ap-southeast-1",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
)
for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
    os.environ.pop(name, None)

settings.register_profile(
    "khach-quen",
    deadline=None,  # two tests at a time on two cores: a slow example is no news
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("khach-quen")


class NetworkRefusedError(AssertionError):
    """A test reached for something that is not on this machine."""


def _is_here(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _refuse_the_network(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    if not _is_here(host):
        raise NetworkRefusedError(f"{event} of {host!r}: tests stay on this machine")


sys.addaudithook(_refuse_the_network)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the end-to-end tests in one worker: they share a stack."""
    for item in items:
        if item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.xdist_group("e2e"))
