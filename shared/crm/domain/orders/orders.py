"""Orders, and the metrics that they give a customer.

order              order_count  total_spent       debt
-----------------  -----------  ----------------  -----------------------------------
open or completed  1            total − refunded  max(0, total − refunded − paid)
cancelled          0            0                 0

A customer's metrics are the opening balances plus a fold over the stored orders (D8, D20).
`with_order_change` computes the same metrics incrementally, from the current metrics and an
`OrderChange`: one order's old and new snapshot, and what each adds.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from crm.domain.customers.metrics import Metrics, median_gap
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import day_of

OrderStatus = Literal["open", "completed", "cancelled"]

#: Which other orders an update must read: the oldest one, the newest ones, or all.
End = Literal["oldest", "newest", "both"]

#: How many of the newest counted orders the purchase frequency uses (D20).
RECENT = 24
#: How many lines of an order are stored, so that a snapshot stays below 32 KB; `line_count` counts
#: all of them.
MOST_LINES = 100
MOST_LINE_BYTES = 30_000


class OrderKey(NamedTuple):
    """The identity of an order: a platform, and the platform's id."""

    source: str
    id: str


class OrderLine(NamedTuple):
    """One line of an order; the price of one piece in VND."""

    sku: str | None
    name: str | None
    quantity: float
    unit_price: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The latest snapshot of an order; money in VND, `version` counted by the platform."""

    source: str
    id: str
    number: str | None = None
    version: int
    placed_at: str
    channel: str | None = None
    status: OrderStatus
    total: int
    paid: int = 0
    refunded: int = 0
    checkout_id: str | None = None
    shipping_address: Mapping[str, Any] | None = None
    lines: tuple[OrderLine, ...] = ()
    line_count: int = 0

    @property
    def key(self) -> OrderKey:
        """The identity of this order."""
        return OrderKey(self.source, self.id)

    def line(self) -> str:
        """Return the order as the text of a history line."""
        return f"{self.number or self.id} · {self.status} · {self.total}"

    def trimmed(self) -> "Order":
        """Return the order with its first 100 lines, at most 30 KB of them."""
        lines, size = [], 0
        for line in self.lines[:MOST_LINES]:
            size += len(json.dumps(line, ensure_ascii=False).encode())
            if size > MOST_LINE_BYTES:
                break
            lines.append(line)
        return replace(self, lines=tuple(lines), line_count=len(self.lines))

    def anonymous(self) -> "Order":
        """Return the order without its shipping address."""
        return replace(self, shipping_address=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An opening balance of a customer, from an imported file; `reversed_at` cancels it (B-16)."""

    id: str
    at: str
    by: Author
    order_count: int = 0
    total_spent: int = 0
    debt: int = 0
    points: int = 0
    last_order_at: str | None = None
    reversed_at: str | None = None


class Contribution(NamedTuple):
    """What one order adds to its customer's metrics."""

    order_count: int
    total_spent: int
    debt: int


class OrderChange(NamedTuple):
    """A snapshot of an order in place of another, and what each adds to the metrics.

    `before` is None if the order did not count for the customer yet.
    """

    before: Order | None
    after: Order
    was: Contribution
    now: Contribution

    @property
    def counted_before(self) -> str | None:
        """When the order that counted before was placed; None if it counted for nothing."""
        return self.before.placed_at if self.before and self.was.order_count else None

    @property
    def counted_after(self) -> str | None:
        """When the order that counts now was placed; None if it counts for nothing."""
        return self.after.placed_at if self.now.order_count else None

    @property
    def reason(self) -> str:
        """The reason text of a change of a tier or a lot: the order and its new state."""
        before, after = self.before, self.after
        name = after.number or after.id
        if after.status == "cancelled":
            return f"cancelled {name}"
        if before and after.refunded > before.refunded:
            return f"refunded {name}"
        return f"order {name}"


class KeptOrder(NamedTuple):
    """A stored order and its customer; None if the order named nobody."""

    order: Order
    customer_id: CustomerId | None


class History(NamedTuple):
    """What a customer's metrics are computed from: orders, newest first, and opening balances."""

    orders: tuple[Order, ...]
    openings: tuple[Opening, ...]


class OrderPosition(NamedTuple):
    """The position of an order among its customer's orders."""

    placed_at: str
    source: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQuery:
    """A page of a customer's orders: those older than `beside`, or newer ones if `newer`.

    Without `beside`, the page starts at the newest order, or ends at the oldest if `newer`.
    """

    limit: int = 50
    beside: OrderPosition | None = None
    newer: bool = False


class OrderPage(NamedTuple):
    """A page of orders, newest first, and whether there are older and newer ones."""

    items: tuple[Order, ...]
    has_older: bool
    has_newer: bool


_NOTHING = Contribution(0, 0, 0)


def contribution(order: Order) -> Contribution:
    """Return what an order adds to the metrics (D8, D20)."""
    if order.status == "cancelled":
        return _NOTHING
    spent = order.total - order.refunded
    return Contribution(1, spent, max(0, spent - order.paid))


def order_change(before: Order | None, after: Order) -> OrderChange:
    """Compare two snapshots of an order; `before` is the one that counts so far, if any."""
    now = contribution(after)
    was = now if before is after else contribution(before) if before else _NOTHING
    return OrderChange(before, after, was, now)


def metrics_of_history(history: History, zone: str, *, open_checkouts: int = 0) -> Metrics:
    """Compute the metrics of a whole history."""
    openings = [each for each in history.openings if each.reversed_at is None]
    counted = [(order, contribution(order)) for order in history.orders]
    added = [adds for _, adds in counted if adds.order_count]
    moments = [order.placed_at for order, adds in counted if adds.order_count]
    brought = first_and_last(each.last_order_at for each in openings)
    ends = first_and_last([*moments, *brought])
    days = _newest_days(moments, zone)
    return Metrics(
        order_count=len(added) + sum(each.order_count for each in openings),
        total_spent=sum(each.total_spent for each in added)
        + sum(each.total_spent for each in openings),
        debt=sum(each.debt for each in added) + sum(each.debt for each in openings),
        first_order_at=ends[0] if ends else None,
        last_order_at=ends[-1] if ends else None,
        open_checkout_count=open_checkouts,
        median_days_between_orders=median_gap(days),
        recent_order_days=days,
        brought_order_at=brought,
    )


def combined_history(histories: Sequence[History]) -> History:
    """Combine several histories into one, orders newest first."""
    orders = (order for each in histories for order in each.orders)
    newest = sorted(orders, key=lambda each: (each.placed_at, *each.key), reverse=True)
    return History(tuple(newest), tuple(one for each in histories for one in each.openings))


def end_to_read(metrics: Metrics, change: OrderChange, zone: str) -> End | None:
    """Tell which of the customer's other orders must be read to update the metrics.

    They are needed when a cancellation or a new date removes the first order, or one of the
    newest whose replacement is not in the metrics.
    """
    old_at, new_at = change.counted_before, change.counted_after
    if old_at is None or old_at == new_at:
        return None
    is_full = len(metrics.recent_order_days) == RECENT
    is_recent = day_of(old_at, zone).isoformat() in metrics.recent_order_days
    is_newest = old_at == metrics.last_order_at or is_full == is_recent
    if old_at == metrics.first_order_at:
        return "both" if is_newest else "oldest"
    return "newest" if is_newest else None


def with_order_change(
    metrics: Metrics, change: OrderChange, zone: str, end: End | None, others: Sequence[str] = ()
) -> Metrics:
    """Return the metrics after one snapshot of an order replaced another.

    `end` is what `end_to_read` asks for, and `others` are the times of the customer's other
    counted orders from there, as `Changesets.other_order_times` returns them.
    """
    old, new = change.was, change.now
    old_at, new_at = change.counted_before, change.counted_after
    metrics_after = replace(
        metrics,
        order_count=metrics.order_count + new.order_count - old.order_count,
        total_spent=metrics.total_spent + new.total_spent - old.total_spent,
        debt=metrics.debt + new.debt - old.debt,
    )
    if old_at == new_at:
        return metrics_after
    first = None if end in {"oldest", "both"} else metrics.first_order_at
    last = None if end in {"newest", "both"} else metrics.last_order_at
    added = [new_at] if new_at else []
    if end in {"newest", "both"}:
        days = _newest_days([*others, *added], zone)
    else:
        kept = list(metrics.recent_order_days)
        if old_at and (day := day_of(old_at, zone).isoformat()) in kept:
            kept.remove(day)
        days = tuple(sorted(kept + [day_of(each, zone).isoformat() for each in added])[-RECENT:])
    ends = first_and_last([first, last, *others, *added, *metrics.brought_order_at])
    return replace(
        metrics_after,
        first_order_at=ends[0] if ends else None,
        last_order_at=ends[-1] if ends else None,
        median_days_between_orders=median_gap(days),
        recent_order_days=days,
    )


def with_opening(metrics: Metrics, opening: Opening) -> Metrics:
    """Return the metrics with an opening balance added."""
    brought = first_and_last([*metrics.brought_order_at, opening.last_order_at])
    ends = first_and_last([metrics.first_order_at, metrics.last_order_at, *brought])
    return replace(
        metrics,
        order_count=metrics.order_count + opening.order_count,
        total_spent=metrics.total_spent + opening.total_spent,
        debt=metrics.debt + opening.debt,
        first_order_at=ends[0] if ends else None,
        last_order_at=ends[-1] if ends else None,
        brought_order_at=brought,
    )


def _newest_days(moments: Iterable[str], zone: str) -> tuple[str, ...]:
    """Return the days of the newest orders, oldest first."""
    newest = sorted(moments)[-RECENT:]
    return tuple(day_of(each, zone).isoformat() for each in newest)


def first_and_last(moments: Iterable[str | None]) -> tuple[str, ...]:
    """Return the first and the last of some moments; a single one only once."""
    ordered = sorted({each for each in moments if each})
    return tuple(dict.fromkeys((ordered[0], ordered[-1]))) if ordered else ()
