"""The template's tables in moto, and the log of the functions."""

import os
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from crm.runtime.observability import logger
from tests.engines.tables import definitions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(autouse=True)
def tables(moto_client: "DynamoDBClient") -> None:
    """Create the tables under the names that the handlers use."""
    names = {"IdempotencyTable": os.environ["IDEMPOTENCY_TABLE_NAME"]}
    for logical_id, definition in definitions().items():
        name = names.get(logical_id, os.environ["TABLE_NAME"])
        moto_client.create_table(TableName=name, **definition)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """Capture what the functions log: the logger keeps the stream that it had at import."""
    stream = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    return stream
