"""Clients of AWS services, created at start or on first use."""

from functools import cache
from typing import Any

from boto3.session import Session
from botocore.config import Config


def client_of(service: str, config: Config) -> Any:  # noqa: ANN401 - each service has a type
    """Return a new client of a service, in the account and region of this process."""
    client: Any = _session().client(service, config=config)  # type: ignore[call-overload]
    return client


def later_client_of(service: str, config: Config) -> Any:  # noqa: ANN401 - as above
    """Return a client that is created on first use, for services that few events need."""
    return _Later(service, config)


class _Later:
    """A client that is created when one of its operations is first used."""

    def __init__(self, service: str, config: Config) -> None:
        self._arguments = service, config
        self._client: Any = None

    def __getattr__(self, operation: str) -> Any:  # noqa: ANN401 - any operation
        if self._client is None:
            self._client = client_of(*self._arguments)
        return getattr(self._client, operation)


@cache
def _session() -> Session:
    return Session()
