"""Fixtures of the DynamoDB engines: moto in the process, and DynamoDB Local."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from tests.engines import dynamodb_local as engine
from tests.engines.clients import shared_client
from tests.engines.tables import Tables, make_tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type NewTables = Callable[["DynamoDBClient"], Tables]


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[str]:
    """Run DynamoDB Local for the session; return its address."""
    with engine.running() as address:
        yield address


@pytest.fixture(scope="session")
def dynamodb_local_client(dynamodb_local: str) -> "DynamoDBClient":
    """Return a client of DynamoDB Local."""
    return boto3.client("dynamodb", endpoint_url=dynamodb_local)


@pytest.fixture
def moto_client() -> Iterator["DynamoDBClient"]:
    """Return a client of moto, whose data lasts for one test."""
    with mock_aws():
        yield shared_client("dynamodb")


@pytest.fixture(scope="session")
def new_tables() -> NewTables:
    """Return the function that creates both tables of the template with a client."""
    return make_tables
