"""Tests stay on this machine and in no AWS account."""

import socket
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from functions.report_import.handler import folder as of_reports
from functions.write_export.handler import folder as of_exports
from gates.network import NetworkRefusedError
from tests.engines.fixtures import NewTables

ROOT = Path(__file__).parents[2]


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


def test_files_of_one_worker_are_unknown_to_the_next() -> None:
    code = "from tests import conftest; import tempfile; print(tempfile.gettempdir())"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)

    assert of_reports == of_exports
    assert told.stdout.decode().strip() != str(of_exports)
