"""Write exports as XLSX: typed cells, no formulas, enough sheets, and a column guide."""

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from rustpy_xlsxwriter import Format, write_worksheets

from crm.domain.customers.column import Column, Kind
from crm.domain.customers.columns import COLUMNS_BY_ID
from crm.domain.exports.job import ROWS_A_SHEET
from crm.domain.kernel.tables import NewTable
from crm.domain.spreadsheets.cells import written_for_xlsx
from crm.domain.spreadsheets.sheets import CUSTOMERS, GUIDE, GUIDE_HEADERS, GUIDE_WIDTHS
from crm.files.exports.rows import converters_of, headers_of, rows_of

_WIDTH_OF_KIND: dict[Kind, float] = {"moment": 20.0, "text": 18.0}
_WIDTH = 14.0
#: Number formats of the cells of each kind.
FORMATS: dict[Kind, str] = {
    "text": "@",
    "phone": "@",
    "word": "@",
    "flag": "@",
    "day": "dd/mm/yyyy",
    "moment": "dd/mm/yyyy hh:mm:ss",
    "number": "#,##0",
    "money": "#,##0",
}


def write_workbook(target: Path, table: NewTable, rows_a_sheet: int = ROWS_A_SHEET) -> None:
    """Write a table row by row, in constant memory."""
    headers = headers_of(table.columns, table.locale)
    name, guide = CUSTOMERS[table.locale], GUIDE[table.locale]
    sheets = [
        name if number == 0 else f"{name} {number + 1}"
        for number in range(max(1, -(-table.rows // rows_a_sheet)))
    ]
    rows = _rows(table, headers)
    first = next(rows, None)
    # A sheet takes its header from its first row, so an empty table gets a blank one.
    every = chain([first if first is not None else dict.fromkeys(headers)], rows)
    columns = {
        header: COLUMNS_BY_ID[column]
        for header, column in zip(headers, table.columns, strict=True)
    }
    formats = {
        header: Format().set_num_format(FORMATS[column.kind]) for header, column in columns.items()
    }
    widths = {header: _width(column) for header, column in columns.items()}
    texts = [header for header, column in columns.items() if column.kind in {"text", "phone"}]
    guide_widths = dict(zip(GUIDE_HEADERS[table.locale], GUIDE_WIDTHS, strict=True))
    write_worksheets(
        [
            *((sheet, islice(every, rows_a_sheet)) for sheet in sheets),
            (guide, _guide_rows(table, headers)),
        ],
        str(target),
        freeze_panes={"general": {"row": 1, "col": 0}},
        datetime_format=FORMATS["moment"],
        header_format={"general": Format().set_bold().set_background_color("#E8EEF4")},
        column_formats=dict.fromkeys(sheets, formats),
        column_widths={**dict.fromkeys(sheets, widths), guide: guide_widths},
        ignore_errors=dict.fromkeys(sheets, texts),
    )


def _width(column: Column) -> float:
    return column.width or _WIDTH_OF_KIND.get(column.kind, _WIDTH)


def _rows(table: NewTable, headers: list[str]) -> Iterator[dict[str, Any]]:
    converters = converters_of(table, written_for_xlsx)
    for lines in table.lines:
        for row in rows_of(lines, converters):
            yield dict(zip(headers, row, strict=True))


def _guide_rows(table: NewTable, headers: list[str]) -> list[dict[str, Any]]:
    names = GUIDE_HEADERS[table.locale]
    guides = (COLUMNS_BY_ID[column].guide for column in table.columns)
    return [
        dict(zip(names, (header, guide.of(table.locale), guide.example), strict=True))
        for header, guide in zip(headers, guides, strict=True)
    ]
