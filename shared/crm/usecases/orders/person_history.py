"""What happened to a person who has several records, read as one: a merge by time of them all.

Nothing moves when records are merged, so each list is read from as many partitions as the person
has records, at most 21, a page of each, and no more.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from crm.domain.customers.activities import Activity, ActivityPage, ActivityPosition, ActivityQuery
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.loyalty.points import PointsPage, PointsPosition, RedemptionPage
from crm.domain.orders.interactions import Interactions, ItemCount
from crm.domain.orders.orders import Order, OrderPage, OrderPosition, OrderQuery
from crm.ports.customers import Activities
from crm.ports.loyalty import Points
from crm.ports.orders import Orders


def orders_together(
    merchant_id: MerchantId, ids: Sequence[CustomerId], query: OrderQuery, *, orders: Orders
) -> OrderPage:
    """Return some orders of several records, newest first."""
    pages = [orders.page(merchant_id, each, query) for each in ids]
    if len(pages) == 1:
        return pages[0]
    found = sorted((order for each in pages for order in each.items), key=_place, reverse=True)
    beyond = len(found) > query.limit
    if query.newer:
        newer = beyond or any(each.has_newer for each in pages)
        older = query.beside is not None
        return OrderPage(tuple(found[-query.limit :]), has_older=older, has_newer=newer)
    older = beyond or any(each.has_older for each in pages)
    return OrderPage(
        tuple(found[: query.limit]), has_older=older, has_newer=query.beside is not None
    )


def activities_together(
    merchant_id: MerchantId,
    ids: Sequence[CustomerId],
    query: ActivityQuery,
    *,
    activities: Activities,
) -> ActivityPage:
    """Return a page of the history of several records; it may be short, with more behind it.

    A page that ends early says how far it looked, and beyond that nobody's lines are shown.
    """
    pages = [activities.page(merchant_id, each, query) for each in ids]
    if len(pages) == 1:
        return pages[0]
    ends = [each.next for each in pages if each.next is not None]
    floor = max(ends) if ends else None
    lines = [line for each in pages for line in each.items]
    known = sorted(
        (line for line in lines if floor is None or _position(line) >= floor),
        key=_position,
        reverse=True,
    )
    shown = known[: query.limit]
    if len(shown) < len(known):
        return ActivityPage(tuple(shown), _position(shown[-1]))
    return ActivityPage(tuple(shown), floor)


def interactions_together(
    merchant_id: MerchantId, ids: Sequence[CustomerId], *, orders: Orders
) -> Interactions:
    """Return the interactions of several records, counted together."""
    counted = [orders.interactions(merchant_id, each) for each in ids]
    if len(counted) == 1:
        return counted[0]
    times: Counter[tuple[str, str]] = Counter()
    items: dict[tuple[str, str], ItemCount] = {}
    for item in (one for each in counted for one in each.items):
        key = (item.kind, item.item_id)
        times[key] += item.times
        items.setdefault(key, item)
    return Interactions(
        tuple(item._replace(times=times[key]) for key, item in sorted(items.items())),
        _added(each.channels for each in counted),
        _added(each.devices for each in counted),
    )


def points_together(
    merchant_id: MerchantId,
    ids: Sequence[CustomerId],
    *,
    limit: int,
    before: PointsPosition | None,
    points: Points,
) -> PointsPage:
    """Return lines of the ledgers of several records, newest first."""
    pages = [points.page(merchant_id, each, limit=limit, before=before) for each in ids]
    if len(pages) == 1:
        return pages[0]
    lines = sorted(
        (line for each in pages for line in each.items),
        key=lambda line: (line.at, line.id),
        reverse=True,
    )
    older = len(lines) > limit or any(each.has_older for each in pages)
    return PointsPage(tuple(lines[:limit]), older)


def redemptions_together(
    merchant_id: MerchantId,
    ids: Sequence[CustomerId],
    *,
    limit: int,
    before: str | None,
    points: Points,
) -> RedemptionPage:
    """Return redemptions of several records, newest first."""
    pages = [points.redemptions(merchant_id, each, limit=limit, before=before) for each in ids]
    if len(pages) == 1:
        return pages[0]
    found = sorted(
        (one for each in pages for one in each.items), key=lambda one: one.id, reverse=True
    )
    older = len(found) > limit or any(each.has_older for each in pages)
    return RedemptionPage(tuple(found[:limit]), older)


def _place(order: Order) -> OrderPosition:
    return OrderPosition(order.placed_at, *order.key)


def _position(line: Activity) -> ActivityPosition:
    return ActivityPosition(line.at, line.id)


def _added(parts: Iterable[Sequence[tuple[str, int]]]) -> tuple[tuple[str, int], ...]:
    sums: Counter[str] = Counter()
    for each in parts:
        sums.update(dict(each))
    return tuple(sorted(sums.items()))
