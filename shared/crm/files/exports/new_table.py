"""Write an export in the requested format."""

from pathlib import Path

from crm.domain.kernel.tables import NewTable
from crm.files.exports.csv_file import write_csv
from crm.files.exports.workbook import write_workbook


def write_table(target: Path, table: NewTable) -> None:
    """Write a table to a new file; implements `ports.WriteTable`."""
    if table.kind == "csv":
        write_csv(target, table)
    else:
        write_workbook(target, table)
