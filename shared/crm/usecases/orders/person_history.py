"""What happened to a person who has several records, read as one: a merge by time of them all.

Nothing moves when records are merged, so each list is read from as many partitions as the person
has records, at most 21, a page of each, and no more.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.orders.interactions import Interactions, ItemCount
from crm.domain.orders.orders import Order, OrderPage, OrderPosition, OrderQuery
from crm.ports.orders import Orders


def pooled_orders(
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


def pooled_interactions(
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


def _place(order: Order) -> OrderPosition:
    return OrderPosition(order.placed_at, *order.key)


def _added(parts: Iterable[Sequence[tuple[str, int]]]) -> tuple[tuple[str, int], ...]:
    sums: Counter[str] = Counter()
    for each in parts:
        sums.update(dict(each))
    return tuple(sorted(sums.items()))
