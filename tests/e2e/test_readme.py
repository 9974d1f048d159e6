"""The commands of the README's tour work."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from local.building import ROOT
from tests.e2e.deployed import Deployed, Merchant

_SECONDS = 120


@pytest.mark.engine
@pytest.mark.req("001-20", "001-29", "001-32")
def test_the_commands_of_the_readme_give_the_documented_results(
    deployed: Deployed, newcomer: Merchant, tmp_path: Path
) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / "events").symlink_to(ROOT / "events")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^```sh\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)

    created, conflict, listed, uploaded, finished, mail, report = (
        _output(block, tmp_path, API=deployed.stack.api_url, TOKEN=newcomer.token())
        for block in commands
    )

    assert "201 Created" in created
    assert '"phone":"+84912345678"' in created
    assert "/duplicate-customer" in conflict
    assert '"items"' in listed
    assert uploaded == ""
    assert '"status":"finished"' in finished
    assert '"created":955' in finished
    assert '"merged_in_file":30,"conflict":5,"invalid":10' in finished
    assert "customers.xlsx" in mail
    assert '"file_name":"customers-can-sua.xlsx"' in report
    assert (tmp_path / ".local/to-correct.xlsx").read_bytes().startswith(b"PK")


def _output(block: str, folder: Path, **variables: str) -> str:
    completed = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert (completed.returncode, completed.stderr) == (0, ""), block
    return completed.stdout
