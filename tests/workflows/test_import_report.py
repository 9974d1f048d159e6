"""The report in the import's state machine: written after the rows, and never blocking."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from crm.domain.imports import file_names as import_files
from crm.runtime.adapters.imports import files, imports
from crm.usecases.imports.decisions import commit_import
from tests.builders import MERCHANT, moment
from tests.fakes.imports import RecordedRuns
from tests.workbooks import a_workbook
from tests.workflows.handlers import always, mails
from tests.workflows.importing import carry_on, now, start, uploaded


@pytest.mark.req("B-03")
def test_rows_that_were_not_imported_are_in_a_file_that_can_be_imported() -> None:
    job = uploaded()

    start(job)

    assert now(job).report == "xlsx"
    report = files().read(MERCHANT, "imports", import_files.report(job.id, "xlsx"))
    sheet = load_workbook(BytesIO(report)).worksheets[0]
    assert [row[:2] for row in sheet.iter_rows(values_only=True)] == [
        ("Họ và tên", "SĐT"),
        ("Sai", "09"),
    ]

    again = uploaded(report, number=2)
    start(again, "again")

    done = now(again)
    assert done.failure is None
    assert done.progress.result is not None
    assert done.progress.result.rows == {"invalid": 1}


def test_an_import_without_a_row_to_correct_has_no_report() -> None:
    job = uploaded(a_workbook(("Họ và tên",), ("Lan",)))

    assert start(job).status == "SUCCEEDED"

    assert now(job).report is None


def test_an_import_whose_report_cannot_be_written_is_finished_without_one() -> None:
    job = uploaded()

    execution = start(job, report=always(MemoryError("defect")))

    assert execution.status == "SUCCEEDED"
    done = now(job)
    assert (done.status, done.mail, done.report) == ("finished", "sent", None)
    assert len(mails()) == 1


def test_a_dry_run_gets_its_report_after_its_commit() -> None:
    job = uploaded(dry_run=True)
    assert "Report" not in start(job).visited
    plan = now(job)
    assert plan.report is None

    commit_import(
        MERCHANT,
        job.id,
        plan.decision.plan_hash or "",
        now=moment(),
        imports=imports(),
        runs=RecordedRuns(),
    )
    carry_on(job)

    assert (now(job).status, now(job).report) == ("finished", "xlsx")
