"""An uploaded file, opened: what it is by its bytes, checked, then its sheets."""

from crm.domain.kernel.tables import Table
from crm.files.imports.delimited import DelimitedSheet
from crm.files.imports.preflight import inspected


def open_table(content: bytes) -> Table:
    """Return the table in a file, or raise `ImportRefused`: `ports.OpenTable`."""
    seen = inspected(content)
    if seen.kind == "csv":
        sheet = DelimitedSheet(content)
        return Table("csv", [sheet], delimiter=sheet.delimiter)
    # Imported here: a file that the preflight refuses never meets the parser.
    from crm.files.imports.workbooks import workbook_of  # noqa: PLC0415

    return workbook_of(content, seen.hidden_rows)
