"""The adapters of imports and of the drop folder."""

from functools import cache

from crm.aws.imports.drop_folder import S3Drops
from crm.aws.imports.jobs import DynamoImports
from crm.aws.s3.files import S3Files
from crm.runtime.clients import s3, table
from crm.runtime.settings import setting


@cache
def imports() -> DynamoImports:
    """Return the imports in DynamoDB."""
    return DynamoImports(table())


@cache
def files() -> S3Files:
    """Return the file store in S3."""
    return S3Files(s3(), setting("FILES_BUCKET"))


@cache
def drops() -> S3Drops:
    """Return the drop folder, in the same bucket."""
    return S3Drops(s3(), setting("FILES_BUCKET"))
