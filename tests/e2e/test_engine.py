"""The local engine keeps its data over a restart and reports a failed start."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from local import engine
from local.engine import KEY, REGION, Engine
from local.failures import CommandError

pytestmark = pytest.mark.engine


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Return a folder for an engine, which is stopped after the test."""
    yield tmp_path
    engine.stop(tmp_path)


def _put(running: Engine, name: str, value: str) -> None:
    _parameters(running).put_parameter(Name=name, Value=value, Type="String")


def _parameters(running: Engine):  # type: ignore[no-untyped-def]  # noqa: ANN202 - no stubs for it
    session = boto3.Session(KEY, KEY, region_name=REGION)
    return session.client("ssm", endpoint_url=running.address)


def test_data_survives_a_stop_and_a_start(home: Path) -> None:
    first = engine.start(home, engine.free_port())
    _put(first, "/kept", "yes")
    assert engine.found(home) == first

    assert engine.stop(home)
    assert engine.found(home) is None
    second = engine.start(home, engine.free_port())

    stored = _parameters(second).get_parameter(Name="/kept")["Parameter"]["Value"]
    assert stored == "yes"


def test_stopping_without_a_running_engine_is_not_an_error(home: Path) -> None:
    assert not engine.stop(home)


def test_the_error_for_a_taken_port_names_the_port_and_a_remedy(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(CommandError, match=re.escape(f"Port {port} is taken")) as refused:
            engine.start(home, port)

    assert "make run PORT=" in str(refused.value)
    assert engine.found(home) is None
