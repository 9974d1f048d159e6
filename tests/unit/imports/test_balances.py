"""Columns that an import reads on request: opening balances and points."""

from datetime import date, datetime
from typing import Any

import pytest

from crm.domain.customers.groups import DEFAULT_GROUPS as GROUPS
from crm.domain.imports.balances import (
    BalanceReader,
    opening_id,
    opening_of,
    opening_values,
    with_balances,
    without_balances,
)
from crm.domain.imports.columns import Header, find_header
from crm.domain.imports.job import ImportJob, ImportRefused
from crm.domain.imports.rows import DataRow, RowReader
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import is_ulid
from crm.domain.kernel.tables import Cell, NumberedRow
from crm.domain.kernel.times import DEFAULT_ZONE
from crm.domain.messages.imports import IMPORT_TEXTS
from tests.import_builders import Lines, a_job, import_id

PEOPLE = ("Họ và tên", "Số điện thoại")
BALANCES = a_job(opening_balances=True)
POINTS = a_job(kind="points")


def the_header(job: ImportJob, *names: Cell) -> Header:
    found = find_header(Lines(names), job.options.mapping)
    assert found is not None
    return with_balances(found, job)


def the_row(job: ImportJob, header: tuple[Cell, ...], *cells: Cell) -> DataRow:
    """Return a row of these cells under a header."""
    known = the_header(job, *header)
    rows = RowReader(without_balances(known, job), "day_first", job.created_at, GROUPS)
    return BalanceReader(rows, known, job).read(NumberedRow(2, list(cells)))


@pytest.mark.req("B-16")
@pytest.mark.parametrize(
    "names",
    [
        ("Số lượng đơn hàng", "Tổng chi tiêu", "Nợ phải thu", "Điểm hiện có", "Đơn hàng gần nhất"),
        ("Orders", "Total spent", "Receivable debt", "Points", "Latest order"),
        ("Số đơn", "Tổng bán", "Công nợ (đ)", "Điểm tích lũy", "Lần mua cuối"),
        ("order_count", "total_spent", "debt", "points_available", "last_order_at"),
    ],
)
def test_opening_balances_are_found_by_headers_of_our_exports_and_of_other_platforms(
    names: tuple[str, ...],
) -> None:
    row = the_row(BALANCES, (*PEOPLE, *names), "Ánh", "0912345678", 3, "1.250.000", 0, 60.0,
                  "22/11/2025 10:04:05")  # fmt: skip

    assert opening_values(row.fields) == {
        "order_count": 3,
        "total_spent": 1_250_000,
        "points_available": 60,
        "last_order_at": "2025-11-22T10:04:05",
    }
    assert row.fields["debt"] == 0


@pytest.mark.req("B-16")
def test_balance_columns_that_were_not_requested_are_ignored() -> None:
    header = the_header(a_job(), *PEOPLE, "Tổng chi tiêu", "Điểm hiện có")

    assert header.columns.keys() == {"full_name", "phone"}
    assert header.ignored == ("Tổng chi tiêu", "Điểm hiện có")


def test_derived_columns_are_ignored_and_listed_if_balances_are_requested() -> None:
    header = the_header(BALANCES, *PEOPLE, "Tổng chi tiêu", "Giá trị đơn trung bình", "Hạng")

    assert header.columns.keys() == {"full_name", "phone", "total_spent"}
    assert header.ignored == ("Giá trị đơn trung bình", "Hạng")


def test_two_headers_of_one_balance_column_are_refused() -> None:
    with pytest.raises(ImportRefused) as refused:
        the_header(BALANCES, *PEOPLE, "Tổng chi tiêu", "Total spent")

    assert refused.value.code == "repeated_header"
    assert refused.value.params == {"first": "Tổng chi tiêu", "second": "Total spent"}


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("Số lượng đơn hàng", -1, "not_in_range"),
        ("Số lượng đơn hàng", 1_000_001, "not_in_range"),
        ("Tổng chi tiêu", "-5", "money_negative"),
        ("Tổng chi tiêu", "nhiều", "money_invalid"),
        ("Nợ phải thu", 0.5, "money_fraction"),
        ("Điểm hiện có", -1, "not_in_range"),
        ("Đơn hàng gần nhất", "22/11/2999", "moment_in_future"),
        ("Đơn hàng gần nhất", "hôm qua", "moment_invalid"),
        ("Đơn hàng gần nhất", "31/02/2025", "moment_invalid"),
    ],
)
def test_an_invalid_balance_makes_its_row_invalid(column: str, cell: Cell, code: str) -> None:
    row = the_row(BALANCES, (*PEOPLE, column), "Ánh", "0912345678", cell)

    assert [problem.code for problem in row.problems] == [code]


@pytest.mark.parametrize(
    ("cell", "local"),
    [
        (date(2025, 11, 22), "2025-11-22T00:00:00"),
        (datetime(2025, 11, 22, 10, 4, 5, 999), "2025-11-22T10:04:05"),  # noqa: DTZ001 - a cell's
        ("22/11/2025", "2025-11-22T00:00:00"),
        ("2025-11-22", "2025-11-22T00:00:00"),
        ("22/11/2025 9:30", "2025-11-22T09:30:00"),
    ],
)
def test_the_last_order_is_a_day_or_a_time_in_the_merchants_zone(cell: Cell, local: str) -> None:
    row = the_row(BALANCES, (*PEOPLE, "Tổng chi tiêu", "Đơn hàng gần nhất"), "Ánh", "", 5, cell)

    assert row.fields["last_order_at"] == local


@pytest.mark.parametrize(
    "fields", [{}, {"order_count": 0, "debt": 0}, {"last_order_at": "2025-11-22T00:00:00"}]
)
def test_a_row_without_amounts_adds_no_balance(fields: dict[str, Any]) -> None:
    assert opening_values(fields) == {}


def test_the_id_of_an_opening_balance_is_derived_from_its_import_and_row() -> None:
    ids = {opening_id(import_id(n), row) for n in (1, 2) for row in (2, 3)}
    brought = {"total_spent": 5, "last_order_at": "2025-11-22T10:00:00"}

    opening = opening_of(
        import_id(), 2, brought, at="2026", by=Author("import", "x:2"), zone=DEFAULT_ZONE
    )

    assert len(ids) == 4
    assert all(map(is_ulid, ids))
    assert opening.id == opening_id(import_id(), 2)
    assert (opening.total_spent, opening.order_count, opening.points) == (5, 0, 0)
    assert opening.last_order_at == "2025-11-22T03:00:00.000Z"


POINTS_HEADER = ("SĐT", "Điểm", "Lý do")


def test_a_row_of_points_has_a_customer_points_and_a_reason() -> None:
    row = the_row(POINTS, POINTS_HEADER, 912345678, "-1.500", "  Bù   điểm ")

    assert row.fields == {"phone": "+84912345678", "points": -1_500, "reason": "Bù điểm"}


def test_a_row_of_points_without_a_reason_gets_the_name_of_its_file() -> None:
    for header, cells in (
        (POINTS_HEADER, ("0912345678", 5, "")),
        (("SĐT", "Điểm"), ("0912345678", 5)),
    ):
        assert the_row(POINTS, header, *cells).fields["reason"] == "khach-hang.xlsx"


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "required"),
        (0, "points_zero"),
        (1_000_001, "not_in_range"),
        (-1_000_001, "not_in_range"),
        (1.5, "money_fraction"),
        ("năm", "money_invalid"),
    ],
)
def test_points_beyond_limits_make_their_row_invalid(cell: Cell, code: str) -> None:
    row = the_row(POINTS, POINTS_HEADER, "0912345678", cell, "Bù")

    assert [(each.field, each.code) for each in row.problems] == [("points", code)]


def test_a_reason_that_is_too_long_makes_its_row_invalid() -> None:
    row = the_row(POINTS, POINTS_HEADER, "0912345678", 5, "x" * 201)

    assert [each.field for each in row.problems] == ["reason"]


def test_a_file_of_points_reads_only_points_and_identities() -> None:
    header = the_header(POINTS, "Họ và tên", "Email", "Mã thẻ", "Số điểm", "Ngày sinh", "Lý do")

    assert header.columns.keys() == {"email", "card_code", "points", "reason"}
    assert header.ignored == ("Họ và tên", "Ngày sinh")


@pytest.mark.req("B-03")
def test_the_report_of_a_file_of_points_can_be_imported_as_points() -> None:
    ours = ("Lý do", "Gợi ý")

    header = the_header(POINTS, *POINTS_HEADER, *ours)
    row = the_row(POINTS, ("SĐT", "Điểm", *ours), "0912345678", 5, "Không có khách này", "Sửa")

    assert (header.columns["reason"], header.ignored) == (2, ())
    assert row.fields["reason"] == "khach-hang.xlsx"


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("SĐT", "Lý do"), "points_column_missing"),
        (("Họ và tên", "Điểm"), "unknown_header"),
        (("SĐT", "Điểm", "Points"), "repeated_header"),
    ],
)
def test_a_file_of_points_that_lacks_its_columns_is_refused(
    names: tuple[str, ...], code: str
) -> None:
    with pytest.raises(ImportRefused) as refused:
        the_header(POINTS, *names)

    assert refused.value.code == code
    assert code in IMPORT_TEXTS
