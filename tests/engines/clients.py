"""Clients of AWS that the tests of a process share: making one takes longer than most tests."""

from functools import cache
from typing import Any

import boto3


@cache
def shared_client(service: str) -> Any:
    """Return the one client of a service; under `mock_aws` each test finds it empty."""
    return boto3.client(service)  # type: ignore[call-overload]  # the names are literals there
