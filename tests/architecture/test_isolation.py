"""Tests reach neither other machines nor an AWS account."""

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
def test_connections_to_other_machines_are_refused(host: str) -> None:
    with pytest.raises(NetworkRefusedError):
        socket.create_connection((host, 443), timeout=1)


def test_credentials_are_invalid() -> None:
    credentials = boto3.Session().get_credentials()

    assert credentials is not None
    assert credentials.access_key == "testing"


def test_each_test_gets_tables_of_its_own(dynamodb_local: str, new_tables: NewTables) -> None:
    client = boto3.client("dynamodb", endpoint_url=dynamodb_local)

    first, second = new_tables(client), new_tables(client)

    assert not set(first) & set(second)
    assert set(first) | set(second) <= set(client.list_tables()["TableNames"])


def test_each_worker_has_a_temporary_folder_of_its_own() -> None:
    code = "from tests import conftest; import tempfile; print(tempfile.gettempdir())"
    completed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True
    )

    assert of_reports == of_exports
    assert completed.stdout.decode().strip() != str(of_exports)
