"""Write the report of an import in the format of the merchant's file."""

from pathlib import Path

from crm.domain.imports.reports import Report


def write_report(target: Path, report: Report) -> None:
    """Write a report to a new file: `ports.WriteReport`."""
    # Imported here because the workbook writer takes a while to load.
    if report.kind == "csv":
        from crm.files.imports.report_csv import write_csv  # noqa: PLC0415

        write_csv(target, report)
    else:
        from crm.files.imports.report_workbook import write_workbook  # noqa: PLC0415

        write_workbook(target, report)
