"""Writes of others between the plan of an import and its application."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from crm.domain.customers.customer import Customer
from crm.domain.kernel.errors import DuplicateCustomer, Invalid, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.merchants.merchant import Mode
from crm.domain.merges.changeset import CustomerMove
from tests.builders import MERCHANT, a_customer, customer_id
from tests.fakes.customers import InMemoryCustomers
from tests.import_builders import Backend, opening
from tests.import_scenarios import ANH, HEADER, LAN_MAIL, A, B, holder_of


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

    def __init__(self, *existing: Customer) -> None:
        self.just_before: list[Customer] = []
        self.moves: list[Customer] = []
        super().__init__(*existing)

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
    assert holder_of(backend, "phone", A).full_name == name


@pytest.mark.req("D3")
def test_a_row_whose_identities_were_taken_by_two_customers_is_a_conflict() -> None:
    customers = Overtaken()
    backend = Backend(customers)
    customers.just_before = [a_customer(1, phone=A), a_customer(2, email=LAN_MAIL)]

    assert backend.run_rows("overwrite", HEADER, ("Lan", "0912345678", LAN_MAIL)) == {
        2: "conflict"
    }


def test_a_row_whose_customer_was_edited_since_the_plan_is_compared_once_more() -> None:
    existing = a_customer(phone=A)
    customers = Overtaken(existing)
    backend = Backend(customers)
    customers.moves = [replace(existing, gender="female", version=2)]

    outcome = backend.run_rows("overwrite", HEADER, ("Lan", "0912345678", "", "", "Nữ"))

    assert outcome == {2: "updated"}
    assert holder_of(backend, "phone", A).full_name == "Lan"
    (activity,) = backend.history(existing.id)
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
    backend = Backend(customers(a_customer(email=LAN_MAIL)))
    job = backend.upload()

    backend.run(job, opening(HEADER, ("Lan", "0912345678", LAN_MAIL)))

    (row,) = backend.outcomes(job)
    assert (row.outcome, [each.code for each in row.problems]) == ("conflict", [code])
