"""Clients of AWS: made at the start, or when they are first used."""

from functools import cache
from typing import Any

from boto3.session import Session
from botocore.config import Config


def client_of(service: str, config: Config) -> Any:  # noqa: ANN401 - each service has a type
    """Return a new client of a service, in the account and region of this process."""
    client: Any = _session().client(service, config=config)  # type: ignore[call-overload]
    return client


def later_client_of(service: str, config: Config) -> Any:  # noqa: ANN401 - as above
    """Return what becomes such a client when it is first used, for what few events ask for."""
    return _Later(service, config)


class _Later:
    """Stands for a client until one of its operations is asked for."""

    def __init__(self, service: str, config: Config) -> None:
        self._told = service, config
        self._made: Any = None

    def __getattr__(self, operation: str) -> Any:  # noqa: ANN401 - any operation
        if self._made is None:
            self._made = client_of(*self._told)
        return getattr(self._made, operation)


@cache
def _session() -> Session:
    return Session()
