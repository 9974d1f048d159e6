"""Sheets of an xlsx workbook that passed `preflight`, by python-calamine."""

from collections.abc import Iterator
from io import BytesIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from crm.domain.imports import ImportRefused
from crm.domain.tables import NumberedRow


class WorkbookSheet:
    """One visible sheet; rows carry the numbers that a spreadsheet program shows."""

    def __init__(self, sheet: CalamineSheet) -> None:
        self._sheet = sheet

    def __iter__(self) -> Iterator[NumberedRow]:
        """Yield the rows in which any cell has something in it."""
        for number, cells in enumerate(self._sheet.iter_rows(), 1):
            if any(cell != "" for cell in cells):
                yield NumberedRow(number, cells)


def sheets_of(content: bytes) -> list[WorkbookSheet]:
    """Return the visible sheets of a workbook, in their order."""
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(content))
        return [
            WorkbookSheet(workbook.get_sheet_by_name(each.name))
            for each in workbook.sheets_metadata
            if each.typ == SheetTypeEnum.WorkSheet and each.visible == SheetVisibleEnum.Visible
        ]
    except PasswordError as locked:
        raise ImportRefused("encrypted_workbook") from locked
    except CalamineError as broken:
        raise ImportRefused("broken_workbook") from broken
