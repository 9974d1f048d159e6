"""Run ministack, a local engine of AWS services, on the loopback with its data in one folder.

`AUTH=true` limits each function to the rights of its role. The engine writes its data to the
folder when it receives SIGTERM, so it is never killed.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, NamedTuple

from local.building import environment
from local.failures import CommandError

REGION = "ap-southeast-1"
#: The engine's root credentials; they are valid on local engines only.
KEY = "test"

#: The only variables that the engine and its functions inherit: a setting that the template
#: lacks must be missing here too.
_INHERITED = frozenset({"HOME", "LANG", "LC_ALL", "PATH", "TZ"})

_SECONDS_TO_START = 60
_SECONDS_TO_STOP = 60

#: The shell ends the engine when its input closes, so a killed session leaves no process behind.
_ATTACHED = '"$@" & read -r _; kill $!; wait'
#: The shell starts the engine in the background and prints its process id.
_DETACHED = '"$@" >&2 & echo $!'


class Engine(NamedTuple):
    """A running engine."""

    port: int
    pid: int

    @property
    def address(self) -> str:
        """The engine's base URL."""
        return f"http://127.0.0.1:{self.port}"


def start(home: Path, port: int) -> Engine:
    """Start an engine on the data of a folder; it outlives this process."""
    if _is_taken(port):
        raise CommandError(
            f"Port {port} is taken by another program. Stop that program, or use another port: "
            f"make run PORT={port + 100}"
        )
    home.mkdir(parents=True, exist_ok=True)
    with (home / "engine.log").open("ab") as log, _record(home).open("w") as record:
        fcntl.flock(record, fcntl.LOCK_EX)
        started = subprocess.run(
            ["/bin/sh", "-c", _DETACHED, "sh", *_COMMAND],
            cwd=home,
            env=_environment(home, port),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            pass_fds=[record.fileno()],
            check=True,
        )
        engine = Engine(port, int(started.stdout))
        json.dump(engine._asdict(), record)
    _await(port, home, lambda: found(home) is not None)
    return engine


@contextmanager
def running(home: Path, *, wait_scale: float = 1) -> Iterator[Engine]:
    """Run an engine on a free port for as long as the caller needs it.

    Waits of its state machines, also between retries, take `wait_scale` times as long as defined.
    """
    port = free_port()
    home.mkdir(parents=True, exist_ok=True)
    with (
        (home / "engine.log").open("ab") as log,
        subprocess.Popen(
            ["/bin/sh", "-c", _ATTACHED, "sh", *_COMMAND],
            cwd=home,
            env=_environment(home, port) | {"SFN_WAIT_SCALE": str(wait_scale)},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            _await(port, home, lambda: process.poll() is None)
            yield Engine(port, process.pid)
        finally:
            if process.stdin:
                process.stdin.close()


def found(home: Path) -> Engine | None:
    """Return the engine that runs on this folder, or None."""
    with suppress(FileNotFoundError), _record(home).open() as record:
        return Engine(**json.load(record)) if _is_held(record) else None
    return None


def stop(home: Path) -> bool:
    """Stop the engine after it has written its data; return whether one was running."""
    engine = found(home)
    if engine is None:
        return False
    os.kill(engine.pid, signal.SIGTERM)
    deadline = time.monotonic() + _SECONDS_TO_STOP
    while found(home):
        if time.monotonic() > deadline:
            raise CommandError(
                f"The engine (process {engine.pid}) did not stop; see {home / 'engine.log'}"
            )
        time.sleep(0.05)
    return True


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


_COMMAND = [sys.executable, "-m", "ministack"]


def _record(home: Path) -> Path:
    return home / "engine.json"


def _environment(home: Path, port: int) -> dict[str, str]:
    scratch = home / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    return {name: value for name, value in environment().items() if name in _INHERITED} | {
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "S3_DATA_DIR": str(home / "s3"),
        "S3_PERSIST": "1",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(home / "state"),
        "TMPDIR": str(scratch),
    }


def _await(port: int, home: Path, is_alive: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while not _is_ready(port):
        if not is_alive() or time.monotonic() > deadline:
            with (home / "engine.log").open("rb") as log:
                raise CommandError(f"The engine did not start on port {port}:\n{_last_lines(log)}")
        time.sleep(0.05)


def _last_lines(log: IO[bytes]) -> str:
    return "\n".join(log.read().decode(errors="replace").splitlines()[-20:])


def _is_ready(port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=2)) as call:
        with suppress(OSError, HTTPException):
            call.request("GET", "/_ministack/ready")
            return call.getresponse().status == HTTPStatus.OK
        return False


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


def _is_held(record: IO[str]) -> bool:
    """Return whether the record's engine still runs, and so holds the lock on the file."""
    try:
        fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
