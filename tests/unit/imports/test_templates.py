"""Templates: their columns, lists and example, and the import of the example."""

import csv
from io import BytesIO, StringIO
from typing import Literal

import pytest
from openpyxl import Workbook, load_workbook

from crm.domain.customers.columns import WRITABLE_COLUMNS
from crm.domain.customers.groups import DEFAULT_GROUPS, Group, Groups
from crm.domain.imports.templates import TemplateKind, template_of
from crm.domain.kernel.errors import InvalidParameter
from crm.domain.messages.catalogue import Locale
from crm.files.imports.templates import build_template
from crm.usecases.imports.templates import make_template
from tests.builders import MERCHANT, moment
from tests.fakes.imports import InMemoryFiles
from tests.fakes.merchants import InMemoryGroups
from tests.import_builders import Backend, OpenCustomers


def built(*columns: str, kind: TemplateKind = "xlsx", locale: Locale = "vi") -> bytes:
    return build_template(template_of(kind, columns, locale, DEFAULT_GROUPS))


def opened(content: bytes) -> Workbook:
    return load_workbook(BytesIO(content))


@pytest.mark.req("001-26", "001-28")
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_a_template_has_every_column_of_an_import_and_explains_each(locale: Locale) -> None:
    workbook = opened(built(locale=locale))
    sheet, guide, lists = workbook.worksheets

    own = [column.vi if locale == "vi" else column.en for column in WRITABLE_COLUMNS]
    assert [cell.value for cell in sheet[1]] == own
    comments = [cell.comment for cell in sheet[1]]
    assert all(each is not None and each.text for each in comments)
    assert [row[0].value for row in guide.iter_rows(min_row=3)] == own
    assert all(row[1].value for row in guide.iter_rows(min_row=3))
    assert [sheet.title for sheet in (sheet, guide, lists)] == (
        ["Khách hàng", "Giải thích các cột", "Danh mục"]
        if locale == "vi"
        else ["Customers", "Column guide", "Lists"]
    )


def test_the_header_is_styled_the_example_is_marked_and_all_cells_are_text() -> None:
    sheet = opened(built("full_name", "phone", "birthday")).worksheets[0]

    assert all(cell.font.bold and cell.fill.fgColor.rgb == "00E8EEF4" for cell in sheet[1])
    assert [cell.value for cell in sheet[2]] == [
        "Nguyễn Thị Ánh (ví dụ)", "0900 000 000", "17/05/1990"
    ]  # fmt: skip
    assert all(cell.font.italic for cell in sheet[2])
    assert sheet.column_dimensions["B"].number_format == "@"
    assert sheet.freeze_panes == "A2"


def test_gender_group_and_consent_are_chosen_from_lists_with_the_groups_of_the_merchant() -> None:
    groups = Groups((Group("vip", "Khách quý"), Group("si", "=Khách sỉ")))
    content = build_template(
        template_of("xlsx", ["full_name", "gender", "group", "marketing_consent"], "vi", groups)
    )
    workbook = opened(content)
    sheet, _, lists = workbook.worksheets

    rules = {str(each.sqref): each.formula1 for each in sheet.data_validations.dataValidation}
    assert rules == {
        "B2:B200001": "'Danh mục'!$A$2:$A$4",
        "C2:C200001": "'Danh mục'!$B$2:$B$3",
        "D2:D200001": "'Danh mục'!$C$2:$C$3",
    }
    columns = [[cell.value for cell in column if cell.value] for column in lists.columns]
    assert columns == [
        ["Giới tính", "Nam", "Nữ", "Khác"],
        ["Nhóm khách hàng", "Khách quý", "=Khách sỉ"],
        ["Nhận email quảng cáo", "Có", "Không"],
    ]
    assert lists["B3"].data_type == "s"
    assert sheet["C2"].value == "Khách quý"


@pytest.mark.req("001-26", "001-27", "001-29")
@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("columns", [(), ("phone",), ("given_name", "group", "gender")])
def test_the_example_of_a_template_can_be_imported_and_overwrites_nobody(
    columns: tuple[str, ...], kind: Literal["xlsx", "csv"], locale: Locale
) -> None:
    workbook = Backend(OpenCustomers())

    job = workbook.run(workbook.upload(built(*columns, kind=kind, locale=locale)))

    assert job.progress.result is not None
    assert dict(job.progress.result.rows) == {"created": 1}
    assert (job.file.ignored_columns, job.file.hidden_sheets, job.file.hidden_rows) == ((), (), 0)
    assert [row.notices for row in workbook.outcomes(job)] == [()]


def test_the_customer_of_a_forgotten_example_is_named_as_one() -> None:
    customers = OpenCustomers()
    workbook = Backend(customers)

    workbook.run(workbook.upload(built()))

    (example,) = customers.everyone(MERCHANT)
    assert example.full_name == "Nguyễn Thị Ánh (ví dụ)"
    assert (example.phone, example.email) == ("+84900000000", "vidu@example.com")


def test_a_csv_has_the_chosen_columns_in_their_order_and_the_example() -> None:
    content = built("phone", "full_name", kind="csv", locale="en")

    assert content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(StringIO(content.decode("utf-8-sig")))) == [
        ["Phone", "Full name"],
        ["0900 000 000", "Nguyễn Thị Ánh (example)"],
    ]


@pytest.mark.parametrize(
    ("columns", "codes"),
    [
        (["full_name", "total_spent"], ["column_unknown"]),
        (["phone", "phone"], ["column_repeated"]),
        (["gender", "note"], ["template_names_nobody"]),
    ],
)
def test_a_template_that_cannot_be_imported_is_refused(
    columns: list[str], codes: list[str]
) -> None:
    with pytest.raises(InvalidParameter) as refused:
        template_of("xlsx", columns, "vi", DEFAULT_GROUPS)

    assert [each.code for each in refused.value.problems] == codes


def test_a_template_is_stored_once_for_the_same_content_and_fetched_by_a_link() -> None:
    files, groups = InMemoryFiles(), InMemoryGroups()

    links = [
        make_template(
            MERCHANT,
            kind="xlsx",
            columns=["full_name"],
            locale=locale,
            now=moment(),
            groups=groups,
            files=files,
            build=build_template,
        )
        for locale in ("vi", "vi", "en")
    ]

    assert len(files.kept) == 2
    assert [link.file_name for link in links] == [
        *["mau-nhap-khach-hang.xlsx"] * 2, "customer-import-template.xlsx"
    ]  # fmt: skip
    assert links[0].url == links[1].url
