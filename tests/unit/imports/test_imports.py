"""Imports, carried out from the file to the mail over ports in memory."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crm.domain.customers.customer import Customer, Identity
from crm.domain.imports import file_names as import_files
from crm.domain.imports.job import LOCK_SECONDS, MOST_ROWS, ImportJob, LockHeld, RowOutcome
from crm.domain.imports.plan import author_of
from crm.domain.kernel.errors import DuplicateCustomer, Invalid, Stale
from crm.domain.kernel.ids import CustomerId, ImportId, MerchantId
from crm.domain.kernel.tables import Cell
from crm.domain.merchants.merchant import Mode
from crm.domain.merges.changeset import CustomerMove
from tests.builders import MERCHANT, OTHER_MERCHANT, a_customer, customer_id
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.imports import RecordedMails
from tests.import_builders import Backend, OpenCustomers, opening

HEADER = ("Họ và tên", "SĐT", "Email", "Ngày sinh", "Giới tính")
SAMPLES = Path(__file__).parents[3] / "events/samples"
EXPECTED = json.loads((SAMPLES / "customers.expected.json").read_text(encoding="utf-8"))
A, B = "+84912345678", "+84987654321"
LAN, ANH = "lan@moc.example", "anh@moc.example"


def counted(job: ImportJob) -> dict[RowOutcome, int]:
    assert job.result is not None
    return dict(job.result.rows)


def held(backend: Backend, kind: str, value: str) -> Customer:
    identity = Identity(kind, value)  # type: ignore[arg-type]  # any kind a test names
    holder = backend.customers.holders(MERCHANT, [identity])[identity]
    return backend.customers.get(MERCHANT, holder)


@pytest.mark.req("001-29", "001-30", "001-31", "D3", "B-09")
@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("mode", ["overwrite", "skip", "create_duplicate"])
def test_the_sample_file_has_its_expected_outcomes(form: str, mode: Mode) -> None:
    backend = Backend()

    job = backend.run(backend.upload((SAMPLES / f"customers.{form}").read_bytes(), mode=mode))

    assert job.status == "finished"
    assert counted(job) == EXPECTED[mode]
    assert job.total == sum(EXPECTED[mode].values()) == EXPECTED["rows"]


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

    customer = held(backend, "phone", A)
    assert (customer.family_name, customer.given_name) == ("Nguyễn Thị", "Ánh")
    assert (customer.birthday, customer.gender, customer.email) == ("--03-28", "female", ANH)
    assert (customer.code, customer.source) == ("KH000001", "import")
    assert customer.created_by == author_of(job.id, 2)
    assert customer.provenance_of("birthday").actor == f"{job.id}:2"
    assert customer.provenance_of("email").actor == f"{job.id}:3"
    assert backend.history(customer.id) == []


@pytest.mark.req("001-30", "D4", "B-13")
def test_overwriting_writes_differences_keeps_blank_fields_and_records_the_activity() -> None:
    backend = Backend(InMemoryCustomers(a_customer(phone=A, email=LAN, gender="female")))
    job = backend.upload()

    backend.run(job, opening(HEADER, ("Lê Lan", "0912345678", ANH, "", "")))

    customer = held(backend, "email", ANH)
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
    known = a_customer(phone=A)
    backend = Backend(InMemoryCustomers(known))

    outcomes = backend.run_rows("overwrite", HEADER, ("Nguyễn Thị Ánh", "0912.345.678"))

    assert outcomes == {2: "unchanged"}
    assert backend.customers.get(MERCHANT, known.id) == known


def test_a_match_on_an_archived_customer_restores_it() -> None:
    backend = Backend(InMemoryCustomers(a_customer(phone=A, status="archived")))

    assert backend.run_rows("overwrite", HEADER, ("", "0912345678")) == {2: "updated"}

    assert held(backend, "phone", A).status == "active"
    assert [activity.kind for activity in backend.history(customer_id())] == ["restored"]


@pytest.mark.req("001-31", "D3")
def test_a_duplicate_does_not_take_the_phone_from_its_holder() -> None:
    known = a_customer(phone=A)
    backend = Backend(InMemoryCustomers(known))

    rows = [HEADER, ("Lan", "0912345678"), ("Anh", "0987654321"), ("Ánh", "0987654321")]
    assert backend.run_rows("create_duplicate", *rows) == {
        2: "duplicated",
        3: "created",
        4: "duplicated",
    }
    assert held(backend, "phone", A) == known
    assert held(backend, "phone", B).full_name == "Anh"


def test_skipping_leaves_existing_customers_unchanged() -> None:
    known = a_customer(phone=A)
    backend = Backend(InMemoryCustomers(known))

    assert backend.run_rows("skip", HEADER, ("Lan", "0912345678")) == {2: "skipped"}
    assert backend.customers.get(MERCHANT, known.id) == known


def test_customers_of_another_merchant_are_invisible() -> None:
    theirs = a_customer(phone=A, merchant_id=OTHER_MERCHANT)
    backend = Backend(InMemoryCustomers(theirs))

    assert backend.run_rows("overwrite", HEADER, ("Lan", "0912345678")) == {2: "created"}
    assert backend.customers.get(OTHER_MERCHANT, theirs.id) == theirs


@pytest.mark.req("D3")
def test_distant_rows_that_match_one_customer_by_different_identities_are_merged() -> None:
    backend = Backend(InMemoryCustomers(a_customer(phone=A, email=LAN)))
    backend.customers.reserve_codes(MERCHANT, 1)
    filler: list[Sequence[Cell]] = [(f"Khách {number}",) for number in range(1_100)]
    job = backend.upload()

    lines = [
        HEADER,
        ("Tên đầu", "0912345678"),
        *filler,
        ("Tên cuối", "", LAN, "", "Nữ"),
        ("", "", LAN),
    ]
    backend.run(job, opening(*lines))

    customer = held(backend, "phone", A)
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

    assert held(backend, "phone", "+84900000000").code == "KH000042"
    assert held(backend, "phone", "+84900001199").code == "KH001241"


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
    assert (job.status, job.failure.code, job.result) == ("failed", code, None)
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


def test_progress_advances_with_every_step() -> None:
    backend = Backend()
    job = backend.upload()
    lines = [HEADER, *[(f"Khách {number}",) for number in range(600)]]

    backend.read(job, opening(*lines))
    seen = [backend.imports.get(MERCHANT, job.id)]
    backend.take_lock(job)
    for chunk in (0, 1):
        backend.plan(job, chunk)
        seen.append(backend.imports.get(MERCHANT, job.id))
    for ready in backend.settle(job):
        seen.append(backend.imports.get(MERCHANT, job.id))
        backend.apply(job, ready)
    seen.append(backend.imports.get(MERCHANT, job.id))
    backend.finish(job)
    seen.append(backend.imports.get(MERCHANT, job.id))

    assert [(each.status, each.read, each.planned, each.applied) for each in seen] == [
        ("reading", 600, 0, 0),
        ("planning", 600, 500, 0),
        ("planning", 600, 600, 0),
        ("applying", 600, 600, 0),
        ("applying", 600, 600, 500),
        ("applying", 600, 600, 600),
        ("finished", 600, 600, 600),
    ]


def test_a_stopped_import_resumes_only_with_the_same_file() -> None:
    backend = Backend()
    job = backend.upload(b"first")
    first, _ = backend.planned(
        job, opening(HEADER, *[(f"Khách {n}", f"09{n:08}") for n in range(600)])
    )
    backend.apply(job, first)
    backend.finish(job, failure="import_stopped")
    backend.files.write(MERCHANT, "uploads", import_files.upload(job.id), b"another")

    reading = backend.read(job, opening(HEADER, ("Lan", "0912345678")), execution="second")

    after = backend.imports.get(MERCHANT, job.id)
    assert (reading.outcome, after.status) == ("refused", "failed")
    assert after.failure is not None
    assert (after.failure.code, counted(after)) == ("file_changed", {"created": 500})


def test_a_repeated_event_does_nothing() -> None:
    backend = Backend()
    job = backend.upload()
    table = opening(HEADER, ("Lan", "0912345678"))
    backend.read(job, table)

    assert backend.read(job, table, execution="second").outcome == "ignored"
    assert backend.run(backend.upload(), table).result is not None
    backend.finish(job, failure="import_stopped", execution="second")
    assert backend.imports.get(MERCHANT, job.id).status == "reading"


def test_an_event_of_a_file_without_an_import_is_ignored() -> None:
    backend = Backend()
    job = backend.upload()

    assert backend.read(replace(job, id=ImportId("01KXYZ"))).outcome == "ignored"
    backend.finish(replace(job, id=ImportId("01KXYZ")))
    assert backend.mails.sent == []


def test_a_stopped_import_counts_its_applied_rows_and_another_execution_can_resume_it() -> None:
    backend = Backend()
    job = backend.upload()
    table = opening(HEADER, *[(f"Khách {n}", f"09{n:08}") for n in range(600)])
    first, second = backend.planned(job, table)
    backend.apply(job, first)
    backend.finish(job, failure="import_stopped")

    stopped = backend.imports.get(MERCHANT, job.id)
    assert stopped.failure is not None
    assert (stopped.status, stopped.failure.code) == ("failed", "import_stopped")
    assert counted(stopped) == {"created": 500}
    assert stopped.mail == "sent"

    assert backend.read(job, table, execution="second").outcome == "read"
    backend.take_lock(job)
    for ready in backend.settle(job):
        backend.apply(job, ready)
    backend.finish(job, execution="second")
    assert counted(backend.imports.get(MERCHANT, job.id)) == {"created": 600}
    assert held(backend, "phone", "+84900000599").full_name == "Khách 599"
    assert second.chunk == 1


class Interrupted(Exception):
    """The worker is gone."""


class Shaky(OpenCustomers):
    """Customers whose worker is gone after so many writes."""

    def __init__(self, *known: Customer) -> None:
        self.writes_left = 10**9
        super().__init__(*known)

    def _count(self) -> None:
        if self.writes_left == 0:
            raise Interrupted
        self.writes_left -= 1

    def add(self, *args: object, **options: object) -> None:
        self._count()
        super().add(*args, **options)  # type: ignore[arg-type]

    def update(self, *args: object, **options: object) -> None:
        self._count()
        super().update(*args, **options)  # type: ignore[arg-type]


MIXED: list[Sequence[Cell]] = [
    HEADER,
    ("Lan", "0912345678", "", "", "Nữ"),
    ("Lê Anh", "", ANH),
    ("Ba", "0900000003"),
    ("Bốn", "0900000004", "bon@moc.example"),
    ("Bốn", "0900000004", "", "4/4/1994"),
    ("Năm", "0900000005"),
    ("Hai người", "0912345678", ANH),
    ("Sai", "09"),
    ("Sáu",),
]


@pytest.mark.parametrize("mode", ["overwrite", "skip", "create_duplicate"])
@pytest.mark.parametrize("writes", range(9))
def test_a_retry_after_a_worker_dies_at_any_write_gives_the_same_result(
    mode: Mode, writes: int
) -> None:
    def carried_out(interrupt: int | None) -> tuple[dict[int, str], list[Customer]]:
        known = (a_customer(1, phone=A), a_customer(2, email=ANH, status="archived"))
        customers = Shaky(*known)
        backend = Backend(customers)
        backend.tick = timedelta()
        job = backend.upload(mode=mode)
        for ready in backend.planned(job, opening(*MIXED)):
            if interrupt is not None:
                customers.writes_left = interrupt
                try:
                    backend.apply(job, ready)
                except Interrupted:
                    customers.writes_left = 10**9
            backend.apply(job, ready)
            backend.apply(job, ready)  # an answer that was lost
        backend.finish(job)
        backend.finish(job)
        done = backend.imports.get(MERCHANT, job.id)
        assert done.result is not None
        assert done.result.total == len(MIXED) - 1
        assert [each.id for each in backend.mails.sent] == [job.id]
        outcomes: dict[int, str] = {row.number: row.outcome for row in backend.outcomes(job)}
        return outcomes, customers.everyone(MERCHANT)

    assert carried_out(writes) == carried_out(None)


def one_person_with_two_records() -> tuple[Customer, Customer]:
    """Return a survivor and the record that was merged into it."""
    survivor = a_customer(1, phone=A, merged_from={customer_id(2): "01M"})
    merged = {"status": "merged", "merged_into": survivor.id, "returns_to": "active"}
    return survivor, a_customer(2, phone=B, **merged)


@pytest.mark.req("B-05", "001-30")
def test_rows_that_match_a_merged_record_are_merged_and_update_the_survivor() -> None:
    survivor, loser = one_person_with_two_records()
    backend = Backend(InMemoryCustomers(survivor, loser))

    rows = [HEADER, ("Lê Lan", B), ("", A, ANH), ("Hai số", B)]
    outcomes = backend.run_rows("overwrite", *rows)

    assert outcomes == {2: "updated", 3: "merged_in_file", 4: "merged_in_file"}
    kept = backend.customers.get(MERCHANT, survivor.id)
    assert (kept.full_name, kept.phone, kept.email) == ("Hai số", B, ANH)
    assert backend.customers.get(MERCHANT, loser.id) == loser


@pytest.mark.req("B-05", "001-30")
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_merge_between_plan_and_apply_loses_no_row(*, dry_run: bool) -> None:
    survivor, loser = one_person_with_two_records()
    customers = InMemoryCustomers(
        replace(survivor, merged_from={}), replace(loser, status="active", merged_into=None)
    )
    backend = Backend(customers)
    job = backend.upload(dry_run=dry_run)
    planned = backend.planned(job, opening(HEADER, ("Lê Lan", B)))
    moves = [
        CustomerMove(customers.get(MERCHANT, each.id), replace(each, version=2, revision=2))
        for each in (survivor, loser)
    ]
    customers.move(MERCHANT, moves)

    for ready in planned:
        backend.apply(job, ready)
    if dry_run:
        backend.committed(job)

    outcomes = {row.number: row.outcome for row in backend.outcomes(job)}
    assert outcomes == {2: "conflict" if dry_run else "updated"}
    kept = customers.get(MERCHANT, survivor.id)
    assert kept.full_name == (survivor.full_name if dry_run else "Lê Lan")


class Overtaken(InMemoryCustomers):
    """Customers among whom someone else writes, once, just before the import does."""

    def __init__(self, *known: Customer) -> None:
        self.just_before: list[Customer] = []
        self.moves: list[Customer] = []
        super().__init__(*known)

    def _let_others_write(self) -> None:
        while self.just_before:
            super().add(MERCHANT, self.just_before.pop())
        while self.moves:
            after = self.moves.pop()
            super().update(MERCHANT, self.get(MERCHANT, after.id), after)

    def add_all(
        self,
        merchant_id: MerchantId,
        customers: Sequence[Customer],
        *,
        allow_duplicate: bool = False,
    ) -> Mapping[CustomerId, DuplicateCustomer | Invalid]:
        self._let_others_write()
        return super().add_all(merchant_id, customers, allow_duplicate=allow_duplicate)

    def update(self, *args: object, **options: object) -> None:
        self._let_others_write()
        super().update(*args, **options)  # type: ignore[arg-type]


@pytest.mark.req("D3")
@pytest.mark.parametrize(
    ("mode", "outcome", "name"),
    [
        ("overwrite", "updated", "Lan"),
        ("skip", "skipped", "Nguyễn Thị Ánh"),
        ("create_duplicate", "duplicated", "Nguyễn Thị Ánh"),
    ],
)
def test_a_row_whose_phone_was_taken_since_the_plan_is_planned_once_more(
    mode: Mode, outcome: str, name: str
) -> None:
    customers = Overtaken()
    backend = Backend(customers)
    customers.just_before = [a_customer(phone=A)]

    assert backend.run_rows(mode, HEADER, ("Lan", "0912345678")) == {2: outcome}
    assert held(backend, "phone", A).full_name == name


@pytest.mark.req("D3")
def test_a_row_whose_identities_were_taken_by_two_customers_is_a_conflict() -> None:
    customers = Overtaken()
    backend = Backend(customers)
    customers.just_before = [a_customer(1, phone=A), a_customer(2, email=LAN)]

    assert backend.run_rows("overwrite", HEADER, ("Lan", "0912345678", LAN)) == {2: "conflict"}


def test_a_row_whose_customer_was_edited_since_the_plan_is_compared_once_more() -> None:
    known = a_customer(phone=A)
    customers = Overtaken(known)
    backend = Backend(customers)
    customers.moves = [replace(known, gender="female", version=2)]

    outcome = backend.run_rows("overwrite", HEADER, ("Lan", "0912345678", "", "", "Nữ"))

    assert outcome == {2: "updated"}
    assert held(backend, "phone", A).full_name == "Lan"
    (activity,) = backend.history(known.id)
    assert "gender" not in {change.field for change in activity.changes}


class Contested(InMemoryCustomers):
    """Customers that someone else always writes first."""

    def update(self, *_: object, **__: object) -> None:
        raise Stale("stale", current_version=9)


class Claimed(InMemoryCustomers):
    """Customers whose new phone someone else always takes first."""

    def update(self, *_: object, **__: object) -> None:
        raise DuplicateCustomer("duplicate_customer", field="phone", existing_customer_id="x")


@pytest.mark.parametrize(
    ("customers", "code"), [(Contested, "moved"), (Claimed, "names_two_customers")]
)
def test_a_row_whose_write_is_refused_is_a_conflict_with_its_reason(
    customers: type[InMemoryCustomers], code: str
) -> None:
    backend = Backend(customers(a_customer(email=LAN)))
    job = backend.upload()

    backend.run(job, opening(HEADER, ("Lan", "0912345678", LAN)))

    (row,) = backend.outcomes(job)
    assert (row.outcome, [each.code for each in row.problems]) == ("conflict", [code])


def test_one_import_of_a_merchant_changes_customers_at_a_time() -> None:
    backend = Backend()
    first, second = backend.upload(), backend.upload()
    table = opening(HEADER, ("Lan", "0912345678"))
    for job, execution in ((first, "one"), (second, "two")):
        backend.read(job, table, execution)

    assert backend.take_lock(first)
    assert not backend.take_lock(second)
    assert backend.imports.get(MERCHANT, second.id).status == "queued"
    with pytest.raises(LockHeld):
        backend.plan(second, 0)

    backend.plan(first, 0)
    for ready in backend.settle(first):
        backend.apply(first, ready)
    backend.finish(first, execution="one")
    assert backend.take_lock(second)
    assert backend.imports.get(MERCHANT, second.id).status == "planning"


def test_a_worker_that_does_not_renew_the_lock_loses_it_to_the_next_import() -> None:
    backend = Backend()
    first, second = backend.upload(), backend.upload()
    assert backend.take_lock(first)

    backend.clock += timedelta(seconds=LOCK_SECONDS + 10)

    assert backend.take_lock(second)
    assert not backend.take_lock(first)


@pytest.mark.req("001-32")
def test_a_refused_mail_does_not_fail_the_import() -> None:
    backend = Backend()
    backend.mails = RecordedMails(refuses=True)

    job = backend.run(backend.upload(), opening(HEADER, ("Lan",)))

    assert (job.status, job.mail) == ("finished", "failed")


@pytest.mark.req("001-32")
def test_an_import_without_an_address_sends_no_mail() -> None:
    backend = Backend()

    job = backend.run(backend.upload(email=None), opening(HEADER, ("Lan",)))

    assert (job.status, job.mail, backend.mails.sent) == ("finished", "none", [])


def test_stored_files_are_not_named_after_the_uploaded_file() -> None:
    backend = Backend()
    job = backend.upload(file_name="Nguyễn Thị Ánh.xlsx")
    backend.run(job, opening(HEADER, ("Lan",)))

    assert import_files.upload(job.id) == f"{job.id}/upload"
    assert not [name for _, _, name in backend.files.kept if "Ánh" in name]
