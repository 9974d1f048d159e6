"""Rows: cells of any type are read into fields."""

from datetime import date, datetime, time

import pytest

from crm.domain.customers.groups import DEFAULT_GROUPS
from crm.domain.imports.columns import Header
from crm.domain.imports.rows import DataRow, RowReader, birthday_order, line_of, row_of_line
from crm.domain.kernel.tables import Cell, NumberedRow
from tests.import_builders import Lines

AT = "2026-11-22T03:04:05.000Z"
COLUMNS: tuple[str, ...] = (
    "family_name",
    "given_name",
    "full_name",
    "phone",
    "email",
    "birthday",
    "gender",
)


def read(**cells: Cell) -> DataRow:
    header = Header(1, {column: place for place, column in enumerate(COLUMNS)})
    reader = RowReader(header, "day_first", AT, DEFAULT_GROUPS)
    return reader.read(NumberedRow(7, [cells.get(column, "") for column in COLUMNS]))


def problems(row: DataRow) -> list[tuple[str, str]]:
    return [(each.field, each.code) for each in row.problems]


@pytest.mark.req("B-09")
@pytest.mark.parametrize(
    "cell",
    [
        "0912345678",
        "0912 345 678",
        "0912.345.678",
        "(091) 234-5678",
        "+84912345678",
        "84912345678",
        912345678,
        912345678.0,
        84912345678.0,
        "912345678",
        "9.12345678E8",
        "9.12345678E+08",
        "'0912345678",
        "0912\u00a0345\u00a0678",
        "ĐT: 0912345678",
    ],
)
def test_a_phone_in_any_type_of_cell_is_the_same_number(cell: Cell) -> None:
    assert read(full_name="Lan", phone=cell).fields["phone"] == "+84912345678"


@pytest.mark.req("B-09")
@pytest.mark.parametrize("cell", ["01629333999", 1629333999, 1629333999.0, "0162 9333 999"])
def test_a_number_from_before_2018_becomes_the_current_number(cell: Cell) -> None:
    assert read(phone=cell).fields["phone"] == "+84329333999"


@pytest.mark.parametrize(
    ("cell", "birthday"),
    [
        (date(1990, 5, 17), "1990-05-17"),
        (datetime(1990, 5, 17, 0, 0), "1990-05-17"),  # noqa: DTZ001 - cells have no zone
        ("17/05/1990", "1990-05-17"),
        ("7/5/1990", "1990-05-07"),
        ("28/3", "--03-28"),
        ("1990-05-17", "1990-05-17"),
    ],
)
def test_a_birthday_is_a_date_cell_or_text_with_the_day_first(cell: Cell, birthday: str) -> None:
    assert read(full_name="Lan", birthday=cell).fields["birthday"] == birthday


@pytest.mark.parametrize(
    ("cell", "gender"),
    [("Nữ", "female"), ("NAM", "male"), (1.0, "male"), (0, "female"), (True, "male"),
     (False, "female"), ("FALSE", "female"), ("Khác", "other")],
)  # fmt: skip
def test_gender_is_a_word_a_number_or_a_tick(cell: Cell, gender: str) -> None:
    assert read(full_name="Lan", gender=cell).fields["gender"] == gender


def test_a_number_in_a_text_column_is_written_without_a_fraction() -> None:
    assert read(full_name=2026.0, phone="0912345678").fields["full_name"] == "2026"


@pytest.mark.req("D3")
def test_a_blank_cell_is_absent_and_the_clear_token_is_none() -> None:
    row = read(full_name="Lan", phone="0912345678", email=" ", birthday="", gender="__CLEAR__")

    assert row.fields == {"full_name": "Lan", "phone": "+84912345678", "gender": None}


@pytest.mark.req("001-27", "D5")
@pytest.mark.parametrize(
    "cells",
    [
        {"family_name": "Nguyễn"},
        {"given_name": "Ánh"},
        {"full_name": "Ánh"},
        {"email": "anh@example.vn"},
        {"phone": "0912345678"},
    ],
)
def test_any_one_of_name_email_and_phone_is_enough_for_a_customer(cells: dict[str, str]) -> None:
    assert read(**cells).problems == ()


@pytest.mark.req("001-27", "D5")
def test_a_row_without_name_email_and_phone_is_invalid() -> None:
    row = read(birthday="17/05/1990", gender="Nữ")
    assert problems(row) == [("full_name", "row_names_nobody")]


@pytest.mark.parametrize(
    ("field", "cell", "code"),
    [
        ("phone", "09xx xxx 678", "masked_value"),
        ("email", "n***@…", "masked_value"),
        ("phone", "1900 1234", "phone_hotline"),
        ("phone", True, "phone_invalid"),
        ("phone", date(1990, 5, 17), "phone_invalid"),
        ("phone", time(9, 12), "phone_invalid"),
        ("phone", 912345678.5, "phone_invalid"),
        ("email", "khong-phai", "email_invalid"),
        ("email", "a\x00b@example.vn", "email_invalid"),
        ("full_name", "Lan\x00", "text_control_character"),
        ("full_name", "x" * 40_000, "cell_too_long"),
        ("birthday", "31/02/1990", "birthday_invalid"),
        ("birthday", 33010.0, "birthday_invalid"),
        ("birthday", "17/05/90", "birthday_invalid"),
        ("gender", "không rõ", "gender_unknown"),
    ],
)
def test_one_bad_cell_makes_its_row_invalid_and_is_named(
    field: str, cell: Cell, code: str
) -> None:
    row = read(**{"given_name": "Ánh", field: cell})

    assert row.fields == {}
    assert problems(row) == [(field, code)]


def test_all_bad_cells_of_a_row_are_reported_together() -> None:
    row = read(phone="09", email="x", birthday="03/28/1990")

    assert [field for field, _ in problems(row)] == ["phone", "birthday", "email"]


def test_a_row_shorter_than_its_header_is_blank_there() -> None:
    header = Header(1, {"full_name": 0, "gender": 5})
    row = RowReader(header, "day_first", AT, DEFAULT_GROUPS).read(NumberedRow(2, ["Lan"]))

    assert row.fields == {"full_name": "Lan"}


def test_a_row_is_read_back_from_its_line() -> None:
    rows = [
        read(full_name="Ánh \u2028 x", phone="0912345678", gender="__CLEAR__"),
        read(phone="1"),
    ]

    assert [row_of_line(line_of(row)) for row in rows] == rows
    assert all(b"\n" not in line_of(row) for row in rows)


def test_the_date_order_is_detected_from_the_texts_below_the_header() -> None:
    header = Header(2, {"birthday": 1})
    sheet = Lines(("", "28/12/2026"), ("Tên", "Ngày sinh"), ("Lan", "03/28/1990"), ("Ánh",))

    assert birthday_order(sheet, header) == "month_first"
    assert birthday_order(sheet, Header(2, {})) == "day_first"
