"""Cells of files of customers are read back as they were written."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.customers.column import Plain
from crm.domain.customers.columns import COLUMN_IDS, WRITABLE_COLUMNS
from crm.domain.customers.customer import Address, Consent, Customer, InvoiceProfile
from crm.domain.customers.masking import masked_customer
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.errors import Refused
from crm.domain.kernel.tables import Cell
from crm.domain.kernel.times import DEFAULT_ZONE
from crm.domain.messages.catalogue import Locale
from crm.domain.spreadsheets.cells import (
    cell_of,
    neutralised,
    read_cell,
    row_reader,
    writable,
    written_for_csv,
    written_for_xlsx,
)
from tests.builders import a_customer
from tests.export_builders import customers

ANH = a_customer(
    phone="+84912345678",
    email="anh@example.vn",
    birthday="1990-05-17",
    gender="female",
    group="vip",
    tags=("sỉ", "hà nội"),
    card_code="0001",
    marketing_consent=Consent(accepted=True),
    note="=1+1",
    addresses=(
        Address(
            id="a",
            recipient="Trần Văn Bình",
            line="12 Lý Thường Kiệt",
            ward_code="00070",
            province_code="01",
            is_default=True,
        ),
    ),
    invoice_profile=InvoiceProfile(
        kind="company", name="Mộc", code="0100233488", address="Hà Nội", email="kt@moc.vn"
    ),
    metrics=Metrics(order_count=2, total_spent=5, last_order_at="2026-11-22T03:04:05.678Z"),
)


def plain(column: str, customer: Customer = ANH) -> Plain:
    return cell_of(column, customer, DEFAULT_ZONE)


def spelled(column: str, locale: Locale, cell: Plain) -> str:
    """Return a cell of a csv as it is read when the file is opened."""
    convert = written_for_csv(column, locale)
    written = "" if cell is None else convert(cell) if convert else cell
    return neutralised(str(written)).removeprefix("'")


def typed(column: str, locale: Locale, cell: Plain) -> Cell:
    convert = written_for_xlsx(column, locale)
    written: Any = "" if cell is None else convert(cell) if convert else cell
    return float(written) if isinstance(written, int) else written


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("code", "KH000001"),
        ("phone", "+84912345678"),
        ("birthday", "1990-05-17"),
        ("gender", "female"),
        ("tags", "sỉ, hà nội"),
        ("marketing_consent", True),
        ("ward", "Hoàn Kiếm"),
        ("province", "Hà Nội"),
        ("country", "VN"),
        ("invoice_kind", "company"),
        ("invoice_tax_code", "0100233488"),
        ("skip_auto_group", False),
        ("average_order_value", 3),
        ("last_order_at", "2026-11-22T10:04:05"),
        ("tier", "unranked"),
        ("district", None),
    ],
)
def test_a_cell_has_the_value_of_the_customer(column: str, expected: Plain) -> None:
    assert plain(column) == expected


@pytest.mark.parametrize("column", COLUMN_IDS)
def test_an_empty_customer_has_a_cell_for_every_column(column: str) -> None:
    nobody = a_customer(full_name=None, family_name=None, given_name=None)

    assert plain(column, nobody) is None or column in {
        "code", "marketing_consent", "skip_auto_group", "order_count", "total_spent",
        "open_checkout_count", "debt", "tier", "points_available", "updated_at",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("column", "locale", "for_xlsx", "for_csv"),
    [
        ("phone", "vi", "0912345678", "0912 345 678"),
        ("birthday", "vi", date(1990, 5, 17), "17/05/1990"),
        ("gender", "vi", "Nữ", "Nữ"),
        ("gender", "en", "Female", "Female"),
        ("marketing_consent", "vi", "Có", "Có"),
        ("skip_auto_group", "en", "No", "No"),
        ("invoice_kind", "vi", "Công ty", "Công ty"),
        ("tier", "vi", "Chưa xếp hạng", "Chưa xếp hạng"),
        ("last_order_at", "vi", datetime(2026, 11, 22, 10, 4, 5), "22/11/2026 10:04:05"),  # noqa: DTZ001
    ],
)
def test_a_cell_is_written_for_its_format_and_language(
    column: str, locale: Locale, for_xlsx: object, for_csv: str
) -> None:
    to_xlsx, to_csv = written_for_xlsx(column, locale), written_for_csv(column, locale)
    assert to_xlsx
    assert to_csv

    assert to_xlsx(plain(column)) == for_xlsx
    assert to_csv(plain(column)) == for_csv


@pytest.mark.req("B-04")
@given(customers(), st.sampled_from(["vi", "en"]))
def test_every_cell_is_read_back_from_both_formats(customer: Customer, locale: Locale) -> None:
    row = row_reader(COLUMN_IDS, DEFAULT_ZONE)(customer)
    for column, cell in zip(COLUMN_IDS, row, strict=True):
        assert read_cell(column, typed(column, locale, cell)) == cell, column
        assert read_cell(column, spelled(column, locale, cell)) == cell, column


@pytest.mark.req("B-15")
@pytest.mark.parametrize(
    "text", ["=1+1", "+1-2", "-1-1", "@A1", "\t=1", "\n=1", "＝1", "'x", "+84 912", "-", "+"]
)
def test_text_that_looks_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert neutralised(text) == "'" + text


@pytest.mark.req("B-15")
@pytest.mark.parametrize("text", ["+84912345678", "-5", "-12.50", "", "a=1", "0912", " =1"])
def test_phones_numbers_and_ordinary_text_get_no_apostrophe(text: str) -> None:
    assert neutralised(text) == text


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("a\x01b", "ab"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("tab\tstays", "tab\tstays"),
        ("\x7f", None),
        ("\ud800", None),
    ],
)
def test_characters_that_a_file_cannot_hold_are_removed(raw: str, kept: str | None) -> None:
    assert writable(raw) == kept
    assert plain("note", a_customer(note=raw)) == kept


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("phone", "09xx xxx 678", "masked_value"),
        ("phone", date(2026, 1, 1), "phone_invalid"),
        ("birthday", "xx/xx/xxxx", "masked_value"),
        ("birthday", "31/02/1990", "birthday_invalid"),
        ("marketing_consent", "maybe", "flag_unknown"),
        ("invoice_kind", "hội", "not_one_of"),
        ("updated_at", "yesterday", "moment_invalid"),
        ("debt", "a lot", "money_invalid"),
        ("debt", date(2026, 1, 1), "money_invalid"),
    ],
)
def test_a_cell_that_cannot_be_read_is_refused(column: str, cell: Cell, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_cell(column, cell)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("skip_auto_group", True, True),
        ("skip_auto_group", 0.0, False),
        ("marketing_consent", "đồng ý", True),
        ("card_code", 12.0, "12"),
        ("debt", "-1.000", -1000),
        ("updated_at", date(2026, 11, 22), "2026-11-22T00:00:00"),
        ("tier", "gold", "gold"),
        ("note", "", None),
    ],
)
def test_other_spellings_of_a_cell_are_read_too(column: str, cell: Cell, expected: Plain) -> None:
    assert read_cell(column, cell) == expected


MASKED = {
    "phone": "09xx xxx 678",
    "email": "a***@…",
    "birthday": "xxxx-xx-xx",
    "recipient": "***",
    "address_line": "***",
    "invoice_tax_code": "01xxxxx488",
    "invoice_address": "***",
    "invoice_email": "k***@…",
}


@pytest.mark.req("B-15")
def test_masked_customers_have_masked_contacts_and_other_cells_unchanged() -> None:
    columns: Sequence[str] = [column.id for column in WRITABLE_COLUMNS]
    masked = masked_customer(ANH)

    assert {column: plain(column, masked) for column in columns} == {
        column: MASKED.get(column, plain(column)) for column in columns
    }
