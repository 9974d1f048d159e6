"""Run all end-to-end tests in one pytest-xdist worker, on one engine.

The mark `xdist_group` has this purpose, but pytest-xdist 3.8.0 ignores it under pytest 9.2:
https://github.com/pytest-dev/pytest-xdist/issues/1386
"""

from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_END_TO_END = "tests/e2e"


class OneWorkerForEndToEnd(LoadScopeScheduling):  # type: ignore[misc]  # it is untyped
    """Sends the end-to-end tests to one worker and every other test to any free worker.

    The largest group starts first, so the other workers run everything else in the meantime.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _END_TO_END if nodeid.startswith(f"{_END_TO_END}/") else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneWorkerForEndToEnd:
    """Use this scheduler whatever `--dist` says."""
    return OneWorkerForEndToEnd(config, log)


def claim_engine(shared: Path, worker: str) -> None:
    """Record that a worker starts the engine of this run; fail if another worker has one."""
    claim = shared / "engine-of-this-run"
    try:
        with claim.open("x", encoding="utf-8") as file:
            file.write(worker)
    except FileExistsError:
        owner = claim.read_text(encoding="utf-8")
        pytest.fail(
            f"Worker {worker} needs the deployed stack, but {owner} has it: "
            "the end-to-end tests of one run share one engine and must run in one worker."
        )
