"""Convert orders, interactions and metrics to API answers; contact data is masked."""

from dataclasses import replace
from typing import Any

from crm.domain.customers.customer import Customer
from crm.domain.customers.metrics import Metrics
from crm.domain.customers.representation import listed_shape
from crm.domain.kernel.texts import masked_text
from crm.domain.orders.interactions import KINDS, Interactions, Share, shares
from crm.domain.orders.orders import History, Opening, Order, contribution
from crm.domain.values.phones import masked_phone
from crm.http.caller import MerchantContext

_MASKS = {"recipient": masked_text, "line": masked_text, "phone": masked_phone}
_OPENING = ("id", "at", "order_count", "total_spent", "debt", "points")


def order_answer(order: Order, caller: MerchantContext) -> dict[str, Any]:
    """Return an order as `OrderAnswer` documents it."""
    address = order.shipping_address
    if address and "customers:manage" not in caller.permissions:
        address = {
            name: _MASKS[name](value) if name in _MASKS else value
            for name, value in address.items()
        }
    return {
        "id": order.id,
        "source": order.source,
        "number": order.number,
        "version": order.version,
        "placed_at": order.placed_at,
        "channel": order.channel,
        "status": order.status,
        "total": order.total,
        "paid": order.paid,
        "refunded": order.refunded,
        "checkout_id": order.checkout_id,
        "shipping_address": dict(address) if address else None,
        "items": [line._asdict() for line in order.lines],
        "item_count": order.line_count,
    }


def metrics_answer(customer: Customer, metrics: Metrics) -> dict[str, Any]:
    """Return metrics in the shape that a customer answer has."""
    shape: dict[str, Any] = listed_shape(replace(customer, metrics=metrics))["metrics"]
    return shape


def totals_answer(counted: Interactions) -> dict[str, int]:
    """Return the number of interactions in total and of each kind."""
    by_kind: dict[str, int] = {kind: counted.count(kind) for kind in KINDS}
    return {"total": sum(by_kind.values()), **by_kind}


def interactions_answer(counted: Interactions) -> dict[str, Any]:
    """Return a customer's interactions as `InteractionsAnswer` documents them."""
    items = sorted(counted.items, key=lambda item: (-item.times, item.kind, item.item_id))
    return {
        "items": [
            {
                "kind": item.kind,
                "item_id": item.item_id,
                "item_name": item.item_name,
                "count": item.times,
            }
            for item in items
        ],
        "next_cursor": None,
        "totals": totals_answer(counted),
        **tops_answer(counted),
    }


def tops_answer(counted: Interactions) -> dict[str, Any]:
    """Return the channels and devices of a customer's interactions, with their shares."""
    return {
        "top_channels": [_share(each) for each in shares(counted.channels)],
        "top_devices": [_share(each) for each in shares(counted.devices)],
    }


def contribution_answer(order: Order) -> dict[str, Any]:
    """Return what one order adds to the metrics."""
    return {
        "order_id": order.id,
        "source": order.source,
        "version": order.version,
        **contribution(order)._asdict(),
    }


def openings_answer(history: History) -> dict[str, Any]:
    """Return the sums of the opening balances that are not reversed, and every entry."""
    counted = [each for each in history.openings if each.reversed_at is None]
    return {
        "order_count": sum(each.order_count for each in counted),
        "total_spent": sum(each.total_spent for each in counted),
        "debt": sum(each.debt for each in counted),
        "points": sum(each.points for each in counted),
        "entries": [_opening(each) for each in history.openings],
    }


def _opening(opening: Opening) -> dict[str, Any]:
    return {
        **{name: getattr(opening, name) for name in _OPENING},
        "last_order_at": opening.last_order_at,
        "reversed_at": opening.reversed_at,
    }


def _share(share: Share) -> dict[str, Any]:
    return {"name": share.name, "count": share.times, "share": share.share}
