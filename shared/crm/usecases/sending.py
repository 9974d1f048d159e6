"""Events that callers put on the bus through us: new ones of a program, and old ones again."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from crm.domain.customer_events import OutboundEvent, replayed_event
from crm.domain.errors import Busy
from crm.domain.filters import Conditions, Within
from crm.domain.ids import CustomerId, MerchantId
from crm.domain.list_pages import ListQuery
from crm.domain.lists import Position
from crm.ports import CustomerLists, Customers, Events

#: How many customers one call publishes again: a gateway waits for 29 seconds.
REPLAYED_AT_ONCE = 300
_A_PAGE = 100
#: Before every id there is, so that a place names a moment.
_FIRST_ID = CustomerId("0")


class ReplayPlace(NamedTuple):
    """Where a replay goes on: among the active or then the archived, after a position."""

    archived: bool
    after: Position


class Replayed(NamedTuple):
    """How many customers were published again, and where to go on if there are more."""

    published: int
    next: ReplayPlace | None


def send_events(events: Sequence[OutboundEvent], *, bus: Events) -> list[bool]:
    """Put events on the bus; return for each whether it was taken."""
    refused = set(bus.publish(events))
    return [place not in refused for place in range(len(events))]


def replay(
    merchant_id: MerchantId,
    since: str,
    until: str,
    place: ReplayPlace | None,
    *,
    now: datetime,
    lists: CustomerLists,
    customers: Customers,
    bus: Events,
) -> Replayed:
    """Publish the customers again that were last updated in a stretch, oldest update first.

    Raises `Busy` where the bus does not take them; the same call then begins where this one did.
    """
    published = 0
    going: ReplayPlace | None = place or ReplayPlace(False, Position(since, _FIRST_ID))  # noqa: FBT003 - a field
    while going is not None and published < REPLAYED_AT_ONCE:
        query = ListQuery(
            descending=False,
            conditions=Conditions(
                archived=going.archived, all=(Within("updated_at", since, until),)
            ),
            limit=_A_PAGE,
            after=going.after,
        )
        page = lists.page(merchant_id, query)
        found = customers.get_many(merchant_id, [each.customer.id for each in page.items])
        told = [replayed_event(customer, now) for customer in found.values()]
        if told and bus.publish(told):
            raise Busy("busy")
        published += len(told)
        going = _following(going, page.next, since)
    return Replayed(published, going)


def _following(place: ReplayPlace, after: Position | None, since: str) -> ReplayPlace | None:
    if after is not None:
        return place._replace(after=after)
    if place.archived:
        return None
    return ReplayPlace(True, Position(since, _FIRST_ID))  # noqa: FBT003 - a field
