"""Events of merges: one event of the survivor, and no duplicates."""

from dataclasses import replace
from typing import Any

import pytest

from crm.domain.customers.anonymization import erased
from crm.domain.customers.customer import Customer, Membership, Points
from crm.domain.events.outbound import events_of
from crm.domain.kernel.times import stamp
from crm.domain.lists.facets import facets_of
from crm.domain.merges.person import standalone, standalone_values_of
from tests.builders import a_change, a_customer, customer_id, moment

MEMBER = Membership(joined_at=stamp(moment()), tier="gold", points=Points(available=9, live=9))


def a_survivor() -> Customer:
    """Return Ánh after the record of a member was merged into hers."""
    before = a_customer(1, phone="+84912345678")
    return replace(
        before,
        membership=MEMBER,
        merged_from={customer_id(2): "01M"},
        standalone_values=standalone_values_of(before, stamp(moment(1))),
        revision=2,
    )


def a_loser(**fields: Any) -> Customer:
    """Return a record that was merged into Ánh's."""
    ordinary = {"status": "merged", "merged_into": customer_id(1), "returns_to": "active"}
    return a_customer(2, **{**ordinary, "phone": "+84912345679", "revision": 2, **fields})


def kinds(before: Customer | None, after: Customer) -> list[str]:
    """Return the kinds of the events of a write."""
    return [each.kind for each in events_of(a_change(before, after))]


@pytest.mark.req("B-18", "B-05")
def test_a_merge_makes_one_event_of_the_survivor_and_no_points_events() -> None:
    before = standalone(replace(a_survivor(), merged_from={}))

    assert kinds(before, a_survivor()) == ["CustomerMerged", "TierChanged"]
    event = events_of(a_change(before, a_survivor()))[0]
    assert event.detail["merged_ids"] == [customer_id(2)]
    assert kinds(standalone(a_loser()), a_loser()) == []


@pytest.mark.req("B-18", "B-05")
def test_an_undo_makes_events_of_the_survivor_and_of_the_restored_record() -> None:
    before = replace(a_survivor(), membership=Membership(), merged_from={}, standalone_values=None)

    assert kinds(a_survivor(), before) == ["CustomerUnmerged", "TierChanged"]
    assert kinds(a_loser(), standalone(a_loser(revision=3))) == ["CustomerRestored"]


@pytest.mark.req("B-18")
def test_a_merged_record_makes_no_events_except_its_erasure() -> None:
    stored = a_loser()
    earned = a_loser(membership=MEMBER, revision=3)

    assert kinds(stored, earned) == []
    assert kinds(stored, erased(stored, stamp(moment(9)))) == ["CustomerErased"]


@pytest.mark.req("B-05")
def test_a_merged_record_is_counted_under_no_facet() -> None:
    assert facets_of(a_loser(tags=("sỉ",), group="vip")) == frozenset()
