"""Every benchmark runs at its smallest size, and its results can be shown."""

import subprocess
import sys
from typing import Any

import pytest

from benchmarks import NAMES
from benchmarks.floor import Indexes, querying, reading, size_of, writing
from benchmarks.reporting import MISSED, README, Result, Table, Target, formatted
from gates.expand import TEMPLATE
from tests.engines.tables import definitions

ROOT = TEMPLATE.parent


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs_and_prints_its_tables_and_targets(name: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", "tiny"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode in {0, MISSED}, ran.stderr
    assert ran.stdout.startswith(f"── {name} ──\n")
    assert "at most" in ran.stdout or "at least" in ran.stdout


def test_the_readme_has_markers_for_each_benchmark() -> None:
    text = README.read_text(encoding="utf-8")

    for name in NAMES:
        assert text.count(f"<!-- {name}: begin -->") == text.count(f"<!-- {name}: end -->") == 1


def test_a_target_is_met_at_its_limit() -> None:
    result = Result(
        [Table("Some figures", ("what", "ms"), [("a page", 1234.5), ("nothing", None)])],
        [
            Target("most", 1.5, 1.5),
            Target("too much", 1.51, 1.5),
            Target("least", 200, 200, bound="at least"),
        ],
    )

    shown = formatted("some", result)

    assert "a page   1,234" in shown
    assert "nothing      –" in shown
    assert [target.is_met for target in result.targets] == [True, False, True]


def test_units_are_counted_as_dynamodb_bills_them() -> None:
    indexes = Indexes(definitions()["Table"])
    row: dict[str, dict[str, Any]] = {"pk": {"S": "M#m-1"}, "sk": {"S": "C#1"}, "n": {"N": "-120"}}
    listed = {
        **row,
        "id": {"S": "1"},
        "list_partition": {"S": "m-1#0"},
        "updated_at": {"S": "2026"},
        "summary": {"M": {"note": {"S": "x" * 1_100}}},
    }
    moved = {**listed, "updated_at": {"S": "2027"}}

    assert size_of(row) == 2 + 5 + 2 + 3 + 1 + 3
    assert reading([row, None]) == 2
    assert reading([{"text": {"S": "x" * 5_000}}], consistent=False) == 1
    assert querying([listed] * 4) == 1
    assert writing([(None, row)], indexes, together=False) == 1
    assert writing([(None, listed)], indexes, together=True) == (2 + 2) * 2
    assert writing([(listed, moved)], indexes, together=False) == 2 + 4
