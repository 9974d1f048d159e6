"""Models of the API's answers about orders, interactions and metrics."""

from typing import Literal

from pydantic import Field

from crm.bus.resources import MetricsAnswer
from crm.http.bodies import Answer
from crm.http.customers.models import ActivityAnswer


class OrderLineAnswer(Answer):
    """One line of an order; the price of one piece in VND."""

    sku: str | None
    name: str | None
    quantity: float
    unit_price: int


class ShippingAddressAnswer(Answer):
    """Where an order went, as its platform wrote it."""

    recipient: str | None = None
    phone: str | None = None
    line: str | None = None
    ward: str | None = None
    ward_code: str | None = None
    district: str | None = None
    province: str | None = None
    province_code: str | None = None
    country: str | None = None


class OrderAnswer(Answer):
    """An order as its platform last told it; money in VND."""

    id: str
    source: str
    number: str | None
    version: int
    placed_at: str
    channel: str | None
    status: Literal["open", "completed", "cancelled"]
    total: int
    paid: int
    refunded: int
    checkout_id: str | None
    shipping_address: ShippingAddressAnswer | None = Field(
        description="Masked without `customers:manage`."
    )
    items: list[OrderLineAnswer]
    item_count: int = Field(description="All lines; the first 100 are in `items`.")


class OrderPageAnswer(Answer):
    """Some orders, newest first. `previous_cursor` goes back, with `direction=previous`."""

    items: list[OrderAnswer]
    next_cursor: str | None
    previous_cursor: str | None


class ShareAnswer(Answer):
    """A channel or a device, how often it was, and its part of all (0 to 1)."""

    name: str
    count: int
    share: float


class InteractionTotalsAnswer(Answer):
    """How many interactions there were of each kind."""

    total: int
    flow: int
    sequence: int
    campaign: int


class ItemCountAnswer(Answer):
    """How often a customer met one flow, sequence or campaign."""

    kind: Literal["flow", "sequence", "campaign"]
    item_id: str
    item_name: str | None
    count: int


class InteractionsAnswer(Answer):
    """A customer's interactions, the most frequent first."""

    items: list[ItemCountAnswer]
    next_cursor: str | None
    totals: InteractionTotalsAnswer
    top_channels: list[ShareAnswer]
    top_devices: list[ShareAnswer]


class OverviewAnswer(Answer):
    """A customer at a glance: revenue over all platforms, interactions, the last three days."""

    metrics: MetricsAnswer
    latest_order: OrderAnswer | None
    interactions: InteractionTotalsAnswer
    top_channels: list[ShareAnswer]
    top_devices: list[ShareAnswer]
    recent_activities: list[ActivityAnswer] = Field(description="Of the last 3 days, at most 20.")


class ContributionAnswer(Answer):
    """What one order adds to the figures."""

    order_id: str
    source: str
    version: int
    order_count: int
    total_spent: int
    debt: int


class OpeningAnswer(Answer):
    """Balances that a customer brought along; taken back, they count for nothing."""

    id: str
    at: str
    order_count: int
    total_spent: int
    debt: int
    points: int
    last_order_at: str | None
    reversed_at: str | None


class OpeningBalancesAnswer(Answer):
    """The sums of the balances that stand, and every entry."""

    order_count: int
    total_spent: int
    debt: int
    points: int
    entries: list[OpeningAnswer]


class ExplanationAnswer(Answer):
    """The orders behind a customer's figures, newest first, and what all of them come to."""

    items: list[ContributionAnswer]
    next_cursor: str | None
    opening_balances: OpeningBalancesAnswer
    totals: MetricsAnswer = Field(description="The opening balances plus every order.")
    metrics: MetricsAnswer = Field(description="The figures as they stand.")
    agrees: bool = Field(description="Whether the figures are what the orders come to.")


class RebuildAnswer(Answer):
    """A customer's figures before and after they were folded anew."""

    before: MetricsAnswer
    after: MetricsAnswer
    repaired: bool
