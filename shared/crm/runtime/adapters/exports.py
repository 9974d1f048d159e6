"""The adapters of exports."""

from functools import cache

from crm.aws.exports.jobs import DynamoExports
from crm.aws.s3.files import S3Files
from crm.runtime.clients import s3, table
from crm.runtime.settings import setting


@cache
def exports() -> DynamoExports:
    """Return the exports, kept in DynamoDB."""
    return DynamoExports(table())


@cache
def files() -> S3Files:
    """Return the files of exports, in their own bucket."""
    return S3Files(s3(), setting("EXPORTS_BUCKET"))
