"""The AWS resources of the workflows' functions in moto."""

import os
from typing import TYPE_CHECKING

import pytest

from tests.engines.clients import shared_client
from tests.engines.tables import definitions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


@pytest.fixture(autouse=True)
def table(moto_client: "DynamoDBClient") -> None:
    """Create the main table."""
    moto_client.create_table(TableName=os.environ["TABLE_NAME"], **definitions()["Table"])


@pytest.fixture(autouse=True)
def bucket(moto_client: "DynamoDBClient") -> "S3Client":  # noqa: ARG001 - starts moto
    """Create the buckets of files and exports."""
    client: S3Client = shared_client("s3")
    for name in ("FILES_BUCKET", "EXPORTS_BUCKET"):
        client.create_bucket(
            Bucket=os.environ[name],
            CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"},
        )
    return client


@pytest.fixture(autouse=True)
def sender(moto_client: "DynamoDBClient") -> None:  # noqa: ARG001 - starts moto
    """Verify the sender's address."""
    shared_client("ses").verify_email_identity(EmailAddress=os.environ["SENDER_ADDRESS"])
