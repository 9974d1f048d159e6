"""Exports that are imported again."""

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.domain.customers.columns import COLUMN_IDS, WRITABLE_COLUMNS
from crm.domain.customers.customer import Customer
from crm.domain.customers.groups import DEFAULT_GROUPS
from crm.domain.customers.reading import read_fields
from crm.domain.imports.columns import Header
from crm.domain.imports.rows import RowReader
from crm.domain.imports.values import values_for
from crm.domain.kernel.errors import Invalid
from crm.domain.kernel.tables import NewTable, NumberedRow
from crm.domain.kernel.times import DEFAULT_ZONE, day_of
from crm.domain.messages.catalogue import Locale
from crm.domain.spreadsheets.cells import row_reader
from crm.files.exports.new_table import write_table
from crm.usecases.exports.reading import line_of
from tests.builders import MERCHANT, a_customer
from tests.import_builders import Backend, OpenCustomers, example_cells
from tests.import_scenarios import (
    AT,
)

hostile = st.sampled_from(
    ["=1+1", "+84 x", "-a", "@b", "'quoted", "''", "0001", "1.5", "Lan, Mai", "a;b", 'q"q', "TRUE",
     " hai  dòng\ncuối ", "đường số 5", "12/05", "1e5"]
)  # fmt: skip
texts = st.none() | hostile | st.text(max_size=12)
generated = st.fixed_dictionaries(
    {
        "full_name": texts,
        "family_name": texts,
        "given_name": texts,
        "birthday": st.sampled_from([None, "1990-05-17", "--02-29", "1899-12-31"]),
        "gender": st.sampled_from([None, "male", "female", "other"]),
        "group": st.sampled_from([None, "vip", "new"]),
        "tags": st.lists(st.sampled_from(["sỉ", "=vip", "0001", "a b"]), unique=True),
        "card_code": st.sampled_from([None, "0001", "-12", "=A1", "1E5"]),
        "external_ids": st.sampled_from([{}, {"haravan": "1009"}]),
        "note": texts,
        "marketing_consent": st.sampled_from([{}, {"accepted": True, "source": "web"}]),
        "skip_auto_group": st.booleans(),
        "addresses": st.lists(
            st.fixed_dictionaries(
                {
                    "recipient": texts,
                    "line": texts,
                    "ward": st.sampled_from([None, "Phường Hoàn Kiếm", "xã lạ"]),
                    "ward_code": st.sampled_from([None, "00070"]),
                    "district": texts,
                    "province": st.sampled_from([None, "Hà Nội", "hue"]),
                    "country": st.sampled_from(["VN", "SG"]),
                    "raw": texts,
                }
            ),
            max_size=2,
        ),
        "invoice_profile": st.sampled_from(
            [
                None,
                {"kind": "individual", "name": "=Lan", "personal_id": "001090123456"},
                {"kind": "individual", "name": "Lan", "phone": "0912345678"},
                {
                    "kind": "company",
                    "company_name": "-Mộc",
                    "tax_code": "0100233488-001",
                    "address": "'Huế",
                    "buyer_name": "Lan",
                },
            ]
        ),
    }
)


def customer_of(raw: dict[str, Any]) -> Customer | None:
    """Return the customer that the API would create from these fields; None if it refuses."""
    fields = {**raw, "phone": "0838221234", "email": "anh@example.vn"}
    try:
        return a_customer(1, **read_fields(fields, today=day_of(AT), at=AT))
    except Invalid:
        return None


def exported(kind: Literal["xlsx", "csv"], locale: Locale, *customers: Customer) -> bytes:
    rows = map(row_reader(COLUMN_IDS, "Asia/Ho_Chi_Minh"), customers)
    lines = [line_of(cells).rstrip(b"\n") for cells in rows]
    with TemporaryDirectory() as folder:
        target = Path(folder) / f"khach.{kind}"
        table = NewTable(kind, COLUMN_IDS, locale, len(lines), iter([lines]))
        write_table(target, table)
        return BytesIO(target.read_bytes()).getvalue()


@pytest.mark.req("B-04")
@settings(max_examples=150)
@given(generated, st.sampled_from(["xlsx", "csv"]), st.sampled_from(["vi", "en"]))
def test_importing_an_export_changes_nothing(
    raw: dict[str, Any], kind: Literal["xlsx", "csv"], locale: Locale
) -> None:
    customer = customer_of(raw)
    if customer is None:
        return
    customers = OpenCustomers(customer)
    backend = Backend(customers)
    job = backend.upload(exported(kind, locale, customer))

    ended = backend.run(job)

    assert ended.progress.result is not None
    assert dict(ended.progress.result.rows) == {"unchanged": 1}
    assert customers.everyone(MERCHANT) == [customer]


@pytest.mark.req("B-04", "D3")
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_importing_an_export_of_customers_who_share_a_phone_changes_nothing(
    kind: Literal["xlsx", "csv"],
) -> None:
    customers = OpenCustomers(a_customer(1, phone="+84912345678", email="lan@moc.example"))
    for number in (2, 3):
        twin = a_customer(number, phone="+84912345678", email="lan@moc.example")
        customers.add(MERCHANT, twin, allow_duplicate=True)
    before = customers.everyone(MERCHANT)
    backend = Backend(customers)

    ended = backend.run(backend.upload(exported(kind, "vi", *reversed(before))))

    assert ended.progress.result is not None
    assert dict(ended.progress.result.rows) == {"unchanged": 3}
    assert customers.everyone(MERCHANT) == before


@pytest.mark.req("B-04")
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_an_export_with_every_column_creates_the_same_customer_elsewhere(
    kind: Literal["xlsx", "csv"], locale: Locale
) -> None:
    columns = [column.id for column in WRITABLE_COLUMNS]
    header = Header(1, {column: place for place, column in enumerate(columns)})
    row = RowReader(header, "day_first", AT, DEFAULT_GROUPS).read(
        NumberedRow(2, [*example_cells().values()])
    )
    original = a_customer(1, **values_for(row.fields, AT))
    customers = OpenCustomers()
    customers.reserve_codes(MERCHANT, 5)
    backend = Backend(customers)

    backend.run(backend.upload(exported(kind, locale, original)))

    (created,) = customers.everyone(MERCHANT)
    assert created.code != original.code
    cells, expected = (row_reader(columns[1:], DEFAULT_ZONE)(each) for each in (created, original))
    assert cells == expected
    assert None not in cells
