"""Orders as their platforms last told them, and what they come to for a customer.

order              order_count  total_spent       debt
-----------------  -----------  ----------------  -----------------------------------
open or completed  1            total − refunded  max(0, total − refunded − paid)
cancelled          0            0                 0

A customer's figures are the opening balances plus a fold over the stored orders (D8, D20). `moved`
gives the same figures from the last ones and one order's old and new snapshot.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from crm.domain.customers.customer import Author
from crm.domain.customers.metrics import Metrics, median_gap
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import day_of

OrderStatus = Literal["open", "completed", "cancelled"]

#: From where other orders are needed: the first, the newest, or every one.
End = Literal["oldest", "newest", "both"]

#: How many of the last counted orders the frequency looks at (D20).
RECENT = 24
#: How much of an order's lines is kept, so that a snapshot stays below 32 KB; their number always.
MOST_LINES = 100
MOST_LINE_BYTES = 30_000


class OrderKey(NamedTuple):
    """What names an order: a platform, and its own id of it."""

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
        """What names this order."""
        return OrderKey(self.source, self.id)

    def line(self) -> str:
        """Return the order in one line of a history."""
        return f"{self.number or self.id} · {self.status} · {self.total}"

    def trimmed(self) -> "Order":
        """Return as much of the order as is kept: its first 100 lines, at most 30 KB of them."""
        lines, size = [], 0
        for line in self.lines[:MOST_LINES]:
            size += len(json.dumps(line, ensure_ascii=False).encode())
            if size > MOST_LINE_BYTES:
                break
            lines.append(line)
        return replace(self, lines=tuple(lines), line_count=len(self.lines))

    def anonymous(self) -> "Order":
        """Return the order without what tells who got it."""
        return replace(self, shipping_address=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Balances that a customer brought along, from a file; taken back by its reversal (B-16)."""

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
    """What one order adds to its customer's figures."""

    order_count: int
    total_spent: int
    debt: int


class KeptOrder(NamedTuple):
    """A stored order and whose it is; nobody's, if it named nobody."""

    order: Order
    customer_id: CustomerId | None


class History(NamedTuple):
    """Everything that a customer's figures come from: orders newest first, opening balances."""

    orders: tuple[Order, ...]
    openings: tuple[Opening, ...]


class OrderPosition(NamedTuple):
    """The place of an order among those of its customer."""

    placed_at: str
    source: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQuery:
    """Which of a customer's orders: older ones than a place, or with `newer` newer ones.

    Without a place the newest, or with `newer` the oldest.
    """

    limit: int = 50
    beside: OrderPosition | None = None
    newer: bool = False


class OrderPage(NamedTuple):
    """Some orders, newest first, and whether there are older and newer ones."""

    items: tuple[Order, ...]
    has_older: bool
    has_newer: bool


_NOTHING = Contribution(0, 0, 0)


def contribution(order: Order | None) -> Contribution:
    """Return what an order adds (D8, D20); none adds nothing."""
    if order is None or order.status == "cancelled":
        return _NOTHING
    spent = order.total - order.refunded
    return Contribution(1, spent, max(0, spent - order.paid))


def folded(history: History, zone: str, *, open_checkouts: int = 0) -> Metrics:
    """Return the figures of a whole history, computed from nothing else."""
    standing = [each for each in history.openings if each.reversed_at is None]
    counted = [order for order in history.orders if contribution(order).order_count]
    added = [contribution(order) for order in counted]
    moments = [order.placed_at for order in counted]
    brought = _ends(each.last_order_at for each in standing)
    ends = _ends([*moments, *brought])
    days = _newest_days(moments, zone)
    return Metrics(
        order_count=len(counted) + sum(each.order_count for each in standing),
        total_spent=sum(each.total_spent for each in added)
        + sum(each.total_spent for each in standing),
        debt=sum(each.debt for each in added) + sum(each.debt for each in standing),
        first_order_at=ends[0] if ends else None,
        last_order_at=ends[-1] if ends else None,
        open_checkout_count=open_checkouts,
        median_days_between_orders=median_gap(days),
        recent_order_days=days,
        brought_order_at=brought,
    )


def united(histories: Sequence[History]) -> History:
    """Return several histories as one, orders newest first."""
    orders = (order for each in histories for order in each.orders)
    newest = sorted(orders, key=lambda each: (each.placed_at, *each.key), reverse=True)
    return History(tuple(newest), tuple(one for each in histories for one in each.openings))


def end_left(metrics: Metrics, before: Order | None, after: Order, zone: str) -> End | None:
    """Tell from which end the customer's other orders must be known to know the figures.

    So it is when a counted order, by a cancel or another date, leaves the place of the first, or
    one of the newest whose follower is not at hand.
    """
    left, joined = _counted_at(before), _counted_at(after)
    if left is None or left == joined:
        return None
    is_full = len(metrics.recent_order_days) == RECENT
    is_known = day_of(left, zone).isoformat() in metrics.recent_order_days
    is_new = left == metrics.last_order_at or is_full == is_known
    if left == metrics.first_order_at:
        return "both" if is_new else "oldest"
    return "newest" if is_new else None


def moved(
    metrics: Metrics, before: Order | None, after: Order, zone: str, others: Sequence[str] = ()
) -> Metrics:
    """Return the figures after an order's snapshot took the place of another.

    `others` are the moments of the customer's other counted orders, as many from the end that
    `end_left` names as it takes.
    """
    old, new = contribution(before), contribution(after)
    left, joined = _counted_at(before), _counted_at(after)
    figures = replace(
        metrics,
        order_count=metrics.order_count + new.order_count - old.order_count,
        total_spent=metrics.total_spent + new.total_spent - old.total_spent,
        debt=metrics.debt + new.debt - old.debt,
    )
    if left == joined:
        return figures
    end = end_left(metrics, before, after, zone)
    first = None if end in {"oldest", "both"} else metrics.first_order_at
    last = None if end in {"newest", "both"} else metrics.last_order_at
    added = [joined] if joined else []
    if end in {"newest", "both"}:
        days = _newest_days([*others, *added], zone)
    else:
        kept = list(metrics.recent_order_days)
        if left and (day := day_of(left, zone).isoformat()) in kept:
            kept.remove(day)
        days = tuple(sorted(kept + [day_of(each, zone).isoformat() for each in added])[-RECENT:])
    ends = _ends([first, last, *others, *added, *metrics.brought_order_at])
    return replace(
        figures,
        first_order_at=ends[0] if ends else None,
        last_order_at=ends[-1] if ends else None,
        median_days_between_orders=median_gap(days),
        recent_order_days=days,
    )


def opened(metrics: Metrics, opening: Opening) -> Metrics:
    """Return the figures after an opening balance was brought along."""
    brought = _ends([*metrics.brought_order_at, opening.last_order_at])
    ends = _ends([metrics.first_order_at, metrics.last_order_at, *brought])
    return replace(
        metrics,
        order_count=metrics.order_count + opening.order_count,
        total_spent=metrics.total_spent + opening.total_spent,
        debt=metrics.debt + opening.debt,
        first_order_at=ends[0] if ends else None,
        last_order_at=ends[-1] if ends else None,
        brought_order_at=brought,
    )


def _counted_at(order: Order | None) -> str | None:
    return order.placed_at if order and contribution(order).order_count else None


def _newest_days(moments: Iterable[str], zone: str) -> tuple[str, ...]:
    """Return the days of the newest orders, oldest first."""
    newest = sorted(moments)[-RECENT:]
    return tuple(day_of(each, zone).isoformat() for each in newest)


def _ends(moments: Iterable[str | None]) -> tuple[str, ...]:
    """Return the first and the last of some moments; one stands for both."""
    known = sorted({each for each in moments if each})
    return tuple(dict.fromkeys((known[0], known[-1]))) if known else ()
