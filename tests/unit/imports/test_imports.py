"""Imports over ports in memory: outcomes of rows and refusals of files."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from crm.domain.imports.job import MOST_ROWS
from crm.domain.imports.plan import author_of
from crm.domain.kernel.tables import Cell
from crm.domain.merchants.merchant import Mode
from tests.builders import MERCHANT, OTHER_MERCHANT, a_customer, customer_id
from tests.fakes.customers import InMemoryCustomers
from tests.import_builders import Backend, opening
from tests.import_scenarios import (
    ANH,
    HEADER,
    LAN_MAIL,
    A,
    B,
    counted,
    holder_of,
)

SAMPLES = Path(__file__).parents[3] / "events/samples"
EXPECTED = json.loads((SAMPLES / "customers.expected.json").read_text(encoding="utf-8"))


@pytest.mark.req("001-29", "001-30", "001-31", "D3", "B-09")
@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("mode", ["overwrite", "skip", "create_duplicate"])
def test_the_sample_file_has_its_expected_outcomes(form: str, mode: Mode) -> None:
    backend = Backend()

    job = backend.run(backend.upload((SAMPLES / f"customers.{form}").read_bytes(), mode=mode))

    assert job.status == "finished"
    assert counted(job) == EXPECTED[mode]
    assert job.progress.total == sum(EXPECTED[mode].values()) == EXPECTED["rows"]


@pytest.mark.req("001-30", "D3")
def test_importing_a_file_again_creates_only_rows_with_nothing_but_a_name() -> None:
    backend = Backend()
    content = (SAMPLES / "customers.xlsx").read_bytes()
    backend.run(backend.upload(content))

    assert counted(backend.run(backend.upload(content))) == EXPECTED["overwrite again"]


@pytest.mark.req("001-27", "001-30", "B-13")
def test_a_created_customer_has_its_import_and_row_as_provenance() -> None:
    backend = Backend()
    job = backend.upload()

    backend.run(
        job,
        opening(
            HEADER,
            ("Nguyễn Thị Ánh", 912345678.0, "", "28/3", "Nữ"),
            ("", "0912 345 678", "ANH@moc.example", "", ""),
        ),
    )

    customer = holder_of(backend, "phone", A)
    assert (customer.family_name, customer.given_name) == ("Nguyễn Thị", "Ánh")
    assert (customer.birthday, customer.gender, customer.email) == ("--03-28", "female", ANH)
    assert (customer.code, customer.source) == ("KH000001", "import")
    assert customer.created_by == author_of(job.id, 2)
    assert customer.provenance_of("birthday").actor == f"{job.id}:2"
    assert customer.provenance_of("email").actor == f"{job.id}:3"
    assert backend.history(customer.id) == []


@pytest.mark.req("001-30", "D4", "B-13")
def test_overwriting_writes_differences_keeps_blank_fields_and_records_the_activity() -> None:
    backend = Backend(InMemoryCustomers(a_customer(phone=A, email=LAN_MAIL, gender="female")))
    job = backend.upload()

    backend.run(job, opening(HEADER, ("Lê Lan", "0912345678", ANH, "", "")))

    customer = holder_of(backend, "email", ANH)
    assert (customer.id, customer.full_name, customer.gender) == (
        customer_id(),
        "Lê Lan",
        "female",
    )
    assert (customer.version, customer.phone) == (2, A)
    assert customer.provenance_of("email").actor == f"{job.id}:2"
    assert customer.provenance_of("gender").source == "web"
    (activity,) = backend.history(customer.id)
    assert (activity.kind, activity.by) == ("edited", author_of(job.id, 2))
    assert [change.field for change in activity.changes] == [
        "full_name", "family_name", "given_name", "email",
    ]  # fmt: skip


@pytest.mark.req("001-30")
def test_an_unchanged_row_writes_nothing() -> None:
    existing = a_customer(phone=A)
    backend = Backend(InMemoryCustomers(existing))

    outcomes = backend.run_rows("overwrite", HEADER, ("Nguyễn Thị Ánh", "0912.345.678"))

    assert outcomes == {2: "unchanged"}
    assert backend.customers.get(MERCHANT, existing.id) == existing


def test_a_match_on_an_archived_customer_restores_it() -> None:
    backend = Backend(InMemoryCustomers(a_customer(phone=A, status="archived")))

    assert backend.run_rows("overwrite", HEADER, ("", "0912345678")) == {2: "updated"}

    assert holder_of(backend, "phone", A).status == "active"
    assert [activity.kind for activity in backend.history(customer_id())] == ["restored"]


@pytest.mark.req("001-31", "D3")
def test_a_duplicate_does_not_take_the_phone_from_its_holder() -> None:
    existing = a_customer(phone=A)
    backend = Backend(InMemoryCustomers(existing))

    rows = [HEADER, ("Lan", "0912345678"), ("Anh", "0987654321"), ("Ánh", "0987654321")]
    assert backend.run_rows("create_duplicate", *rows) == {
        2: "duplicated",
        3: "created",
        4: "duplicated",
    }
    assert holder_of(backend, "phone", A) == existing
    assert holder_of(backend, "phone", B).full_name == "Anh"


def test_skipping_leaves_existing_customers_unchanged() -> None:
    existing = a_customer(phone=A)
    backend = Backend(InMemoryCustomers(existing))

    assert backend.run_rows("skip", HEADER, ("Lan", "0912345678")) == {2: "skipped"}
    assert backend.customers.get(MERCHANT, existing.id) == existing


def test_customers_of_another_merchant_are_invisible() -> None:
    theirs = a_customer(phone=A, merchant_id=OTHER_MERCHANT)
    backend = Backend(InMemoryCustomers(theirs))

    assert backend.run_rows("overwrite", HEADER, ("Lan", "0912345678")) == {2: "created"}
    assert backend.customers.get(OTHER_MERCHANT, theirs.id) == theirs


@pytest.mark.req("D3")
def test_distant_rows_that_match_one_customer_by_different_identities_are_merged() -> None:
    backend = Backend(InMemoryCustomers(a_customer(phone=A, email=LAN_MAIL)))
    backend.customers.reserve_codes(MERCHANT, 1)
    filler: list[Sequence[Cell]] = [(f"Khách {number}",) for number in range(1_100)]
    job = backend.upload()

    lines = [
        HEADER,
        ("Tên đầu", "0912345678"),
        *filler,
        ("Tên cuối", "", LAN_MAIL, "", "Nữ"),
        ("", "", LAN_MAIL),
    ]
    backend.run(job, opening(*lines))

    customer = holder_of(backend, "phone", A)
    assert (customer.full_name, customer.gender, customer.version) == ("Tên cuối", "female", 2)
    assert customer.provenance_of("full_name").actor == f"{job.id}:1103"
    rows = {row.number: row for row in backend.outcomes(job)}
    assert (rows[2].outcome, rows[1103].outcome, rows[1104].outcome) == (
        "updated", "merged_in_file", "merged_in_file",
    )  # fmt: skip
    assert (rows[1103].into, rows[1104].into) == (2, 2)
    assert counted(backend.imports.get(MERCHANT, job.id)) == {
        "updated": 1,
        "merged_in_file": 2,
        "created": 1_100,
    }


def test_new_customers_are_numbered_in_the_order_of_the_file() -> None:
    backend = Backend()
    backend.customers.reserve_codes(MERCHANT, 41)
    lines = [(f"Khách {number}", f"09{number:08}") for number in range(1_200)]

    backend.run_rows("overwrite", HEADER, *lines)

    assert holder_of(backend, "phone", "+84900000000").code == "KH000042"
    assert holder_of(backend, "phone", "+84900001199").code == "KH001241"


REASONS = [
    ("empty_file", []),
    ("unknown_header", [("Sản phẩm", "Giá"), ("Cà phê", 25_000)]),
    ("repeated_header", [("SĐT", "Điện thoại"), ("0912345678", "")]),
    ("no_rows", [("Danh sách",), HEADER]),
    ("too_many_columns", [("Họ và tên", *(f"Cột {n}" for n in range(100))), ("Lan",)]),
    ("too_many_rows", [HEADER, *[("Lan",)] * (MOST_ROWS + 1)]),
]


@pytest.mark.parametrize(("code", "lines"), REASONS, ids=[code for code, _ in REASONS])
def test_an_unusable_table_fails_with_its_reason_and_changes_nothing(
    code: str, lines: list[Sequence[Cell]]
) -> None:
    backend = Backend()
    job = backend.upload()

    assert backend.read(job, opening(*lines)).outcome == "refused"
    backend.finish(job)

    job = backend.imports.get(MERCHANT, job.id)
    assert job.failure is not None
    assert (job.status, job.failure.code, job.progress.result) == ("failed", code, None)
    assert [each.id for each in backend.mails.sent] == [job.id]
    assert not [key for key in backend.files.kept if key[1] == "imports"]


def test_200_000_rows_are_accepted() -> None:
    backend = Backend()

    reading = backend.read(backend.upload(), opening(HEADER, *[("Lan",)] * MOST_ROWS))

    assert (reading.outcome, reading.chunks) == ("read", 400)


def test_a_file_over_the_size_limit_is_refused_before_it_is_read() -> None:
    backend = Backend()
    job = backend.upload(b"x" * (64 * 2**20 + 1))

    assert backend.read(job).outcome == "refused"
    failure = backend.imports.get(MERCHANT, job.id).failure
    assert failure is not None
    assert (failure.code, failure.params) == ("file_too_large", {"limit": 64})


def test_the_first_sheet_with_a_header_is_imported() -> None:
    backend = Backend()
    assert backend.run_rows("overwrite", ("Sổ khách",), HEADER, ("Lan",)) == {3: "created"}
