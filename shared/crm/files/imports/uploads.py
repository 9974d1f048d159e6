"""Open an uploaded file: detect its kind, check it, and return its sheets."""

from crm.domain.kernel.tables import Table
from crm.files.imports.delimited import DelimitedSheet
from crm.files.imports.preflight import inspect_file


def open_table(content: bytes) -> Table:
    """Return the table in a file, or raise `ImportRefused`: `ports.OpenTable`."""
    inspection = inspect_file(content)
    if inspection.kind == "csv":
        sheet = DelimitedSheet(content)
        return Table("csv", [sheet], delimiter=sheet.delimiter)
    # Imported here so that a file that the preflight refuses never loads the parser.
    from crm.files.imports.workbooks import workbook_of  # noqa: PLC0415

    return workbook_of(content, inspection.hidden_rows)
