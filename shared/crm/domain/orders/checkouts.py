"""Checkouts: open until their order or their platform closes them, at most 30 days (D18)."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, NamedTuple

from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import moment, stamp

LASTS = timedelta(days=30)


class CheckoutKey(NamedTuple):
    """The identity of a checkout: a platform, and the platform's id."""

    source: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A checkout and its customer; once closed it stays closed, even if events arrive late."""

    source: str
    id: str
    status: Literal["open", "closed"]
    customer_id: CustomerId | None = None
    total: int = 0
    line_count: int = 0
    at: str

    @property
    def key(self) -> CheckoutKey:
        """The identity of this checkout."""
        return CheckoutKey(self.source, self.id)

    @property
    def due_at(self) -> str:
        """The moment at which an open checkout expires."""
        return stamp(moment(self.at) + LASTS)

    def closed(self, at: str) -> "Checkout":
        """Return the checkout closed, with its total and line count reset to 0."""
        return replace(self, status="closed", total=0, line_count=0, at=at)


def counts_as_open(checkout: Checkout | None) -> int:
    """Return what a checkout adds to its customer's `open_checkout_count`: 1 or 0."""
    return int(
        checkout is not None and checkout.status == "open" and checkout.customer_id is not None
    )
