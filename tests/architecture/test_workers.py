"""All end-to-end tests of a run share one worker, and so one engine."""

from pathlib import Path

import pytest

from local.building import ROOT
from tests.engines import workers

_RECORDS_ITS_WORKER = """
import os
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range(8))
def test_records_its_worker(number: int) -> None:
    with Path(os.environ["NOTES"]).open("a") as notes:
        print(Path(__file__).parent.name, os.environ["PYTEST_XDIST_WORKER"], file=notes)
"""


def test_this_run_uses_our_scheduler(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.has_plugin(workers.__name__)


def test_end_to_end_tests_run_in_one_worker_and_the_others_in_any(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for suite in ("e2e", "unit"):
        folder = pytester.path / "tests" / suite
        folder.mkdir(parents=True)
        for module in ("test_one.py", "test_two.py"):
            (folder / module).write_text(_RECORDS_ITS_WORKER, encoding="utf-8")
    notes = pytester.path / "notes"
    monkeypatch.setenv("NOTES", str(notes))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    outcome = pytester.runpytest_subprocess(
        *("-p", "xdist", "-p", workers.__name__, "-n", "2", "--import-mode=importlib")
    )

    outcome.assert_outcomes(passed=32)
    ran = [line.split() for line in notes.read_text(encoding="utf-8").splitlines()]
    assert len({worker for suite, worker in ran if suite == "e2e"}) == 1
    assert len({worker for _, worker in ran}) == 2


def test_a_second_worker_that_claims_an_engine_fails(tmp_path: Path) -> None:
    workers.claim_engine(tmp_path, "gw0")

    with pytest.raises(pytest.fail.Exception, match=r"Worker gw1 .* gw0 has it"):
        workers.claim_engine(tmp_path, "gw1")
