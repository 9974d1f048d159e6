"""Outbound events of a member."""

from dataclasses import replace
from typing import Any

import pytest

from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import Customer, Expiring, Points
from crm.domain.events.loyalty_events import loyalty_events
from crm.usecases.events.stream_changes import announce_changes
from tests.builders import MERCHANT
from tests.fakes.events import RecordedEvents
from tests.loyalty_builders import a_member


def _with(customer: Customer, **fields: Any) -> Customer:
    membership = replace(customer.membership, **fields)
    return replace(customer, membership=membership, revision=customer.revision + 1)


@pytest.mark.req("B-18")
def test_a_tier_change_has_the_old_and_the_new_tier() -> None:
    before = a_member()

    (event,) = loyalty_events(before, _with(before, tier="gold"))

    assert event.kind == "TierChanged"
    assert (event.detail["was"], event.detail["now"]) == ("unranked", "gold")
    assert event.detail["revision"] == before.revision + 1
    assert event.detail["customer"]["id"] == before.id


def test_points_are_published_when_earned_not_when_released() -> None:
    before = a_member()
    held = _with(before, points=Points(pending=30))
    released = _with(held, points=Points(available=30, live=30))

    assert [(each.kind, each.detail["points"]) for each in loyalty_events(before, held)] == [
        ("PointsEarned", 30)
    ]
    assert loyalty_events(held, released) == []


def test_points_are_published_when_redeemed_and_before_they_expire() -> None:
    before = a_member(points=Points(available=30, live=30))
    spent = _with(before, points=Points(available=10, used=20, live=30))
    warned = _with(spent, expiring=Expiring(10, "2026-12-22T17:00:00.000Z"))

    (redeemed,) = loyalty_events(before, spent)
    (expiring,) = loyalty_events(spent, warned)

    assert (redeemed.kind, redeemed.detail["points"]) == ("PointsRedeemed", 20)
    assert (expiring.kind, expiring.detail["points"]) == ("PointsExpiring", 10)
    assert expiring.detail["expires_at"] == "2026-12-22T17:00:00.000Z"
    assert loyalty_events(warned, warned) == []


def test_a_tier_change_is_published_as_an_update_and_a_tier_change() -> None:
    before = a_member()
    change = CustomerChange(
        merchant_id=MERCHANT,
        customer_id=before.id,
        bucket="00",
        sequence="1",
        before=before,
        after=_with(before, tier="gold"),
    )
    events = RecordedEvents()

    announce_changes([change], events=events)

    assert [each.kind for each in events.published] == ["CustomerUpdated", "TierChanged"]
    assert len({each.detail["event_id"] for each in events.published}) == 2
