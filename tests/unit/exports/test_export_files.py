"""Files of exports: free of formulas, typed, and imported again without loss."""

import csv
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from crm.domain.customers.column import Plain
from crm.domain.customers.columns import COLUMN_IDS, COLUMNS
from crm.domain.customers.customer import Customer
from crm.domain.kernel.times import DEFAULT_ZONE
from crm.domain.messages.catalogue import Locale
from crm.domain.spreadsheets.cells import read_cell, row_reader
from crm.files.exports.new_table import write_table
from crm.files.exports.workbook import write_workbook
from crm.files.imports.uploads import open_table
from tests.builders import a_customer
from tests.export_builders import a_table, customers

people = st.lists(customers(), max_size=6)


def written(rows: Any, **fields: Any) -> bytes:
    with TemporaryDirectory() as folder:
        target = Path(folder) / "file"
        write_table(target, a_table(rows, **fields))
        return target.read_bytes()


def rows_of(some: list[Customer]) -> list[list[Plain]]:
    return list(map(row_reader(COLUMN_IDS, DEFAULT_ZONE), some))


def records(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.req("B-15")
@given(people)
def test_no_cell_of_a_csv_starts_a_formula(some: list[Customer]) -> None:
    content = written(rows_of(some))

    for record in records(content):
        for cell in record:
            harmless = cell[1:].replace(".", "", 1).isdigit()
            assert not cell.startswith(("=", "@", "\t", "\r")), cell
            assert harmless or not cell.startswith(("+", "-")), cell


@pytest.mark.req("B-15")
@pytest.mark.parametrize("text", ["--05-17", "-1-1", "+1+84912345678", "＝1", "\t1"])
def test_a_text_that_starts_like_a_formula_is_neutralised(text: str) -> None:
    row = [text, "+84912345678", "--05-17", 5]
    content = written([row], columns=("note", "phone", "birthday", "debt"))

    assert records(content)[1:] == [["'" + text, "0912 345 678", "17/05", "5"]]


@pytest.mark.req("B-15", "001-35")
@settings(max_examples=25)
@given(people, st.sampled_from(["vi", "en"]))
def test_no_cell_of_a_workbook_is_a_formula(some: list[Customer], locale: Locale) -> None:
    workbook = load_workbook(BytesIO(written(rows_of(some), kind="xlsx", locale=locale)))

    kinds = {cell.data_type for sheet in workbook for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert len(workbook.worksheets) == 2


@pytest.mark.req("B-04", "B-15")
@settings(max_examples=40)
@given(people, st.sampled_from(["vi", "en"]), st.sampled_from(["xlsx", "csv"]))
def test_an_import_reads_every_cell_of_an_export_unchanged(
    some: list[Customer], locale: Locale, kind: str
) -> None:
    expected = rows_of(some)

    sheet = open_table(written(expected, kind=kind, locale=locale)).sheets[0]

    header, *found = [cells for _, cells in sheet]
    assert [*header] == [column.vi if locale == "vi" else column.en for column in COLUMNS]
    padded = [[*cells, *[""] * (len(COLUMN_IDS) - len(cells))] for cells in found]
    assert [list(map(read_cell, COLUMN_IDS, cells)) for cells in padded] == expected


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_empty_export_has_a_header_only(kind: str) -> None:
    sheet = open_table(written([], kind=kind)).sheets[0]

    assert [len(cells) for _, cells in sheet] == [len(COLUMN_IDS)]


def test_a_csv_starts_with_a_byte_order_mark() -> None:
    assert written([]).startswith(b"\xef\xbb\xbf")


def test_columns_have_the_requested_order() -> None:
    content = written([["+84912345678", 5]], columns=("phone", "debt"), locale="en")

    assert records(content) == [["Phone", "Receivable debt"], ["0912 345 678", "5"]]


def test_cells_of_a_workbook_are_typed_and_formatted() -> None:
    customer = a_customer(phone="+84912345678", birthday="1990-05-17", note="=1+1")
    workbook = load_workbook(BytesIO(written(rows_of([customer]), kind="xlsx")))
    sheet = workbook["Khách hàng"]

    shown = {
        str(header.value): (cell.data_type, cell.number_format)
        for header, cell in zip(sheet[1], sheet[2], strict=True)
    }
    assert sheet.freeze_panes == "A2"
    assert shown["Số điện thoại"] == ("s", "@")
    assert shown["Ngày sinh"] == ("d", "dd/mm/yyyy")
    assert shown["Ghi chú"] == ("s", "@")
    assert shown["Tổng chi tiêu"] == ("n", "#,##0")
    assert shown["Cập nhật lần cuối"] == ("d", "dd/mm/yyyy hh:mm:ss")
    widths = {
        str(header.value): sheet.column_dimensions[get_column_letter(place)].width
        for place, header in enumerate(sheet[1], 1)
    }
    assert widths["Ghi chú"] > widths["Cập nhật lần cuối"] > widths["Mã khách hàng"] > 0
    assert widths["Mã khách hàng"] > widths["Tổng chi tiêu"]


def test_the_guide_describes_every_column() -> None:
    guide = load_workbook(BytesIO(written([], kind="xlsx"))).worksheets[1]
    cells = [[cell.value for cell in row] for row in guide.iter_rows()]

    assert [row[0] for row in cells[1:]] == [column.vi for column in COLUMNS]
    assert all(cell for row in cells for cell in row)


def test_rows_beyond_the_limit_of_a_sheet_continue_on_further_sheets(tmp_path: Path) -> None:
    rows = [[f"KH{number:06}"] for number in range(7)]

    write_workbook(tmp_path / "file.xlsx", a_table(rows, kind="xlsx", columns=("code",)), 3)

    workbook = load_workbook(tmp_path / "file.xlsx")
    assert workbook.sheetnames[:3] == ["Khách hàng", "Khách hàng 2", "Khách hàng 3"]
    assert [sheet.max_row for sheet in workbook.worksheets[:3]] == [4, 4, 2]
    assert [cell.value for cell in workbook["Khách hàng 3"]["A"]] == ["Mã khách hàng", "KH000006"]
