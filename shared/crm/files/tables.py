"""An uploaded file, opened: what it is by its bytes, checked, then its sheets."""

from crm.domain.tables import Table
from crm.files.delimited import DelimitedSheet
from crm.files.preflight import kind_of


def open_table(content: bytes) -> Table:
    """Return the table in a file, or raise `ImportRefused`: `ports.OpenTable`."""
    kind = kind_of(content)
    if kind == "csv":
        return Table(kind, [DelimitedSheet(content)])
    # Imported here: a file that the preflight refuses never meets the parser.
    from crm.files.workbooks import sheets_of  # noqa: PLC0415

    return Table(kind, sheets_of(content))
