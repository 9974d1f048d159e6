"""A DynamoDB in the process, one with real indexes, and fresh tables in either."""

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
    """Give the address of a DynamoDB Local that ends with the session."""
    with engine.running() as address:
        yield address


@pytest.fixture(scope="session")
def dynamodb_local_client(dynamodb_local: str) -> "DynamoDBClient":
    """Give a client of DynamoDB Local."""
    return boto3.client("dynamodb", endpoint_url=dynamodb_local)


@pytest.fixture
def moto_client() -> Iterator["DynamoDBClient"]:
    """Give a client of a moto that forgets everything after the test."""
    with mock_aws():
        yield shared_client("dynamodb")


@pytest.fixture(scope="session")
def new_tables() -> NewTables:
    """Give the function that makes both tables of the template, with the client it is given."""
    return make_tables
