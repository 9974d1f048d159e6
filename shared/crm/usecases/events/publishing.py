"""Publish events for callers: new ones sent over HTTP, and replays of customers."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Literal, NamedTuple

from crm.domain.customers.anonymization import is_erased
from crm.domain.customers.customer import Customer
from crm.domain.events.customer_events import replayed_event
from crm.domain.kernel.errors import Busy
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.paging import Cursor
from crm.domain.kernel.sources import OutboundEvent
from crm.domain.lists.conditions import UPDATED_AT, Conditions, Within
from crm.domain.lists.pages import ListQuery
from crm.ports.customers import Customers
from crm.ports.events import Events
from crm.ports.lists import CustomerLists
from crm.ports.privacy import PrivacyRequests

#: How many customers one call replays: the gateway times out after 29 seconds.
REPLAYED_AT_ONCE = 300
_A_PAGE = 100
#: Sorts before every id, so that a position can start at a moment.
_FIRST_ID = "0"


#: The stages of a replay: customers in the lists first, then erased ones, which are in no list.
Among = Literal["active", "archived", "erased"]
_NEXT: dict[Among, Among] = {"active": "archived", "archived": "erased"}


class ReplayPlace(NamedTuple):
    """Where a replay continues: the stage, and the last position in it."""

    among: Among
    after: Cursor


class Replayed(NamedTuple):
    """How many customers were replayed, and where to continue if there are more."""

    published: int
    next: ReplayPlace | None


def send_events(events: Sequence[OutboundEvent], *, bus: Events) -> list[bool]:
    """Publish events; return for each whether the bus accepted it."""
    refused = set(bus.publish(events))
    return [index not in refused for index in range(len(events))]


def replay(
    merchant_id: MerchantId,
    since: str,
    until: str,
    place: ReplayPlace | None,
    *,
    now: datetime,
    lists: CustomerLists,
    customers: Customers,
    privacy: PrivacyRequests,
    bus: Events,
) -> Replayed:
    """Publish the customers last updated in a time range again, oldest update first.

    Erased customers come last: a consumer that missed the erasure still holds their data. Raises
    `Busy` if the bus refuses an event; repeating the call then starts at the same place.
    """
    published = 0
    tombstones = cache(lambda: [each.customer_id for each in privacy.tombstones(merchant_id)])
    within = Within(UPDATED_AT, since, until)
    current: ReplayPlace | None = place or ReplayPlace("active", Cursor(since, _FIRST_ID))
    while current is not None and published < REPLAYED_AT_ONCE:
        if current.among == "erased":
            found, after = _erased(merchant_id, current, within, tombstones(), customers)
        else:
            found, after = _listed(merchant_id, current, within, lists, customers)
        events = [replayed_event(customer, now) for customer in found]
        if events and bus.publish(events):
            raise Busy("busy")
        published += len(events)
        current = _next_place(current, after, since)
    return Replayed(published, current)


type _Page = tuple[list[Customer], Cursor | None]


def _listed(
    merchant_id: MerchantId,
    place: ReplayPlace,
    within: Within,
    lists: CustomerLists,
    customers: Customers,
) -> _Page:
    query = ListQuery(
        descending=False,
        conditions=Conditions(archived=place.among == "archived", all=(within,)),
        limit=_A_PAGE,
        after=place.after,
    )
    page = lists.page(merchant_id, query)
    stored = customers.get_many(merchant_id, [each.customer.id for each in page.items])
    # The index may lag behind a merge; the survivor's event covers a merged customer.
    return [each for each in stored.values() if each.status != "merged"], page.next


def _erased(
    merchant_id: MerchantId,
    place: ReplayPlace,
    within: Within,
    tombstones: Sequence[CustomerId],
    customers: Customers,
) -> _Page:
    remaining = [each for each in tombstones if each > place.after.tiebreak]
    ids = remaining[:_A_PAGE]
    stored = customers.get_many(merchant_id, ids).values()
    found = [each for each in stored if is_erased(each) and within.takes(each.updated_at)]
    return found, Cursor("", ids[-1]) if len(remaining) > _A_PAGE else None


def _next_place(place: ReplayPlace, after: Cursor | None, since: str) -> ReplayPlace | None:
    if after is not None:
        return place._replace(after=after)
    among = _NEXT.get(place.among)
    return ReplayPlace(among, Cursor(since, _FIRST_ID)) if among else None
