"""Valid and hostile workbooks for tests, built as bytes."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openpyxl import Workbook

CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def sheet_xml(cells: str) -> str:
    """Return a sheet of these cells, as XML."""
    data = f"<sheetData>{cells}</sheetData>"
    return f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}">{data}</worksheet>'


def a_row_of(number: int, *cells: tuple[str, str]) -> str:
    """Return a row of texts, each with its column: ("A", "Lan")."""
    inner = "".join(
        f'<c r="{column}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for column, text in cells
    )
    return f'<row r="{number}">{inner}</row>'


def packed(sheet: str, parts: Mapping[str, str | bytes] | None = None) -> bytes:
    """Return a hand-made workbook of one sheet, with parts added or replaced."""
    whole: dict[str, str | bytes] = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": (
            f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1"'
            f' Type="{_RELS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<?xml version="1.0"?><workbook xmlns="{_MAIN}" xmlns:r="{_RELS}"><sheets>'
            '<sheet name="Khách" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1"'
            f' Type="{_RELS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        ),
        "xl/worksheets/sheet1.xml": sheet,
        **(parts or {}),
    }
    return zipped(whole.items())


def zipped(parts: Iterable[tuple[str, str | bytes]]) -> bytes:
    """Return a zip of these parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return target.getvalue()


def a_workbook(*lines: Sequence[Any], title: str = "Khách hàng", hidden: bool = False) -> bytes:
    """Return a workbook with a sheet of lines; with `hidden`, after a hidden sheet."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    if hidden:
        sheet.title = "Ẩn"
        sheet.append(["Họ và tên"])
        sheet.append(["Người ẩn"])
        sheet.sheet_state = "hidden"
        sheet = workbook.create_sheet()
    sheet.title = title
    for line in lines:
        sheet.append(list(line))
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()
