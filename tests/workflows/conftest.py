"""Everything a workflow's functions reach, in moto, under the names that they know."""

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
    """Make the main table, empty."""
    moto_client.create_table(TableName=os.environ["TABLE_NAME"], **definitions()["Table"])


@pytest.fixture(autouse=True)
def bucket(moto_client: "DynamoDBClient") -> "S3Client":  # noqa: ARG001 - moto is there
    """Make the buckets of files and exports, empty."""
    client: S3Client = shared_client("s3")
    for name in ("FILES_BUCKET", "EXPORTS_BUCKET"):
        client.create_bucket(
            Bucket=os.environ[name],
            CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"},
        )
    return client


@pytest.fixture(autouse=True)
def sender(moto_client: "DynamoDBClient") -> None:  # noqa: ARG001 - moto is there
    """Let the sender's address send mails."""
    shared_client("ses").verify_email_identity(EmailAddress=os.environ["SENDER_ADDRESS"])
