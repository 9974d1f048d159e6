"""AWS clients shared by the tests of a process: making one takes longer than most tests."""

from functools import cache
from typing import Any

import boto3


@cache
def shared_client(service: str) -> Any:
    """Return the shared client of a service; under `mock_aws` each test starts with no data."""
    return boto3.client(service)  # type: ignore[call-overload]  # the names are literals there
