"""Headers: finding their row, and the column of each."""

import pytest

from crm.domain.customers.columns import WRITABLE_COLUMNS
from crm.domain.imports.columns import (
    Header,
    column_of,
    find_header,
    read_mapping,
    split_name_column,
)
from crm.domain.imports.job import ImportRefused
from crm.domain.kernel.errors import Invalid
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
        ("Mã khách hàng", "code"),
        ("Nhóm khách hàng", "group"),
        ("Nhãn", "tags"),
        ("Tags", "tags"),
        ("Mã thẻ thành viên", "card_code"),
        ("Nhận email quảng cáo", "marketing_consent"),
        ("Accepts Email Marketing", "marketing_consent"),
        ("Ghi chú", "note"),
        ("Người nhận", "recipient"),
        ("Địa chỉ", "address_line"),
        ("Default Address Address1", "address_line"),
        ("Phường/Xã", "ward"),
        ("Quận/Huyện", "district"),
        ("Tỉnh/Thành phố", "province"),
        ("Tỉnh thành", "province"),
        ("Quốc gia", "country"),
        ("Loại hóa đơn", "invoice_kind"),
        ("Loại khách", "invoice_kind"),
        ("Tên công ty", "invoice_name"),
        ("Công ty", "invoice_name"),
        ("Mã số thuế", "invoice_tax_code"),
        ("Địa chỉ hoá đơn", "invoice_address"),
        ("Email hóa đơn", "invoice_email"),
        ("Bỏ qua cập nhật nhóm", "skip_auto_group"),
        ("external_ids.haravan", "external_ids.haravan"),
        ("External_IDs.KiotViet", "external_ids.kiotviet"),
        ("Ho\u0323 va\u0300 te\u0302n", "full_name"),
    ],
)
def test_a_header_is_recognized_in_both_languages_and_in_any_known_spelling(
    header: str, column: str
) -> None:
    assert column_of(header) == column


@pytest.mark.parametrize("header", ["", "STT", "Công nợ", 7, True, "Số điện thoại " + "x" * 200])
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


@pytest.mark.parametrize(
    ("upper", "lower", "columns"),
    [
        (
            ("Họ và tên", "SĐT", "Địa chỉ", "", ""),
            ("", "", "Số nhà", "Phường/Xã", "Tỉnh/TP"),
            {"full_name": 0, "phone": 1, "address_line": 2, "ward": 3, "province": 4},
        ),
        (
            ("STT", "Khách hàng", "", "Liên hệ", ""),
            ("", "Họ", "Tên", "SĐT", "Email"),
            {"family_name": 1, "given_name": 2, "phone": 3, "email": 4},
        ),
        (
            ("Mã khách hàng", "Họ và tên", "Hóa đơn"),
            ("", "", "Tên công ty", "Mã số thuế"),
            {"code": 0, "full_name": 1, "invoice_name": 2, "invoice_tax_code": 3},
        ),
    ],
)
def test_group_headers_above_column_headers_are_combined_into_one_header(
    upper: tuple[str, ...], lower: tuple[str, ...], columns: dict[str, int]
) -> None:
    found = find_header(Lines(("Danh sách",), upper, lower, ("", "Lan")))

    assert found is not None
    assert (found.number, found.columns) == (3, columns)


@pytest.mark.parametrize(
    ("cells", "spans", "columns"),
    [
        (
            ("STT", "Họ và tên", "", "SĐT"),
            {1: 2},
            {"family_name": 1, "given_name": 2, "phone": 3},
        ),
        (("Họ và tên", "", "", "SĐT"), {0: 3}, {"full_name": 0, "phone": 3}),
        (("Họ và tên", "", "SĐT"), {}, {"full_name": 0, "phone": 2}),
        (("Địa chỉ", "", "SĐT"), {0: 2}, {"address_line": 0, "phone": 2}),
        (
            ("Họ và tên", "", "Tên"),
            {0: 2},
            {"full_name": 0, "given_name": 2},
        ),
    ],
)
def test_a_name_header_merged_over_two_columns_reads_both(
    cells: tuple[str, ...], spans: dict[int, int], columns: dict[str, int]
) -> None:
    assert split_name_column(header_of(*cells), spans).columns == columns


@pytest.mark.parametrize(
    "below",
    [
        ("Lan", "", "Nhóm", "Tag"),  # a person with column names as notes
        ("", "", "Nhóm", 7),
        ("", "0912345678", "Nhóm", "Tag"),
    ],
)
def test_a_row_of_data_is_not_a_second_row_of_headers(below: tuple[str | int, ...]) -> None:
    found = find_header(Lines(("Họ và tên", "SĐT", "Ô 1", "Ô 2"), below))

    assert found is not None
    assert found.number == 1


def test_the_reason_and_suggestion_of_a_report_are_neither_read_nor_listed_as_ignored() -> None:
    for pair in (("Lý do", "Gợi ý"), ("Reason", "Suggestion")):
        found = find_header(Lines(("Họ và tên", "Zalo", *pair)))
        assert found is not None
        assert (found.columns, found.ignored) == ({"full_name": 0}, ("Zalo",))

    alone = find_header(Lines(("Họ và tên", "Lý do")))
    assert alone is not None
    assert alone.ignored == ("Lý do",)


def test_a_sheet_without_any_known_header_has_none() -> None:
    assert find_header(Lines(("Sản phẩm", "Giá"), ("Cà phê", 25_000))) is None


def test_two_headers_of_one_column_are_refused_with_their_names() -> None:
    with pytest.raises(ImportRefused) as refused:
        find_header(Lines(("Họ và tên", "SĐT ", "Điện thoại")))

    assert refused.value.code == "repeated_header"
    assert refused.value.params == {"first": "SĐT", "second": "Điện thoại"}


def test_a_header_of_101_columns_is_too_wide_and_one_of_100_is_not() -> None:
    wide = ["Họ và tên", *(f"Cột {number}" for number in range(99))]

    assert find_header(Lines(wide)) is not None
    with pytest.raises(ImportRefused, match="too_many_columns"):
        find_header(Lines([*wide, "Cột 100"]))


def header_of(*cells: str, mapping: dict[str, str] | None = None) -> Header:
    found = find_header(Lines(cells), mapping)
    assert found is not None
    return found


@pytest.mark.req("001-28")
@pytest.mark.parametrize("language", ["vi", "en"])
def test_our_own_headers_name_every_column_in_both_languages(language: str) -> None:
    headers = [getattr(column, language) for column in WRITABLE_COLUMNS]

    assert list(header_of(*headers).columns) == [column.id for column in WRITABLE_COLUMNS]


EXPORTS_OF_PLATFORMS = {
    "haravan": (
        ("Họ", "Tên", "Email", "Công ty", "Địa chỉ", "Quận huyện", "Tỉnh thành", "Quốc gia",
         "Điện thoại", "Nhận quảng cáo", "Tổng chi tiêu", "Tổng đơn hàng", "Tags", "Ghi chú"),
        ("Tổng chi tiêu", "Tổng đơn hàng"),
    ),
    "sapo": (
        ("Tên khách hàng", "Mã khách hàng", "Nhóm khách hàng", "Điện thoại", "Email", "Website",
         "Ngày sinh", "Giới tính", "Mã số thuế", "Mô tả", "Tags", "Địa chỉ", "Tỉnh thành",
         "Quận huyện", "Phường xã"),
        ("Website",),
    ),
    "kiotviet": (
        ("Loại khách", "Chi nhánh tạo", "Mã khách hàng", "Tên khách hàng", "Điện thoại",
         "Địa chỉ", "Khu vực giao hàng", "Phường/Xã", "Công ty", "Mã số thuế", "Ngày sinh",
         "Giới tính", "Email", "Facebook", "Nhóm khách hàng", "Ghi chú", "Người tạo"),
        ("Chi nhánh tạo", "Khu vực giao hàng", "Facebook", "Người tạo"),
    ),
    "shopify": (
        ("Customer ID", "First Name", "Last Name", "Email", "Accepts Email Marketing",
         "Default Address Company", "Default Address Address1", "Default Address City",
         "Default Address Country Code", "Phone", "Total Spent", "Note", "Tags"),
        ("Customer ID", "Total Spent"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("platform", EXPORTS_OF_PLATFORMS)
def test_headers_of_other_platforms_are_recognized_and_the_rest_are_listed_as_ignored(
    platform: str,
) -> None:
    headers, ignored = EXPORTS_OF_PLATFORMS[platform]
    header = header_of(*headers)

    assert header.ignored == ignored
    assert len(header.columns) == len(headers) - len(ignored)


def test_an_ambiguous_header_is_refused_with_its_candidates() -> None:
    with pytest.raises(ImportRefused) as refused:
        header_of("Mã", "Họ và tên", "SĐT")

    assert refused.value.code == "ambiguous_header"
    assert refused.value.params == {"header": "Mã", "candidates": "code, card_code"}


def test_a_mapping_takes_precedence_over_the_spelling_of_a_header() -> None:
    header = header_of(
        "Mã", "Họ và tên", "SĐT", "Điện thoại 2", "ID Haravan",
        mapping={"mã": "card_code", "Điện thoại 2": "phone", "ID Haravan": "external_ids.haravan"},
    )  # fmt: skip

    assert header.columns == {
        "card_code": 0, "full_name": 1, "phone": 3, "external_ids.haravan": 4,
    }  # fmt: skip
    assert header.ignored == ("SĐT",)


def test_a_file_of_unknown_headers_is_read_by_its_mapping() -> None:
    header = header_of("A", "B", mapping={"B": "phone"})

    assert (header.columns, header.ignored) == ({"phone": 1}, ("A",))


def test_a_mapped_header_that_is_missing_from_the_file_is_refused_with_its_name() -> None:
    with pytest.raises(ImportRefused) as refused:
        header_of("Họ và tên", mapping={"Mã": "card_code"})

    assert (refused.value.code, refused.value.params) == (
        "mapped_header_missing",
        {"header": "Mã"},
    )


def test_a_mapping_names_known_columns_each_once() -> None:
    assert read_mapping({"A": "phone", "B": "external_ids.KiotViet"}) == {
        "A": "phone",
        "B": "external_ids.kiotviet",
    }
    with pytest.raises(Invalid) as invalid:
        read_mapping({"A": "phone", "B": "phone", "C": "debt", "D": "external_ids."})
    assert [(each.field, each.code) for each in invalid.value.problems] == [
        ("mapping.B", "column_repeated"),
        ("mapping.C", "column_unknown"),
        ("mapping.D", "column_unknown"),
    ]
