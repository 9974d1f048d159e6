"""Convert orders, checkouts and opening balances to and from rows."""

from collections.abc import Mapping
from typing import Any

from crm.aws.dynamodb import history_keys, keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.table import Row
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.merges.changeset import Owner
from crm.domain.orders.checkouts import Checkout
from crm.domain.orders.orders import KeptOrder, Opening, Order, OrderLine, OrderPosition

_DEFAULTS: Mapping[str, Any] = {"paid": 0, "refunded": 0, "line_count": 0}
_ORDER_FIELDS = (
    "source",
    "id",
    "number",
    "version",
    "placed_at",
    "channel",
    "status",
    "total",
    "paid",
    "refunded",
    "checkout_id",
    "line_count",
)
#: The fields of an order that metrics are computed from.
METRIC_FIELDS = ("source", "id", "version", "placed_at", "status", "total", "paid", "refunded")
_CHECKOUT_FIELDS = ("source", "id", "status", "total", "line_count", "at")
OPENING_FIELDS = (
    "order_count",
    "total_spent",
    "debt",
    "points",
    "last_order_at",
    "reversed_at",
    "at",
)


def position_of(order: Order) -> OrderPosition:
    """Return the position of an order among its customer's orders."""
    return OrderPosition(order.placed_at, order.source, order.id)


def order_row(merchant_id: MerchantId, customer_id: CustomerId, order: Order) -> Row:
    """Return the row of an order under its customer."""
    key = history_keys.of_order(merchant_id, customer_id, position_of(order))
    return {**key, **row(_order_values(order))}


def order_of(stored: Mapping[str, Any]) -> Order:
    """Return an order from the plain values of its row."""
    return Order(
        **{name: stored[name] for name in _ORDER_FIELDS if name in stored},
        shipping_address=stored.get("shipping_address"),
        lines=tuple(
            OrderLine(line.get("sku"), line.get("name"), line["quantity"], line["unit_price"])
            for line in stored.get("lines", ())
        ),
    )


def owner_row(merchant_id: MerchantId, kept: KeptOrder) -> Row:
    """Return the row that names an order's customer; without one, it holds the order itself."""
    order = kept.order
    snapshot = None if kept.customer_id else _order_values(order.anonymous())
    values = {
        "customer": kept.customer_id,
        "placed_at": order.placed_at,
        "version": order.version,
        "snapshot": snapshot,
    }
    return {**keys.of_order_owner(merchant_id, order.key), **row(values)}


def owner_of(item: Row) -> Owner:
    """Return an order's owner from its row."""
    stored = plain_row(item)
    kept = order_of(stored["snapshot"]) if "snapshot" in stored else None
    return Owner(
        CustomerId(stored["customer"]) if "customer" in stored else None,
        stored["placed_at"],
        stored["version"],
        KeptOrder(kept, None) if kept else None,
    )


def checkout_row(merchant_id: MerchantId, checkout: Checkout, expires_at: int | None) -> Row:
    """Return the row of a checkout; an open one has the keys of the due index."""
    values: dict[str, Any] = {name: getattr(checkout, name) for name in _CHECKOUT_FIELDS}
    values |= {"customer": checkout.customer_id, "expires_at": expires_at}
    if checkout.status == "open" and checkout.customer_id:
        values |= {
            "due_shard": keys.bucket_of(checkout.customer_id),
            "due_at": checkout.due_at,
        }
    return {**keys.of_checkout(merchant_id, checkout.key), **row(values)}


def checkout_of(item: Row) -> Checkout:
    """Return a checkout from its row."""
    stored = plain_row(item)
    customer_id = CustomerId(stored["customer"]) if "customer" in stored else None
    return Checkout(**{name: stored[name] for name in _CHECKOUT_FIELDS}, customer_id=customer_id)


def opening_row(merchant_id: MerchantId, customer_id: CustomerId, opening: Opening) -> Row:
    """Return the row of an opening balance."""
    values = {name: getattr(opening, name) for name in OPENING_FIELDS}
    key = history_keys.of_opening(merchant_id, customer_id, opening.id)
    return {**key, **row({**values, "by": list(opening.by)})}


def opening_of(stored: Mapping[str, Any]) -> Opening:
    """Return an opening balance from the plain values of its row."""
    return Opening(
        id=history_keys.opening_id(stored["sk"]),
        by=Author(*stored["by"]),
        **{name: stored[name] for name in OPENING_FIELDS if name in stored},
    )


def _order_values(order: Order) -> dict[str, Any]:
    values = {name: getattr(order, name) for name in _ORDER_FIELDS}
    lines = [
        {name: value for name, value in line._asdict().items() if value is not None}
        for line in order.lines
    ]
    return {
        name: value
        for name, value in {
            **values,
            "shipping_address": order.shipping_address,
            "lines": lines or None,
        }.items()
        if value is not None and value != _DEFAULTS.get(name, ...)
    }
