"""Tests stay on this machine and in no AWS account."""

import socket

import boto3
import pytest

from gates.network import NetworkRefusedError
from tests.engines.fixtures import NewTables


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "dynamodb.amazonaws.com"])
def test_a_test_cannot_reach_beyond_this_machine(host: str) -> None:
    with pytest.raises(NetworkRefusedError):
        socket.create_connection((host, 443), timeout=1)


def test_a_test_has_credentials_that_open_nothing() -> None:
    credentials = boto3.Session().get_credentials()

    assert credentials is not None
    assert credentials.access_key == "testing"


def test_tables_of_one_test_are_unknown_to_the_next(
    dynamodb_local: str, new_tables: NewTables
) -> None:
    client = boto3.client("dynamodb", endpoint_url=dynamodb_local)

    first, second = new_tables(client), new_tables(client)

    assert not set(first) & set(second)
    assert set(first) | set(second) <= set(client.list_tables()["TableNames"])
