"""Events that callers put on the bus through us: new ones of a program, and old ones again."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Literal, NamedTuple

from crm.domain.customers.anonymization import is_erased
from crm.domain.customers.customer import Customer
from crm.domain.events.customer_events import replayed_event
from crm.domain.kernel.errors import Busy
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.paging import Position
from crm.domain.kernel.sources import OutboundEvent
from crm.domain.lists.filters import Conditions, Within
from crm.domain.lists.pages import ListQuery
from crm.ports.customers import Customers
from crm.ports.events import Events
from crm.ports.lists import CustomerLists
from crm.ports.privacy import PrivacyRequests

#: How many customers one call publishes again: a gateway waits for 29 seconds.
REPLAYED_AT_ONCE = 300
_A_PAGE = 100
#: Before every id there is, so that a place names a moment.
_FIRST_ID = CustomerId("0")


#: Whom a replay tells of: first those in the lists, then those who are in none any more.
Among = Literal["active", "archived", "erased"]
_NEXT: dict[Among, Among] = {"active": "archived", "archived": "erased"}


class ReplayPlace(NamedTuple):
    """Where a replay goes on: among whom, after a position."""

    among: Among
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
    privacy: PrivacyRequests,
    bus: Events,
) -> Replayed:
    """Publish the customers again that were last updated in a stretch, oldest update first.

    Those who were erased follow at the end: whoever missed it still holds what is to be forgotten.
    Raises `Busy` where the bus does not take them; the same call then begins where this one did.
    """
    published = 0
    tombstones = cache(lambda: [each.customer_id for each in privacy.tombstones(merchant_id)])
    within = Within("updated_at", since, until)
    going: ReplayPlace | None = place or ReplayPlace("active", Position(since, _FIRST_ID))
    while going is not None and published < REPLAYED_AT_ONCE:
        if going.among == "erased":
            found, after = _erased(merchant_id, going, within, tombstones(), customers)
        else:
            found, after = _listed(merchant_id, going, within, lists, customers)
        told = [replayed_event(customer, now) for customer in found]
        if told and bus.publish(told):
            raise Busy("busy")
        published += len(told)
        going = _following(going, after, since)
    return Replayed(published, going)


type _Page = tuple[list[Customer], Position | None]


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
    known = customers.get_many(merchant_id, [each.customer.id for each in page.items])
    # An index may still show who was merged just now; the survivor tells of them.
    return [each for each in known.values() if each.status != "merged"], page.next


def _erased(
    merchant_id: MerchantId,
    place: ReplayPlace,
    within: Within,
    tombstones: Sequence[CustomerId],
    customers: Customers,
) -> _Page:
    left = [each for each in tombstones if each > place.after.id]
    some = left[:_A_PAGE]
    known = customers.get_many(merchant_id, some).values()
    found = [each for each in known if is_erased(each) and within.takes(each.updated_at)]
    return found, Position("", some[-1]) if len(left) > _A_PAGE else None


def _following(place: ReplayPlace, after: Position | None, since: str) -> ReplayPlace | None:
    if after is not None:
        return place._replace(after=after)
    among = _NEXT.get(place.among)
    return ReplayPlace(among, Position(since, _FIRST_ID)) if among else None
