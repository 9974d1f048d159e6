"""What `make import` says of an import on its way and at its end."""

from pathlib import Path
from typing import Any

import pytest

from local.api import Api
from local.failures import Impossible
from local.imports import bar, carry_in, summary


def an_answer(**fields: Any) -> dict[str, Any]:
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


def test_the_bar_grows_with_the_plan_and_then_with_what_is_applied() -> None:
    reading = {"total": None, "read": 10_000, "planned": 0, "applied": 0}
    planned = {"total": 1_000, "read": 1_000, "planned": 1_000, "applied": 0}
    done = dict.fromkeys(("total", "read", "planned", "applied"), 1_000)

    assert bar(an_answer(progress=reading, status="reading")).endswith("] 10,000 read")
    lengths = [bar(an_answer(progress=each)).count("#") for each in (reading, planned, done)]
    assert lengths == [0, 15, 30]
    assert bar(an_answer()).endswith("] 500 of 1,000")


def test_an_import_ends_with_its_counts_and_where_its_rows_are_told() -> None:
    result = {"created": 990, "updated": 0, "invalid": 10}

    said = list(summary(an_answer(status="finished", result=result, ignored_columns=["Mã vùng"])))

    assert said == [
        "        990 created",
        "         10 invalid",
        "Columns that nothing was read from: Mã vùng",
        "Row by row: GET /imports/01JX/rows",
    ]


def test_an_import_with_a_report_says_where_it_is() -> None:
    said = list(summary(an_answer(status="finished", report_available=True)))

    assert said == ["The rows to mend: GET /imports/01JX/report"]


def test_a_plan_says_by_what_it_is_carried_out() -> None:
    said = "\n".join(summary(an_answer(status="awaiting_commit", plan_hash="abc")))

    assert "POST /imports/01JX/commit" in said
    assert "abc" in said


def test_a_failed_import_says_why() -> None:
    failure = {"code": "no_rows", "detail": "There is no row."}

    said = list(summary(an_answer(status="failed", failure=failure)))

    assert said[0] == "failed: There is no row."


def test_a_file_that_is_not_there_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(Impossible, match="cannot be read"):
        carry_in(Api("http://127.0.0.1:1"), {}, tmp_path / "khach.csv")
