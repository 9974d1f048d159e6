"""The metrics of a customer's orders, and those derived from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from crm.domain.kernel.times import DEFAULT_ZONE, day_of


@dataclass(frozen=True, slots=True)
class Metrics:
    """Opening balances plus a fold over the stored orders (D8, D18, D20); money in VND.

    `recent_order_days` are the days of the last 24 counted orders; `brought_order_at` are the
    moments of the first and last order included in opening balances.
    """

    order_count: int = 0
    total_spent: int = 0
    first_order_at: str | None = None
    last_order_at: str | None = None
    open_checkout_count: int = 0
    debt: int = 0
    median_days_between_orders: float | None = None
    recent_order_days: tuple[str, ...] = ()
    brought_order_at: tuple[str, ...] = ()

    @property
    def average_order_value(self) -> int | None:
        """Spend ÷ count in VND, rounded half up; None without orders (D8)."""
        if self.order_count == 0:
            return None
        quotient = Decimal(self.total_spent) / self.order_count
        return int(quotient.quantize(Decimal(1), ROUND_HALF_UP))

    def orders_per_active_month(self, zone: str = DEFAULT_ZONE) -> str | None:
        """Return orders ÷ calendar months, first and last included, to two places (D20)."""
        if self.order_count == 0 or self.first_order_at is None or self.last_order_at is None:
            return None
        first = day_of(self.first_order_at, zone)
        last = day_of(self.last_order_at, zone)
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        quotient = Decimal(self.order_count) / months
        return str(quotient.quantize(Decimal("0.01"), ROUND_HALF_UP))


def median_gap(days: Sequence[str]) -> float | None:
    """Return the median days between orders on these ISO days; None for fewer than two (D20)."""
    ordered = sorted(map(date.fromisoformat, days))
    gaps = [(later - earlier).days for earlier, later in pairwise(ordered)]
    if not gaps:
        return None
    # Not `statistics.median`: it imports fractions and random, which slows every cold start.
    ranked, half = sorted(gaps), len(gaps) // 2
    middle = ranked[half] if len(gaps) % 2 else (ranked[half - 1] + ranked[half]) / 2
    return int(middle) if middle == int(middle) else middle
