"""Properties of every import: plans are applied as shown, and a repeat changes nobody."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.customers.customer import Customer
from crm.domain.imports.job import ImportJob
from crm.domain.imports.progress import sum_of
from crm.domain.imports.values import SOURCE
from crm.domain.kernel.tables import Cell
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Mode
from tests.builders import LAN, MERCHANT, a_customer
from tests.import_builders import Backend, OpenCustomers, opening

HEADER = ("Họ và tên", "SĐT", "Email", "Ngày sinh", "Giới tính")
PHONES = ("0912345671", "+84 912 345 672", "912345673")
MAILS = ("a@x.vn", "B@x.vn", "c@x.vn")

names = st.sampled_from(["", "Lan", "Nguyễn Thị Ánh"])
lines = st.lists(
    st.tuples(
        names,
        st.sampled_from(["", *PHONES, "09"]),
        st.sampled_from(["", *MAILS, "@"]),
        st.sampled_from(["", "28/3", "17/05/1990", "__CLEAR__"]),
        st.sampled_from(["", "Nam", "Nữ", "__CLEAR__"]),
    ).filter(any),
    min_size=1,
    max_size=12,
)
known = st.lists(
    st.tuples(
        st.sampled_from([None, "+84912345671", "+84912345672"]),
        st.sampled_from([None, "a@x.vn", "b@x.vn"]),
        st.sampled_from(["active", "archived"]),
    ),
    max_size=3,
    unique_by=(lambda each: each[0] or object(), lambda each: each[1] or object()),
)


type Drawn = list[tuple[str | None, str | None, str]]


def a_backend(drawn: Drawn) -> tuple[Backend, OpenCustomers]:
    customers = OpenCustomers(
        *(
            a_customer(number, phone=phone, email=email, status=status)
            for number, (phone, email, status) in enumerate(drawn, 1)
        )
    )
    customers.reserve_codes(MERCHANT, 10)
    return Backend(customers), customers


def imported(backend: Backend, mode: Mode, rows: Sequence[Sequence[Cell]]) -> ImportJob:
    return backend.run(backend.upload(mode=mode), opening(HEADER, *rows))


@given(lines, known, st.sampled_from(["overwrite", "skip", "create_duplicate"]))
def test_a_plan_is_applied_and_counts_every_row_once(
    rows: list[tuple[str, ...]], drawn: Drawn, mode: Mode
) -> None:
    backend, _ = a_backend(drawn)

    job = imported(backend, mode, rows)

    assert job.progress.result is not None
    planned = sum_of(backend.imports.recorded(MERCHANT, job.id, "planned").values())
    assert job.progress.result == planned
    assert job.progress.result.total == job.progress.total == len(rows)


@pytest.mark.req("B-02")
@given(lines, known, st.sampled_from(["overwrite", "skip", "create_duplicate"]))
def test_a_dry_run_writes_nothing_and_its_commit_applies_the_shown_plan(
    rows: list[tuple[str, ...]], drawn: Drawn, mode: Mode
) -> None:
    backend, customers = a_backend(drawn)
    straight, others = a_backend(drawn)
    before = customers.everyone(MERCHANT)
    job = backend.upload(mode=mode, dry_run=True)
    assert backend.planned(job, opening(HEADER, *rows)) == []
    assert customers.everyone(MERCHANT) == before
    waiting, plan = backend.imports.get(MERCHANT, job.id), backend.rows(job)

    done = backend.committed(job)

    assert done.progress.result == waiting.progress.result
    assert [(row.number, row.outcome, row.customer_id, row.changes) for row in plan] == [
        (row.number, row.outcome, row.customer_id, row.changes) for row in backend.rows(job)
    ]
    imported(straight, mode, rows)
    assert [bare(each) for each in customers.everyone(MERCHANT)] == [
        bare(each) for each in others.everyone(MERCHANT)
    ]


@pytest.mark.req("B-01")
@given(lines, known, st.sampled_from(["overwrite", "create_duplicate"]), st.integers(0, 1))
def test_a_revert_restores_everything_that_nobody_edited_since(
    rows: list[tuple[str, ...]], drawn: Drawn, mode: Mode, edits: int
) -> None:
    backend, customers = a_backend(drawn)
    before = {each.id: each for each in customers.everyone(MERCHANT)}
    job = imported(backend, mode, rows)
    touched = customers.everyone(MERCHANT)[:edits]
    for each in touched:
        changes = each.changes({"birthday": "2001-02-03"})
        customers.update(MERCHANT, each, each.edited(changes, LAN, stamp(backend.now())))

    done = backend.reverted(job)

    assert done.progress.undone is not None
    kept = {row.customer_id for row in backend.rows(job, "kept")}
    assert kept <= {each.id for each in touched}
    for after in customers.everyone(MERCHANT):
        edited = after.id in {each.id for each in touched}
        if after.id not in before:
            assert after.status == ("active" if edited else "archived")
        elif edited:
            assert after.birthday == "2001-02-03"
            same: dict[str, Any] = {"birthday": "", "provenance": {}, "status": ""}
            assert bare(replace(after, **same)) == bare(replace(before[after.id], **same))
        else:
            assert bare(after) == bare(before[after.id])


def bare(customer: Customer) -> Customer:
    """Return a customer without the fields that every write changes."""
    return replace(
        customer,
        version=0,
        revision=0,
        created_at="",
        updated_at="",
        status_since=None,
        provenance={name: each._replace(at="") for name, each in customer.provenance.items()},
    )


#: Rows of people who keep their phone and their e-mail, each shown or not.
own_lines = st.lists(
    st.tuples(
        names,
        st.sampled_from([*zip(PHONES, MAILS, strict=True)]),
        st.sampled_from(["phone", "email", "both"]),
        st.sampled_from(["", "28/3", "17/05/1990", "__CLEAR__"]),
        st.sampled_from(["", "Nam", "Nữ"]),
    ).map(
        lambda drawn: (
            drawn[0],
            "" if drawn[2] == "email" else drawn[1][0],
            "" if drawn[2] == "phone" else drawn[1][1],
            *drawn[3:],
        )
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.req("001-30", "D3")
@given(own_lines)
def test_overwriting_with_the_same_file_again_changes_nobody(
    rows: list[tuple[str, ...]],
) -> None:
    backend, customers = a_backend([])
    first = imported(backend, "overwrite", rows)
    before = customers.everyone(MERCHANT)

    again = imported(backend, "overwrite", rows)

    assert first.progress.result is not None
    assert again.progress.result is not None
    assert customers.everyone(MERCHANT) == before
    outcomes = again.progress.result.by_outcome()
    assert (outcomes["created"], outcomes["updated"]) == (0, 0)
    assert outcomes["unchanged"] == len(before)
    for key in ("conflict", "invalid"):
        assert outcomes[key] == first.progress.result.by_outcome()[key]


@pytest.mark.req("D3")
@given(lines, known)
def test_skipping_changes_no_existing_customer(rows: list[tuple[str, ...]], drawn: Drawn) -> None:
    backend, customers = a_backend(drawn)
    before = customers.everyone(MERCHANT)

    imported(backend, "skip", rows)

    assert [each for each in customers.everyone(MERCHANT) if each.source != SOURCE] == before


@pytest.mark.req("001-31", "D3")
@given(lines, known)
def test_creating_duplicates_creates_a_customer_for_every_readable_row(
    rows: list[tuple[str, ...]], drawn: Drawn
) -> None:
    backend, customers = a_backend(drawn)
    before = customers.everyone(MERCHANT)

    job = imported(backend, "create_duplicate", rows)

    assert job.progress.result is not None
    made = [each for each in customers.everyone(MERCHANT) if each.source == SOURCE]
    assert len(made) == len(rows) - job.progress.result.by_outcome()["invalid"]
    assert [each for each in customers.everyone(MERCHANT) if each.source != SOURCE] == before
