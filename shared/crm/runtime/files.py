"""The S3 client, separate because few functions use files."""

from functools import cache
from typing import TYPE_CHECKING

from botocore.config import Config

from crm.runtime.clients import later_client_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: Chunks are small, uploads up to 64 MB; presigned requests need signature version 4.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 3},
    signature_version="s3v4",
    s3={"addressing_style": "virtual"},
)


@cache
def s3() -> "S3Client":
    """Return the client of S3."""
    client: S3Client = later_client_of("s3", _CONFIG)
    return client
