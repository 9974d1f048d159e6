"""Plans: rows in chunks, and the outcome of each row.

All rows of one identity are in one chunk; an outcome follows from the rows before and the existing
customers.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.customers.customer import Customer, Identity
from crm.domain.imports import plan as import_plan
from crm.domain.imports.chunks import Chunker
from crm.domain.imports.plan import PlannedRow, assign_rows, compare
from crm.domain.imports.rows import DataRow, row_of_line
from crm.domain.imports.values import values_for
from crm.domain.kernel.errors import Problem
from crm.domain.kernel.ids import CustomerId
from crm.domain.merchants.merchant import Mode
from tests.builders import a_customer, customer_id
from tests.import_builders import a_row

AT = "2026-11-22T03:04:05.000Z"
A, B = "+84912345678", "+84987654321"
LAN, ANH = "lan@moc.example", "anh@moc.example"
UNREADABLE = (Problem("phone", "phone_invalid"),)


def holders(*customers: Customer) -> dict[Identity, CustomerId]:
    return {identity: each.id for each in customers for identity in each.identities()}


def outcomes(
    *rows: DataRow, mode: Mode = "overwrite", existing: tuple[Customer, ...] = ()
) -> list[str]:
    numbered = [DataRow(number, row.fields, row.problems) for number, row in enumerate(rows, 2)]
    people = {each.id: each for each in existing}
    return [row.outcome for row in assign_rows(numbered, holders(*existing), mode, people)]


@pytest.mark.req("D3", "001-30")
def test_rows_of_one_identity_are_merged_and_the_last_cell_that_is_not_blank_wins() -> None:
    rows = [
        a_row(2, full_name="Lan", phone=A),
        a_row(3, phone=A, email=LAN, gender="female"),
        a_row(4, full_name="Lan Anh", email=LAN, gender=None),
    ]
    first, second, third = assign_rows(rows, {}, "overwrite", {})

    assert first.outcome == "created"
    assert first.fields == {"full_name": "Lan Anh", "phone": A, "email": LAN, "gender": None}
    assert first.origins == {"phone": 3, "email": 4, "gender": 4, "full_name": 4}
    assert (second.outcome, second.into) == ("merged_in_file", 2)
    assert (third.outcome, third.into) == ("merged_in_file", 2)


@pytest.mark.req("D3")
def test_a_row_that_matches_two_earlier_rows_is_a_conflict_and_merges_neither() -> None:
    rows = (
        a_row(phone=A),
        a_row(email=LAN),
        a_row(phone=A, email=LAN),
        a_row(phone=A),
        a_row(email=LAN),
    )
    assert outcomes(*rows) == [
        "created", "created", "conflict", "merged_in_file", "merged_in_file",
    ]  # fmt: skip


@pytest.mark.req("D3")
def test_a_row_that_matches_two_customers_is_a_conflict_and_changes_neither() -> None:
    existing = (a_customer(1, phone=A), a_customer(2, email=LAN))

    assert outcomes(a_row(phone=A, email=LAN), existing=existing) == ["conflict"]
    assert outcomes(a_row(phone=A, email=LAN), a_row(phone=A), existing=existing) == [
        "conflict",
        "updated",
    ]


@pytest.mark.req("D3", "B-04")
def test_a_shared_phone_matches_the_customer_who_has_all_identities_of_the_row() -> None:
    second, first = a_customer(2, phone=A, email=LAN), a_customer(1, phone=A)
    existing = (second, first)  # the last one holds the phone
    rows = [
        a_row(2, code="KH000002", phone=A, email=LAN),
        a_row(3, phone=A, email=LAN, note="x"),
        a_row(4, code="KH000001", phone=A),
        a_row(5, code="KH000002", phone=B),
        a_row(6, code="KH000001", email=LAN),
    ]

    people = {each.id: each for each in existing}
    planned = assign_rows(rows, holders(*existing), "overwrite", people)

    assert [(row.outcome, row.customer_id, row.into) for row in planned] == [
        ("updated", second.id, None),
        ("merged_in_file", None, 2),
        ("updated", first.id, None),
        ("merged_in_file", None, 2),
        ("conflict", None, None),
    ]


@pytest.mark.req("D3")
def test_a_row_that_matches_a_new_person_of_the_file_and_a_customer_is_a_conflict() -> None:
    existing = (a_customer(1, email=LAN),)

    assert outcomes(a_row(phone=A), a_row(phone=A, email=LAN), existing=existing) == [
        "created",
        "conflict",
    ]


@pytest.mark.req("D3")
def test_rows_that_match_one_customer_by_two_identities_are_merged() -> None:
    existing = (a_customer(1, phone=A, email=LAN),)

    assert outcomes(a_row(phone=A), a_row(email=LAN), existing=existing) == [
        "updated",
        "merged_in_file",
    ]


@pytest.mark.req("D4", "001-30")
def test_overwriting_may_change_a_phone_or_an_email() -> None:
    existing = (a_customer(1, phone=A, email=LAN),)
    rows = [a_row(2, phone=A, email=ANH), a_row(3, email=ANH, phone=B)]

    first, second = assign_rows(rows, holders(*existing), "overwrite", {})

    assert first.customer_id == existing[0].id
    assert (first.fields["phone"], first.fields["email"]) == (B, ANH)
    assert second.outcome == "merged_in_file"


def test_unreadable_rows_are_invalid_and_match_nobody() -> None:
    unreadable = DataRow(3, {}, UNREADABLE)
    for mode in ("overwrite", "skip", "create_duplicate"):
        assert outcomes(unreadable, a_row(phone=A), mode=mode) == ["invalid", "created"]


@pytest.mark.req("D5")
def test_a_row_with_only_a_name_always_creates_a_customer() -> None:
    existing = (a_customer(1, full_name="Lan"),)

    assert outcomes(a_row(full_name="Lan"), a_row(full_name="Lan"), existing=existing) == [
        "created",
        "created",
    ]


@pytest.mark.req("D3", "001-31")
def test_matches_of_customers_and_earlier_rows_are_skipped_or_duplicated_by_the_mode() -> None:
    existing = (a_customer(1, phone=A), a_customer(2, email=LAN))
    rows = (
        a_row(phone=A),
        a_row(phone=B),
        a_row(phone=B, email=ANH),
        a_row(email=ANH),
        a_row(phone=A, email=LAN),
        a_row(full_name="Lan"),
    )
    for mode, again in (("skip", "skipped"), ("create_duplicate", "duplicated")):
        assert outcomes(*rows, mode=mode, existing=existing) == [  # type: ignore[arg-type]
            again, "created", again, again, again, "created",
        ]  # fmt: skip


@pytest.mark.req("001-30")
def test_a_row_equal_to_its_customer_is_unchanged() -> None:
    current = a_customer(phone=A, email=LAN)
    row = PlannedRow(
        number=2, outcome="updated", fields={"phone": A, "full_name": current.full_name}
    )

    compared = compare(row, current, AT)

    assert (compared.outcome, compared.version) == ("unchanged", current.version)
    assert compare(row, a_customer(phone=A, status="archived"), AT).outcome == "updated"


def test_an_equal_full_name_keeps_the_stored_name_parts() -> None:
    current = a_customer(full_name="Nguyễn Văn An", family_name="Nguyễn", given_name="Văn An")

    assert values_for({"full_name": "Nguyễn Văn An"}, AT, current) == {}
    assert values_for({"full_name": "Nguyễn Văn Ân"}, AT, current)["given_name"] == "Ân"


@pytest.mark.req("D6")
def test_one_part_of_a_name_keeps_the_customers_other_part() -> None:
    current = a_customer(full_name="Nguyễn Thị Anh", family_name="Nguyễn Thị", given_name="Anh")

    assert values_for({"given_name": "Ánh"}, AT, current) == {
        "full_name": "Nguyễn Thị Ánh",
        "family_name": "Nguyễn Thị",
        "given_name": "Ánh",
    }


@pytest.mark.req("D3")
def test_clearing_a_field_is_a_change_unless_no_identity_would_remain() -> None:
    current = a_customer(phone=A, gender="female")
    emptied = PlannedRow(number=2, outcome="updated", fields={"gender": None})
    nobody = PlannedRow(number=2, outcome="updated", fields={"full_name": None, "phone": None})

    assert compare(emptied, current, AT).outcome == "updated"
    assert compare(nobody, current, AT).outcome == "invalid"


@pytest.mark.parametrize("status", ["merged", "erased"])
def test_a_row_of_a_read_only_customer_is_a_conflict(status: str) -> None:
    row = PlannedRow(number=2, outcome="updated", fields={"phone": A})

    assert compare(row, a_customer(status=status), AT).problems == (Problem("", "customer_gone"),)
    assert compare(row, None, AT).outcome == "conflict"


def test_a_planned_row_is_read_back_from_its_line() -> None:
    rows = [
        PlannedRow(number=2, outcome="merged_in_file", into=1),
        PlannedRow(number=3, outcome="invalid", problems=UNREADABLE),
        PlannedRow(
            number=4,
            outcome="updated",
            fields={"email": None, "phone": A},
            origins={"phone": 9},
            customer_id=customer_id(),
            version=3,
        ),
    ]
    assert [import_plan.row_of_line(import_plan.line_of(row)) for row in rows] == rows


phones = st.sampled_from(["+1", "+2", "+3", None])
emails = st.sampled_from(["a@x.vn", "b@x.vn", "c@x.vn", None])
drawn_rows = st.lists(st.tuples(phones, emails), max_size=12)
drawn_customers = st.lists(
    st.tuples(phones, emails), max_size=3, unique_by=(lambda each: each[0], lambda each: each[1])
)


@given(drawn_rows, drawn_customers)
def test_overwriting_row_by_row_gives_the_same_outcomes(
    rows: list[tuple[str | None, str | None]], existing: list[tuple[str | None, str | None]]
) -> None:
    """Compare with the obvious algorithm: a list of persons, each with all its identities."""
    customers = [a_customer(n, phone=p, email=e) for n, (p, e) in enumerate(existing, 1)]
    persons: list[tuple[set[str], list[int]]] = [
        ({each for each in (customer.phone, customer.email) if each}, []) for customer in customers
    ]
    expected: list[str] = []
    for number, row in enumerate(rows):
        names = {each for each in row if each}
        met = [person for person in persons if person[0] & names]
        if len(met) > 1:
            expected.append("conflict")
            continue
        if not met:
            persons.append((set(names), [number]))
            expected.append("created")
            continue
        ((named, earlier),) = met
        expected.append("merged_in_file" if earlier else "updated")
        named |= names
        earlier.append(number)

    read = [a_row(phone=p, email=e, full_name="x") for p, e in rows]
    assert outcomes(*read, existing=tuple(customers)) == expected


def chunked(*rows: DataRow) -> list[list[DataRow]]:
    chunker = Chunker()
    for row in rows:
        chunker.add(row)
    assert len(chunker) == len(rows)
    return [[row_of_line(line) for line in chunk.split(b"\n")] for chunk in chunker.chunks()]


def test_a_chunk_holds_five_hundred_rows() -> None:
    chunks = chunked(*(a_row(number, full_name="Lan") for number in range(1_201)))

    assert [len(chunk) for chunk in chunks] == [500, 500, 201]


def test_200_000_rows_are_400_chunks() -> None:
    chunker = Chunker()
    row = a_row(full_name="Lan")
    for _ in range(200_000):
        chunker.add(row)

    assert sum(1 for _ in chunker.chunks()) == 400


def test_a_distant_row_is_in_the_chunk_of_the_row_it_shares_an_identity_with() -> None:
    rows = [a_row(number, full_name="Lan") for number in range(600)]
    rows[3] = a_row(3, phone="+84912345678")
    rows[599] = a_row(599, phone="+84912345678", email="lan@moc.example")

    first, second = chunked(*rows)

    assert first[-1].number == 599
    assert [row.number for row in second] == [*range(499, 599)]


FEW_PEOPLE = st.integers(0, 6)


@given(st.lists(st.tuples(FEW_PEOPLE, FEW_PEOPLE, st.booleans()), max_size=60))
def test_no_identity_is_in_two_chunks_and_no_row_is_lost(
    drawn: list[tuple[int, int, bool]],
) -> None:
    spread = 100  # rows between, so that a few rows make several chunks
    rows: list[DataRow] = []
    for place, (phone, email, blank) in enumerate(drawn):
        fields = {} if blank else {"phone": f"+{phone}", "email": f"{email}@x.vn"}
        rows.append(a_row(place * spread, **fields))
        rows += [a_row(place * spread + each, full_name="x") for each in range(1, spread)]

    chunks = chunked(*rows)

    assert sorted(row.number for chunk in chunks for row in chunk) == [row.number for row in rows]
    homes: dict[object, set[int]] = {}
    for place, chunk in enumerate(chunks):
        assert [row.number for row in chunk] == sorted(row.number for row in chunk)
        for row in chunk:
            for identity in row.identities():
                homes.setdefault(identity, set()).add(place)
    assert all(len(chunks_of_one) == 1 for chunks_of_one in homes.values())
