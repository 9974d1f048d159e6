"""`make import` shows an import's progress and result."""

from pathlib import Path
from typing import Any

import pytest

from local.api import Api
from local.failures import CommandError
from local.imports import bar, run_import, summary


def a_job(**fields: Any) -> dict[str, Any]:
    ordinary: dict[str, Any] = {
        "id": "01JX",
        "status": "applying",
        "progress": {"total": 1_000, "read": 1_000, "planned": 1_000, "applied": 500},
        "result": None,
        "failure": None,
        "ignored_columns": [],
        "plan_hash": None,
        "report_available": False,
    }
    return {**ordinary, **fields}


def test_half_of_the_bar_is_planning_and_half_is_applying() -> None:
    reading = {"total": None, "read": 10_000, "planned": 0, "applied": 0}
    planned = {"total": 1_000, "read": 1_000, "planned": 1_000, "applied": 0}
    done = dict.fromkeys(("total", "read", "planned", "applied"), 1_000)

    assert bar(a_job(progress=reading, status="reading")).endswith("] 10,000 read")
    lengths = [bar(a_job(progress=each)).count("#") for each in (reading, planned, done)]
    assert lengths == [0, 15, 30]
    assert bar(a_job()).endswith("] 500 of 1,000")


def test_the_summary_counts_outcomes_and_names_the_route_of_the_rows() -> None:
    result = {"created": 990, "updated": 0, "invalid": 10}

    printed = list(summary(a_job(status="finished", result=result, ignored_columns=["Mã vùng"])))

    assert printed == [
        "        990 created",
        "         10 invalid",
        "Ignored columns: Mã vùng",
        "All rows: GET /imports/01JX/rows",
    ]


def test_the_summary_names_the_route_of_the_report() -> None:
    printed = list(summary(a_job(status="finished", report_available=True)))

    assert printed == ["The rows to correct: GET /imports/01JX/report"]


def test_the_summary_of_a_dry_run_names_the_route_and_hash_to_commit() -> None:
    printed = "\n".join(summary(a_job(status="awaiting_commit", plan_hash="abc")))

    assert "POST /imports/01JX/commit" in printed
    assert "abc" in printed


def test_the_summary_of_a_failed_import_gives_the_reason() -> None:
    failure = {"code": "no_rows", "detail": "There is no row."}

    printed = list(summary(a_job(status="failed", failure=failure)))

    assert printed[0] == "failed: There is no row."


def test_a_missing_file_is_reported_before_any_request(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run_import(Api("http://127.0.0.1:1"), {}, tmp_path / "khach.csv")
