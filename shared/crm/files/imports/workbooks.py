"""Read the sheets of an xlsx workbook that passed `preflight`, with python-calamine."""

from collections.abc import Collection, Iterator, Mapping
from io import BytesIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from crm.domain.imports.job import ImportRefused
from crm.domain.kernel.tables import NumberedRow, Table


class WorkbookSheet:
    """One visible sheet; rows have the numbers that a spreadsheet program shows."""

    def __init__(self, sheet: CalamineSheet, hidden_rows: Collection[int]) -> None:
        self._sheet = sheet
        self.name: str = sheet.name
        self.left: int = (sheet.start or (0, 0))[1]
        self.hidden_rows = hidden_rows

    def spans(self, number: int) -> Mapping[int, int]:
        """Return the widths in columns of the merged cells in a row, by their indexes."""
        return {
            first - self.left: last - first + 1
            for (top, first), (bottom, last) in self._sheet.merged_cell_ranges or ()
            if top < number <= bottom + 1 and last > first
        }

    def __iter__(self) -> Iterator[NumberedRow]:
        """Yield the rows that are not blank."""
        for number, cells in enumerate(self._sheet.iter_rows(), 1):
            if any(cell != "" for cell in cells):
                yield NumberedRow(number, cells)


def workbook_of(content: bytes, hidden_rows: Mapping[int, Collection[int]]) -> Table:
    """Return the visible sheets of a workbook in order, and the names of the hidden ones.

    `hidden_rows` are row numbers, by the index of their sheet among all sheets.
    """
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(content))
        sheets = [
            (place, each)
            for place, each in enumerate(workbook.sheets_metadata)
            if each.typ == SheetTypeEnum.WorkSheet
        ]
        visible = [
            WorkbookSheet(workbook.get_sheet_by_name(each.name), hidden_rows.get(place, ()))
            for place, each in sheets
            if each.visible == SheetVisibleEnum.Visible
        ]
    except PasswordError as locked:
        raise ImportRefused("encrypted_workbook") from locked
    except CalamineError as broken:
        raise ImportRefused("broken_workbook") from broken
    hidden = (each.name for _, each in sheets if each.visible != SheetVisibleEnum.Visible)
    return Table("xlsx", visible, tuple(hidden))
