"""Read the orders and interactions of a person with several records as one list.

A merge moves no orders, so each list takes one page from every record's partition, at most 21.
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
    """Return a page of the orders of several records, newest first."""
    pages = [orders.page(merchant_id, each, query) for each in ids]
    if len(pages) == 1:
        return pages[0]
    found = sorted((order for each in pages for order in each.items), key=_position, reverse=True)
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
        _summed(each.channels for each in counted),
        _summed(each.devices for each in counted),
    )


def _position(order: Order) -> OrderPosition:
    return OrderPosition(order.placed_at, *order.key)


def _summed(parts: Iterable[Sequence[tuple[str, int]]]) -> tuple[tuple[str, int], ...]:
    sums: Counter[str] = Counter()
    for each in parts:
        sums.update(dict(each))
    return tuple(sorted(sums.items()))
