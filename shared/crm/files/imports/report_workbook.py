"""The report of an import as xlsx: the merchant's own columns and cells, row by row."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from crm.domain.imports.reports import ADDED, Report
from crm.domain.kernel.tables import Cell
from crm.domain.messages.catalogue import Locale
from crm.domain.spreadsheets.cells import writable

_SHEETS: dict[Locale, tuple[str, str, str]] = {
    "vi": ("Tổng kết", "Đã tạo trùng", "Cần xem lại"),
    "en": ("Summary", "Duplicated", "To look at"),
}
_NOTICE_HEADERS: dict[Locale, tuple[str, str]] = {"vi": ("Dòng", "Cột"), "en": ("Row", "Column")}
_OWN = PatternFill("solid", fgColor="E8EEF4")
_ADDED = PatternFill("solid", fgColor="FBE5D6")
_WIDTH, _WIDE = 18.0, 60.0
#: Prefixes that openpyxl treats as a formula or an error.
_NO_TEXT = ("=", "#")


def write_workbook(target: Path, report: Report) -> None:
    """Write the workbook with one row in memory at a time.

    The rows to correct are the first sheet, because an import reads only the first.
    """
    workbook = Workbook(write_only=True)
    summary, duplicated, noticed = _SHEETS[report.locale]
    own = len(report.headers) - len(ADDED[report.locale])
    _add_rows(workbook, report.sheet, report.headers, report.rows, own)
    _add_rows(workbook, summary, [], report.summary, 0)
    first = next(report.duplicated, None)
    if first is not None:
        rows = chain([first], report.duplicated)
        _add_rows(workbook, duplicated, report.headers, rows, own)
    if report.notices:
        headers = [*_NOTICE_HEADERS[report.locale], *ADDED[report.locale]]
        notices: Iterable[Sequence[Cell]] = (
            [each.number, each.column, *each.remark] for each in report.notices
        )
        _add_rows(workbook, noticed, headers, notices, 2)
    workbook.save(target)


def _add_rows(
    workbook: Workbook,
    title: str,
    headers: Sequence[Cell],
    rows: Iterable[Sequence[Cell]],
    own: int,
) -> None:
    """Add a sheet; the columns from index `own` on are wide."""
    sheet = workbook.create_sheet(title)
    width = len(headers) or 2
    for place in range(width):
        letter = get_column_letter(place + 1)
        sheet.column_dimensions[letter].width = _WIDTH if place < own else _WIDE
    if headers:
        sheet.freeze_panes = "A2"
        sheet.append(
            [
                _header(sheet, each, _OWN if place < own else _ADDED)
                for place, each in enumerate(headers)
            ]
        )
    for row in rows:
        sheet.append([_plain(sheet, each) for each in row])


def _header(sheet: Any, value: Cell, fill: PatternFill) -> Any:  # noqa: ANN401 - openpyxl's
    cell = _cell(sheet, value)
    cell.font, cell.fill = Font(bold=True), fill
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _plain(sheet: Any, value: Cell) -> Any:  # noqa: ANN401 - an openpyxl cell, or its value
    """Return a value for a row, as a text cell if a program might compute it."""
    if isinstance(value, str):
        text = writable(value)
        return _cell(sheet, text) if text and text.startswith(_NO_TEXT) else text
    if type(value) is date or (isinstance(value, datetime) and not any(value.timetuple()[3:6])):
        cell = _cell(sheet, value)
        cell.number_format = "dd/mm/yyyy"
        return cell
    return value


def _cell(sheet: Any, value: Any) -> Any:  # noqa: ANN401 - openpyxl's
    text = writable(value) if isinstance(value, str) else value
    cell = WriteOnlyCell(sheet, value=text)
    if isinstance(text, str):
        cell.data_type = "s"  # never a formula
    return cell
