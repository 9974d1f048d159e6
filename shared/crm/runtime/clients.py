"""Clients of AWS, made by botocore alone: boto3 around it makes every start an eighth longer."""

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.session import Session


def client_of(service: str, config: Config) -> Any:  # noqa: ANN401 - each service has a type
    """Return a new client of a service, in the account and region of this process."""
    return _session().create_client(service, config=config)


@cache
def _session() -> Session:
    return botocore.session.get_session()
