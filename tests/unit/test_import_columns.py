"""Headers: which row they are, and which column each names."""

import pytest

from crm.domain.import_columns import column_of, find_header
from crm.domain.imports import ImportRefused
from tests.import_builders import Lines


@pytest.mark.req("001-28")
@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Họ", "family_name"),
        ("Tên", "given_name"),
        ("Họ và tên", "full_name"),
        ("HỌ VÀ TÊN (*)", "full_name"),
        ("Họ tên", "full_name"),
        ("Tên khách hàng", "full_name"),
        ("Số điện thoại", "phone"),
        ("SĐT", "phone"),
        ("so dien thoai", "phone"),
        ("Điện thoại*", "phone"),
        ("E-mail", "email"),
        ("Email", "email"),
        ("Ngày sinh (dd/mm/yyyy)", "birthday"),
        ("Giới tính", "gender"),
        ("Full name", "full_name"),
        ("First Name", "given_name"),
        ("Last Name", "family_name"),
        ("Phone", "phone"),
        ("Date of birth", "birthday"),
        ("Gender", "gender"),
        ("Ho\u0323 va\u0300 te\u0302n", "full_name"),
    ],
)
def test_a_header_is_known_in_both_languages_and_in_any_spelling(header: str, column: str) -> None:
    assert column_of(header) == column


@pytest.mark.parametrize("header", ["", "STT", "Ghi chú", 7, True, "Số điện thoại " + "x" * 200])
def test_other_headers_name_no_column(header: str | float) -> None:
    assert column_of(header) is None


def test_the_header_stands_below_titles_and_blank_lines() -> None:
    found = find_header(
        Lines(
            ("DANH SÁCH KHÁCH HÀNG", "", ""),
            ("", "", ""),
            ("STT", "Họ và tên", "SĐT"),
            (1, "Lan", "0912345678"),
        )
    )

    assert found is not None
    assert (found.number, found.columns) == (3, {"full_name": 1, "phone": 2})


def test_the_row_that_names_most_columns_is_the_header() -> None:
    found = find_header(Lines(("Email", "", ""), ("Họ và tên", "Email", "SĐT")))

    assert found is not None
    assert found.number == 2


def test_a_sheet_without_any_known_header_has_none() -> None:
    assert find_header(Lines(("Sản phẩm", "Giá"), ("Cà phê", 25_000))) is None


def test_two_headers_of_one_column_are_refused_by_their_names() -> None:
    with pytest.raises(ImportRefused) as refused:
        find_header(Lines(("Họ và tên", "SĐT ", "Điện thoại")))

    assert refused.value.code == "repeated_header"
    assert refused.value.params == {"first": "SĐT", "second": "Điện thoại"}


def test_a_header_of_101_columns_is_too_wide_and_one_of_100_is_not() -> None:
    wide = ["Họ và tên", *(f"Cột {number}" for number in range(99))]

    assert find_header(Lines(wide)) is not None
    with pytest.raises(ImportRefused, match="too_many_columns"):
        find_header(Lines([*wide, "Cột 100"]))
