"""A template as xlsx: a sheet to fill in, a guide to its columns, and the values of its lists."""

from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from crm.domain.imports.job import MOST_ROWS
from crm.domain.imports.templates import Template, TemplateColumn
from crm.domain.messages.catalogue import Locale
from crm.domain.spreadsheets.sheets import CUSTOMERS, GUIDE, GUIDE_HEADERS, GUIDE_WIDTHS

_LISTS: dict[Locale, str] = {"vi": "Danh mục", "en": "Lists"}
_ABOUT: dict[Locale, str] = {
    "vi": (
        "Dòng 2 của trang đầu là ví dụ: hãy xóa hoặc ghi đè trước khi nhập. Mỗi khách hàng cần ít"
        " nhất một trong: họ, tên, email, số điện thoại. Ô trống giữ nguyên dữ liệu đã có;"
        " __CLEAR__ xóa dữ liệu đó."
    ),
    "en": (
        "Row 2 of the first sheet is an example: delete it or type over it before you import. A"
        " customer needs at least one of family name, given name, e-mail and phone. A blank cell"
        " keeps what is stored; __CLEAR__ empties it."
    ),
}
_LIST_ERROR: dict[Locale, tuple[str, str]] = {
    "vi": ("Không có trong danh sách", "Hãy chọn một giá trị trong danh sách."),
    "en": ("Not in the list", "Choose one of the list."),
}
_BOLD = Font(bold=True)
_HEADER = PatternFill("solid", fgColor="E8EEF4")
_EXAMPLE = Font(italic=True, color="808080")
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_TEXT = "@"
_WIDTHS = (18.0, 30.0)
_LONG_EXAMPLE = 16
_COMMENT_WIDTH, _COMMENT_HEIGHT = 280, 120


def workbook_of(template: Template) -> bytes:
    """Return the workbook of a template; its cells are text, to preserve zeros and dates."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = CUSTOMERS[template.locale]
    _fill(sheet, template)
    _add_guide(workbook.create_sheet(GUIDE[template.locale]), template)
    listed = [column for column in template.columns if column.words]
    if listed:
        lists = workbook.create_sheet(_LISTS[template.locale])
        for place, column in enumerate(listed, 1):
            _add_list(sheet, lists, place, column, template)
    target = BytesIO()
    workbook.save(target)
    return target.getvalue()


def _fill(sheet: Worksheet, template: Template) -> None:
    for place, column in enumerate(template.columns, 1):
        header = _put(sheet, 1, place, column.header)
        header.font, header.fill, header.alignment = _BOLD, _HEADER, _WRAPPED
        header.comment = Comment(_comment(column, template.locale), "Khách Quen")
        header.comment.width, header.comment.height = _COMMENT_WIDTH, _COMMENT_HEIGHT
        example = _put(sheet, 2, place, column.example or None)
        example.font, example.number_format = _EXAMPLE, _TEXT
        letter = get_column_letter(place)
        dimension = sheet.column_dimensions[letter]
        dimension.width = _WIDTHS[len(column.example) > _LONG_EXAMPLE]
        dimension.number_format = _TEXT
    sheet.freeze_panes = "A2"


def _comment(column: TemplateColumn, locale: Locale) -> str:
    if not column.example:
        return column.guide
    return f"{column.guide}\n{GUIDE_HEADERS[locale][2]}: {column.example}"


def _add_guide(sheet: Worksheet, template: Template) -> None:
    sheet.append([_ABOUT[template.locale]])
    sheet.merge_cells("A1:C1")
    sheet.row_dimensions[1].height = 48
    sheet["A1"].alignment = _WRAPPED
    sheet.append(GUIDE_HEADERS[template.locale])
    for cell in sheet[2]:
        cell.font, cell.fill = _BOLD, _HEADER
    for column in template.columns:
        sheet.append([column.header, column.guide, column.example])
    for row in sheet.iter_rows(min_row=3):
        for cell in row:
            cell.alignment = _WRAPPED
    for place, width in enumerate(GUIDE_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width


def _add_list(
    sheet: Worksheet, lists: Worksheet, place: int, column: TemplateColumn, template: Template
) -> None:
    """Validate the cells of a column against the words on the sheet of lists."""
    header = _put(lists, 1, place, column.header)
    header.font, header.fill = _BOLD, _HEADER
    for number, word in enumerate(column.words, 2):
        _put(lists, number, place, word)
    letter = get_column_letter(place)
    lists.column_dimensions[letter].width = _WIDTHS[0]
    words = f"{quote_sheetname(lists.title)}!${letter}$2:${letter}${len(column.words) + 1}"
    rule = DataValidation(type="list", formula1=words, allow_blank=True, errorStyle="warning")
    rule.errorTitle, rule.error = _LIST_ERROR[template.locale]
    rule.showErrorMessage = True
    own = get_column_letter(template.columns.index(column) + 1)
    rule.add(f"{own}2:{own}{MOST_ROWS + 1}")
    sheet.add_data_validation(rule)


def _put(sheet: Worksheet, row: int, place: int, value: str | None) -> Any:  # noqa: ANN401 - openpyxl's
    """Set a cell to text, never to a formula: merchants choose the names of groups."""
    cell = sheet.cell(row, place, value)
    if value is not None:
        cell.data_type = "s"
    return cell
