"""Values of every column: how cells change a customer, and what they keep."""

from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook

from crm.domain.customers.customer import Consent, InvoiceProfile
from crm.domain.customers.groups import DEFAULT_GROUPS
from crm.domain.customers.reading import read_fields
from crm.domain.imports.columns import Header, column_of
from crm.domain.imports.rows import DataRow, RowReader
from crm.domain.imports.values import omitted_parts, values_for
from crm.domain.kernel.acts import Author
from crm.domain.kernel.tables import Cell, NumberedRow
from crm.domain.kernel.times import day_of
from tests.builders import MERCHANT, a_customer
from tests.import_builders import Backend, OpenCustomers, a_job, opening
from tests.import_scenarios import (
    AT,
    FILLED,
)


def read(cells: dict[str, Any]) -> DataRow:
    """Return a row of these cells, by header or column."""
    columns = {str(column_of(name)): place for place, name in enumerate(cells)}
    reader = RowReader(Header(1, columns), "day_first", AT, DEFAULT_GROUPS)
    return reader.read(NumberedRow(2, [*cells.values()]))


def problems(row: DataRow) -> list[tuple[str, str]]:
    return [(each.field, each.code) for each in row.problems]


@pytest.mark.req("001-28")
def test_a_row_that_fills_every_column_creates_a_complete_customer() -> None:
    row = read(FILLED)
    values = values_for(row.fields, AT)

    assert row.problems == ()
    assert (values["full_name"], values["given_name"]) == ("Nguyễn Thị Ánh", "Ánh")
    assert (values["phone"], values["email"]) == ("+84912345678", "anh@example.vn")
    assert (values["birthday"], values["gender"]) == ("1990-05-17", "female")
    assert (values["group"], values["skip_auto_group"]) == ("loyal", True)
    assert (values["tags"], values["card_code"]) == (("sỉ", "hà nội"), "TV0001")
    assert values["external_ids"] == {"haravan": "1009"}
    assert values["note"] == "Gọi buổi sáng"
    (address,) = values["addresses"]
    assert (address.recipient, address.line) == ("Trần Văn Bình", "12 Lý Thường Kiệt")
    assert (address.ward_code, address.province_code) == ("00070", "01")
    assert (address.country, address.is_default) == ("VN", True)
    assert values["invoice_profile"] == InvoiceProfile(
        kind="company", name="Mộc", code="0100233488", address="1 Tràng Tiền", email="kt@moc.vn"
    )
    assert "code" not in values


def test_a_row_matches_by_code_phone_email_card_and_external_id_in_this_order() -> None:
    assert read(FILLED).identities() == (
        ("code", "KH000001"),
        ("phone", "+84912345678"),
        ("email", "anh@example.vn"),
        ("card", "TV0001"),
        ("ext", "haravan:1009"),
    )


@pytest.mark.parametrize(
    ("header", "cell", "column", "code"),
    [
        ("Nhóm khách hàng", "Bạn bè", "group", "group_unknown"),
        ("Nhãn", "x" * 41, "tags", "too_long"),
        ("Mã thẻ thành viên", "thẻ số 1", "card_code", "card_invalid"),
        ("Nhận email quảng cáo", "có lẽ", "marketing_consent", "flag_unknown"),
        ("Bỏ qua cập nhật nhóm", "2", "skip_auto_group", "flag_unknown"),
        ("Ghi chú", "x" * 5_001, "note", "too_long"),
        ("Địa chỉ", "***", "address_line", "masked_value"),
        ("Phường/Xã", "x" * 101, "ward", "too_long"),
        ("Loại hóa đơn", "Hộ", "invoice_kind", "not_one_of"),
        ("external_ids.haravan", "mã số", "external_ids.haravan", "external_id_invalid"),
    ],
)
def test_a_bad_cell_of_any_column_makes_its_row_invalid_with_a_problem_of_its_column(
    header: str, cell: Cell, column: str, code: str
) -> None:
    assert problems(read({"Tên": "Ánh", header: cell})) == [(column, code)]


def test_a_problem_of_an_invoice_profile_names_its_column() -> None:
    company = {**FILLED, "Mã số thuế": "0100233480"}
    assert problems(read(company)) == [("invoice_tax_code", "tax_code_check_digit")]


@pytest.mark.parametrize("typed", ["123", "HR-55", "KH0"])
def test_a_code_in_another_format_is_ignored_with_a_notice(typed: str) -> None:
    row = read({"Mã khách hàng": typed, "Tên": "Ánh"})

    assert row.fields == {"given_name": "Ánh"}
    assert [(each.field, each.code) for each in row.notices] == [("code", "code_unknown")]


@pytest.mark.req("D3")
def test_an_unknown_code_is_ignored_and_the_new_customer_gets_another() -> None:
    customers = OpenCustomers(a_customer(1))
    customers.reserve_codes(MERCHANT, 1)
    backend = Backend(customers)
    job = backend.upload()

    header = ("Mã khách hàng", "Tên")
    backend.run(job, opening(header, ("KH000999", "Lan"), ("KH000999", "Mai"), ("kh 1", "Ánh")))

    assert [
        (row.outcome, [each.code for each in row.notices]) for row in backend.outcomes(job)
    ] == [
        ("created", ["code_unknown"]),
        ("created", ["code_unknown"]),
        ("unchanged", []),
    ]
    assert [each.code for each in customers.everyone(MERCHANT)] == [
        "KH000001",
        "KH000002",
        "KH000003",
    ]


@pytest.mark.req("D3", "001-30")
@pytest.mark.parametrize(
    ("header", "cell"),
    [("Mã khách hàng", "KH000001"), ("Mã thẻ", "0001"), ("external_ids.haravan", "1009")],
)
def test_a_customer_is_found_by_code_card_and_external_id(header: str, cell: str) -> None:
    existing = a_customer(1, card_code="0001", external_ids={"haravan": "1009"})
    backend = Backend(OpenCustomers(existing))

    assert backend.run_rows("overwrite", (header, "Ghi chú"), (cell, "mới")) == {2: "updated"}
    assert backend.customers.get(MERCHANT, existing.id).note == "mới"
    assert backend.run_rows("skip", (header, "Ghi chú"), (cell, "khác")) == {2: "skipped"}


@pytest.mark.req("D3")
def test_a_code_and_a_phone_of_two_customers_are_a_conflict() -> None:
    backend = Backend(OpenCustomers(a_customer(1), a_customer(2, phone="+84912345678")))
    rows = (("Mã khách hàng", "SĐT"), ("KH000001", "0912345678"))

    assert backend.run_rows("overwrite", *rows) == {2: "conflict"}


@pytest.mark.req("D5")
def test_a_row_with_only_an_unknown_card_is_invalid() -> None:
    backend = Backend(OpenCustomers())
    assert backend.run_rows("overwrite", ("Mã thẻ", "Ghi chú"), ("0001", "x")) == {2: "invalid"}


@pytest.mark.req("B-14")
def test_yes_is_the_consent_of_a_new_customer_and_keeps_a_stored_no() -> None:
    yes, no = {"marketing_consent": True}, {"marketing_consent": False}
    refused, agreed = (
        a_customer(),
        a_customer(marketing_consent=Consent(accepted=True, at=AT, source="web")),
    )

    assert values_for(yes, AT)["marketing_consent"] == Consent(
        accepted=True, at=AT, source="import"
    )
    assert values_for(no, AT)["marketing_consent"] == Consent()
    assert values_for(yes, AT, refused) == {}
    assert values_for(yes, AT, agreed) == {}
    assert values_for(no, AT, refused) == {}
    assert values_for(no, AT, agreed)["marketing_consent"] == Consent(accepted=False, at=AT)
    assert values_for({"marketing_consent": None}, AT, agreed)["marketing_consent"] == Consent(
        accepted=False, at=AT
    )


@pytest.mark.req("D3")
def test_the_clear_token_empties_every_column_but_the_name() -> None:
    current = a_customer(1, **values_for(read({**FILLED, "Quốc gia": "SG"}).fields, AT))
    columns = [column_of(name) for name in FILLED]
    cleared = {str(each): None for each in columns if each not in {"code", "full_name"}}

    after = values_for(cleared, AT, current)

    nothing = a_customer(1)
    assert {name: getattr(nothing, name) for name in after if name != "marketing_consent"} == {
        name: value for name, value in after.items() if name != "marketing_consent"
    }
    assert after.keys() >= {"phone", "email", "group", "tags", "addresses", "invoice_profile"}
    assert after["external_ids"] == {}


def test_address_cells_change_the_default_address_and_no_other() -> None:
    both = read_fields(
        {
            "addresses": [
                {"line": "1 Tràng Tiền", "province": "Hà Nội"},
                {"line": "2 Lê Lợi", "recipient": "Bình", "is_default": True},
            ]
        },
        today=day_of(AT),
        at=AT,
    )
    current = a_customer(1, **both)
    first, second = current.addresses

    after = values_for({"address_line": "3 Lê Lợi", "recipient": "Bình"}, AT, current)

    assert after["addresses"][0] == first
    assert after["addresses"][1].id == second.id
    assert (after["addresses"][1].line, after["addresses"][1].recipient) == ("3 Lê Lợi", "Bình")
    assert values_for({"country": "VN"}, AT, a_customer()) == {}


def test_invoice_cells_change_the_profile_and_keep_its_other_parts() -> None:
    company = InvoiceProfile(
        kind="company", name="Mộc", code="0100233488", address="Huế", buyer_name="Lan"
    )
    current = a_customer(invoice_profile=company)

    moved = values_for({"invoice_address": "Hà Nội"}, AT, current)["invoice_profile"]
    assert (moved.address, moved.name, moved.buyer_name) == ("Hà Nội", "Mộc", "Lan")
    person = {"invoice_kind": "individual", "invoice_name": "Mộc"}
    assert values_for(person, AT, current)["invoice_profile"] == InvoiceProfile(
        kind="individual", name="Mộc"
    )


@pytest.mark.parametrize(
    "cells",
    [
        {"invoice_name": "Mộc"},
        {"invoice_kind": "company", "invoice_name": "Mộc"},
        {"invoice_tax_code": "0100233488"},
    ],
)
def test_an_incomplete_invoice_profile_is_omitted_with_a_notice(cells: dict[str, str]) -> None:
    assert values_for({"full_name": "Lan", **cells}, AT)["full_name"] == "Lan"
    assert "invoice_profile" not in values_for(cells, AT)
    assert [each.code for each in omitted_parts(cells)] == ["invoice_incomplete"]


def test_the_kind_of_a_buyer_alone_changes_nothing() -> None:
    row = read({"Tên khách hàng": "Lan", "Loại khách": 0.0})

    assert row.fields["invoice_kind"] == "individual"
    assert "invoice_profile" not in values_for(row.fields, AT)
    assert omitted_parts(row.fields) == ()


@pytest.mark.req("B-09")
def test_a_doubtful_phone_is_imported_with_a_notice_in_the_outcome() -> None:
    backend = Backend(OpenCustomers())
    job = backend.upload()

    backend.run(job, opening(("Tên", "SĐT"), ("Lan", "0838221234")))

    (row,) = backend.outcomes(job)
    assert row.outcome == "created"
    assert [(each.field, each.code) for each in row.notices] == [
        ("phone", "phone_maybe_old_landline")
    ]


@pytest.mark.req("D3", "B-13")
def test_later_rows_of_a_person_complete_one_address_and_are_its_provenance() -> None:
    customers = OpenCustomers()
    backend = Backend(customers)
    job = backend.upload()
    header = ("Tên", "SĐT", "Địa chỉ", "Tỉnh/Thành phố", "external_ids.a", "external_ids.b")

    backend.run(
        job,
        opening(
            header,
            ("Lan", "0912345678", "1 Lê Lợi", "", "1", ""),
            ("", "0912345678", "", "Huế", "", "2"),
        ),
    )

    (customer,) = customers.everyone(MERCHANT)
    assert customer.default_address is not None
    assert (customer.default_address.line, customer.default_address.province) == (
        "1 Lê Lợi",
        "Huế",
    )
    assert customer.external_ids == {"a": "1", "b": "2"}
    assert customer.provenance_of("addresses")[:2] == Author("import", f"{job.id}:3")
    assert customer.provenance_of("full_name")[:2] == Author("import", f"{job.id}:2")


def test_unknown_headers_are_listed_on_the_import() -> None:
    backend = Backend()
    job = backend.upload()

    ended = backend.run(job, opening(("STT", "Tên", "Zalo"), (1, "Lan", "x")))

    assert ended.file.ignored_columns == ("STT", "Zalo")
    assert a_job().file.ignored_columns == ()


def test_a_column_without_a_header_is_listed_by_its_letters() -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for place, value in ((2, "Tên"), (4, "SĐT"), (5, "Lý do"), (6, "Gợi ý")):
        sheet.cell(3, place, value)
    for place, value in ((2, "Lan"), (3, "x"), (5, "y"), (28, "z")):
        sheet.cell(4, place, value)
    target = BytesIO()
    workbook.save(target)
    backend = Backend()

    ended = backend.run(backend.upload(target.getvalue()))

    assert ended.file.ignored_columns == ("(C)", "(AB)")


def test_the_outcome_of_a_row_lists_its_changes_like_the_activity_history() -> None:
    customers = OpenCustomers(a_customer(1, phone="+84912345678"))
    backend = Backend(customers)
    job = backend.upload()

    backend.run(job, opening(("SĐT", "Nhãn", "Địa chỉ"), ("0912345678", "sỉ", "1 Lê Lợi")))

    (row,) = backend.outcomes(job)
    tags, addresses = row.changes
    assert tags == ("tags", [], ["sỉ"])
    assert addresses.old == []
    assert addresses.new[0]["line"] == "1 Lê Lợi"
    (edited,) = backend.history(customers.everyone(MERCHANT)[0].id)
    assert [each.field for each in edited.changes] == ["tags", "addresses"]
