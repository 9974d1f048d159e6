"""Outbound events of a member."""

from dataclasses import replace
from typing import Any

import pytest

from crm.domain.customers.customer import Customer, Expiring, Points
from crm.domain.events.outbound import events_of
from crm.domain.kernel.sources import OutboundEvent
from crm.usecases.events.stream_changes import announce_changes
from tests.builders import a_change
from tests.fakes.events import RecordedEvents
from tests.loyalty_builders import a_member


def _with(customer: Customer, **fields: Any) -> Customer:
    membership = replace(customer.membership, **fields)
    return replace(customer, membership=membership, revision=customer.revision + 1)


def _of_membership(before: Customer, after: Customer) -> list[OutboundEvent]:
    """Return the events of a write, without the one of the whole write."""
    events = events_of(a_change(before, after))
    return [event for event in events if event.kind != "CustomerUpdated"]


@pytest.mark.req("B-18")
def test_a_tier_change_has_the_old_and_the_new_tier() -> None:
    before = a_member()

    (event,) = _of_membership(before, _with(before, tier="gold"))

    assert event.kind == "TierChanged"
    assert (event.detail["was"], event.detail["now"]) == ("unranked", "gold")
    assert event.detail["revision"] == before.revision + 1
    assert event.detail["customer"]["id"] == before.id


def test_points_are_published_when_earned_not_when_released() -> None:
    before = a_member()
    held = _with(before, points=Points(pending=30))
    released = _with(held, points=Points(available=30, live=30))

    assert [(each.kind, each.detail["points"]) for each in _of_membership(before, held)] == [
        ("PointsEarned", 30)
    ]
    assert _of_membership(held, released) == []


def test_points_are_published_when_redeemed_and_before_they_expire() -> None:
    before = a_member(points=Points(available=30, live=30))
    spent = _with(before, points=Points(available=10, used=20, live=30))
    warned = _with(spent, expiring=Expiring(10, "2026-12-22T17:00:00.000Z"))

    (redeemed,) = _of_membership(before, spent)
    (expiring,) = _of_membership(spent, warned)

    assert (redeemed.kind, redeemed.detail["points"]) == ("PointsRedeemed", 20)
    assert (expiring.kind, expiring.detail["points"]) == ("PointsExpiring", 10)
    assert expiring.detail["expires_at"] == "2026-12-22T17:00:00.000Z"
    assert events_of(a_change(warned, warned)) == []


def test_a_tier_change_is_published_as_an_update_and_a_tier_change() -> None:
    before = a_member()
    events = RecordedEvents()

    announce_changes([a_change(before, _with(before, tier="gold"))], events=events)

    assert [each.kind for each in events.published] == ["CustomerUpdated", "TierChanged"]
    assert len({each.detail["event_id"] for each in events.published}) == 2
