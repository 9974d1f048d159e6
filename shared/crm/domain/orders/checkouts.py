"""Checkouts that were begun: open until an order, the platform or thirty days close them (D18)."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, NamedTuple

from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import moment, stamp

LASTS = timedelta(days=30)


class CheckoutKey(NamedTuple):
    """What names a checkout: a platform, and its own id of it."""

    source: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A checkout and whose it is; once closed it stays closed, whatever arrives late."""

    source: str
    id: str
    status: Literal["open", "closed"]
    customer_id: CustomerId | None = None
    total: int = 0
    line_count: int = 0
    at: str

    @property
    def key(self) -> CheckoutKey:
        """What names this checkout."""
        return CheckoutKey(self.source, self.id)

    @property
    def due_at(self) -> str:
        """The moment at which an open checkout expires."""
        return stamp(moment(self.at) + LASTS)

    def closed(self, at: str) -> "Checkout":
        """Return the checkout closed, without what it held."""
        return replace(self, status="closed", total=0, line_count=0, at=at)


def counts_as_open(checkout: Checkout | None) -> int:
    """Return what a checkout adds to its customer's open ones: 1 or 0."""
    return int(
        checkout is not None and checkout.status == "open" and checkout.customer_id is not None
    )
