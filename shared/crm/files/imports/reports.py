"""The report of an import, in the kind of file that the merchant sent."""

from pathlib import Path

from crm.domain.imports.reports import Report


def write_report(target: Path, report: Report) -> None:
    """Write a report to a file that is not there yet: `ports.WriteReport`."""
    # Each is imported here: the writer of workbooks takes a while to load.
    if report.kind == "csv":
        from crm.files.imports.report_csv import write_csv  # noqa: PLC0415

        write_csv(target, report)
    else:
        from crm.files.imports.report_workbook import write_workbook  # noqa: PLC0415

        write_workbook(target, report)
