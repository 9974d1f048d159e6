"""Clients of AWS services, created at start or on first use, and the main table."""

from functools import cache
from typing import TYPE_CHECKING, Any

from boto3.session import Session
from botocore.config import Config

from crm.aws.dynamodb.raw_json import use_raw_json
from crm.aws.dynamodb.table import Table
from crm.runtime.settings import setting

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

#: Retries cover a passing fault, but a request must be answered within API Gateway's 29 seconds.
BRIEF = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)
#: For services that nearly every event needs.
LEAN = BRIEF.merge(
    Config(
        tcp_keepalive=True,
        # Our own code builds the requests; validating them again takes a third of a write's time.
        parameter_validation=False,
        # botocore would build its own user agent anew for each request, from a dozen parts.
        user_agent="khach-quen",
    )
)
#: Chunks are small, uploads up to 64 MB; presigned requests need signature version 4.
_S3 = BRIEF.merge(
    Config(read_timeout=30, signature_version="s3v4", s3={"addressing_style": "virtual"})
)


def client_of(service: str, config: Config) -> Any:  # noqa: ANN401 - each service has a type
    """Return a new client of a service, in the account and region of this process."""
    client: Any = _session().client(service, config=config)  # type: ignore[call-overload]
    return client


def later_client_of(service: str, config: Config) -> Any:  # noqa: ANN401 - as above
    """Return a client that is created on first use, for services that few events need."""
    return _Later(service, config)


@cache
def dynamodb() -> "DynamoDBClient":
    """Return the client of DynamoDB."""
    return use_raw_json(client_of("dynamodb", LEAN))


@cache
def table() -> Table:
    """Return the main table."""
    return Table(dynamodb(), setting("TABLE_NAME"))


@cache
def s3() -> "S3Client":
    """Return the client of S3."""
    client: S3Client = later_client_of("s3", _S3)
    return client


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
