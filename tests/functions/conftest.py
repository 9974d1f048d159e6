"""Both tables of the template under the names that the handlers know, in moto."""

import os
from typing import TYPE_CHECKING

import pytest

from tests.engines.tables import definitions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(autouse=True)
def tables(moto_client: "DynamoDBClient") -> None:
    """Make the tables, empty."""
    names = {"IdempotencyTable": os.environ["IDEMPOTENCY_TABLE_NAME"]}
    for logical_id, definition in definitions().items():
        name = names.get(logical_id, os.environ["TABLE_NAME"])
        moto_client.create_table(TableName=name, **definition)
