"""Contract of `ports.Activities`, for every adapter."""

from dataclasses import replace

import pytest

from crm.domain.customers.activities import Activity, ActivityQuery
from crm.domain.customers.customer import Address, Consent
from crm.domain.kernel.errors import Conflict, NotFound
from crm.domain.kernel.times import stamp
from crm.ports.customers import Activities, Customers
from tests.builders import (
    LAN,
    MERCHANT,
    OTHER_MERCHANT,
    a_customer,
    an_activity,
    customer_id,
    moment,
)

ALWAYS = ActivityQuery(since="2000", until="2999")


def _notes(activities: Activities, count: int) -> list[Activity]:
    notes = [an_activity(number, kind="note", text=f"Ghi chú {number}") for number in range(count)]
    for note in notes:
        activities.add(MERCHANT, customer_id(), note)
    return notes


@pytest.mark.req("000-22", "004-13")
def test_lines_are_read_newest_first_and_paged(
    customers: Customers, activities: Activities
) -> None:
    customers.add(MERCHANT, a_customer())
    notes = _notes(activities, 7)

    seen: list[Activity] = []
    query = replace(ALWAYS, limit=3)
    while True:
        page = activities.page(MERCHANT, customer_id(), query)
        seen += page.items
        if page.next is None:
            break
        query = replace(query, after=page.next)

    assert seen == notes[::-1]


@pytest.mark.req("004-12", "D10")
def test_a_query_selects_a_time_range_with_both_ends_included(
    customers: Customers, activities: Activities
) -> None:
    customers.add(MERCHANT, a_customer())
    notes = _notes(activities, 6)

    page = activities.page(
        MERCHANT, customer_id(), ActivityQuery(since=notes[2].at, until=notes[4].at)
    )

    assert page.items == (notes[4], notes[3], notes[2])


def test_a_query_selects_lines_of_one_kind(customers: Customers, activities: Activities) -> None:
    customers.add(MERCHANT, a_customer(), an_activity(0, kind="created"))
    _notes(activities, 3)
    query = replace(ALWAYS, kind="note", limit=2)

    first = activities.page(MERCHANT, customer_id(), query)
    assert first.next is not None
    second = activities.page(MERCHANT, customer_id(), replace(query, after=first.next))

    assert [len(first.items), len(second.items)] == [2, 1]
    assert {line.kind for line in first.items + second.items} == {"note"}


@pytest.mark.req("000-21", "B-13")
def test_the_history_records_the_fields_of_an_edit_before_and_after(
    customers: Customers, activities: Activities
) -> None:
    before = a_customer(gender="female")
    customers.add(MERCHANT, before)
    changes = before.changes(
        {
            "gender": None,
            "tags": ("sỉ",),
            "marketing_consent": Consent(accepted=True, source="web"),
            "addresses": (Address(id="a-1", line="12 Lý Thường Kiệt"),),
        }
    )
    customers.update(
        MERCHANT,
        before,
        before.edited(changes, LAN, stamp(moment(5))),
        an_activity(kind="edited", changes=changes),
    )

    (line,) = activities.page(MERCHANT, customer_id(), ALWAYS).items

    recorded = {change.field: (change.old, change.new) for change in line.changes}
    assert recorded["gender"] == ("female", None)
    assert recorded["tags"] == ([], ["sỉ"])
    assert recorded["marketing_consent"][1] == {"accepted": True, "source": "web"}
    assert recorded["addresses"][1][0]["line"] == "12 Lý Thường Kiệt"


def test_an_unknown_customer_has_no_history(activities: Activities) -> None:
    with pytest.raises(NotFound):
        activities.add(MERCHANT, customer_id(9), an_activity())
    assert activities.page(MERCHANT, customer_id(9), ALWAYS).items == ()


def test_a_history_is_invisible_to_other_merchants(
    customers: Customers, activities: Activities
) -> None:
    customers.add(MERCHANT, a_customer())
    _notes(activities, 1)

    assert activities.page(OTHER_MERCHANT, customer_id(), ALWAYS).items == ()
    with pytest.raises(NotFound):
        activities.add(OTHER_MERCHANT, customer_id(), an_activity())


@pytest.mark.parametrize("status", ["merged", "erased"])
def test_a_merged_or_erased_customer_takes_no_more_lines(
    customers: Customers, activities: Activities, status: str
) -> None:
    gone = a_customer(status=status, merged_into=customer_id(2) if status == "merged" else None)
    customers.add(MERCHANT, gone)

    with pytest.raises(Conflict) as refusal:
        activities.add(MERCHANT, gone.id, an_activity())
    assert refusal.value.code == f"customer_{status}"


def test_a_line_added_twice_is_stored_once(customers: Customers, activities: Activities) -> None:
    customers.add(MERCHANT, a_customer())
    for _ in range(2):
        activities.add(MERCHANT, customer_id(), an_activity(1, kind="note", text="x"))

    assert len(activities.page(MERCHANT, customer_id(), ALWAYS).items) == 1
