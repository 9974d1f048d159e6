"""The adapters that only imports need, apart from the others so that nobody else loads them."""

from functools import cache

import boto3
from botocore.config import Config

from crm.aws.file_store import S3Files
from crm.aws.import_jobs import DynamoImports
from crm.runtime.adapters import table
from crm.runtime.settings import setting

#: A chunk is small, an upload is 64 MB; a presigned form needs signature version 4.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 3},
    signature_version="s3v4",
    s3={"addressing_style": "virtual"},
)


@cache
def imports() -> DynamoImports:
    """Return the imports, kept in DynamoDB."""
    return DynamoImports(table())


@cache
def files() -> S3Files:
    """Return the file store, kept in S3."""
    return S3Files(boto3.client("s3", config=_CONFIG), setting("FILES_BUCKET"))
