"""Builders of orders and of backends that record them; a test sets only what it is about."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from crm.domain.customers.metrics import Metrics
from crm.domain.inbound.incoming import IncomingCustomer
from crm.domain.kernel.errors import Busy
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Merchant
from crm.domain.orders.buyers import read_person
from crm.domain.orders.interactions import Interaction
from crm.domain.orders.orders import Order, metrics_of_history
from crm.ports.customers import Activities, Customers
from crm.ports.loyalty import Points
from crm.ports.merchants import Merchants
from crm.ports.merges import Merges
from crm.ports.orders import Changesets, DueCheckouts, Orders
from crm.usecases.merges.merges import MergePorts
from crm.usecases.orders.event_customers import EventPorts
from crm.usecases.orders.metrics import MetricsPorts
from crm.usecases.orders.orders import record_order
from tests.builders import MERCHANT, Ids, moment
from tests.fakes.changesets import InMemoryChangesets
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.merchants import InMemoryMerchants

HOA = Merchant(
    id=MERCHANT,
    name="Cửa hàng Hoa",
    email="hoa@example.vn",
    connections=("haravan", "kiotviet"),
    created_at=stamp(moment()),
)
ANH: dict[str, Any] = {"phone": "0912345678", "name": "Nguyễn Thị Ánh"}


def an_order(number: int = 1, **fields: Any) -> Order:
    """Return the n-th order: completed, 250,000 đồng, paid, placed n days after noon."""
    ordinary: dict[str, Any] = {
        "source": "haravan",
        "id": f"o-{number}",
        "number": f"#{1000 + number}",
        "version": 1,
        "placed_at": placed(number),
        "status": "completed",
        "total": 250_000,
        "paid": 250_000,
    }
    return Order(**{**ordinary, **fields})


def placed(days: float) -> str:
    """Return the moment some days after noon of the test day."""
    return stamp(moment() + timedelta(days=days))


def an_incoming_customer(event: str = "e-1", *, at: str = "", **person: Any) -> IncomingCustomer:
    """Return a Haravan event that names Ánh, unless `person` is given."""
    occurred_at = at or stamp(moment())
    return IncomingCustomer(
        source="haravan",
        event_id=event,
        occurred_at=occurred_at,
        person=read_person("haravan", person or ANH, at=occurred_at),
    )


def an_interaction(**fields: Any) -> Interaction:
    """Return an interaction: a campaign message over Zalo, opened on a phone."""
    ordinary: dict[str, Any] = {
        "kind": "campaign",
        "item_id": "c-1",
        "item_name": "Tết",
        "channel": "zalo",
        "device": "phone",
        "action": "opened",
    }
    return Interaction(**{**ordinary, **fields})


@dataclass
class Backend:
    """The ports of a merchant's customers and orders, in one engine."""

    customers: Customers
    merchants: Merchants
    changesets: Changesets
    orders: Orders
    due: DueCheckouts
    activities: Activities
    ids: Ids
    merges: Merges
    points: Points

    @property
    def merge_ports(self) -> MergePorts:
        """The ports that merges use."""
        return MergePorts(self.customers, self.changesets, self.merges)

    @property
    def event_ports(self) -> EventPorts:
        """The ports that record inbound events."""
        return EventPorts(self.customers, self.changesets, self.ids)

    @property
    def metrics_ports(self) -> MetricsPorts:
        """The ports that explain and rebuild metrics."""
        return MetricsPorts(
            self.customers, self.merchants, self.changesets, self.orders, self.points
        )

    def take(
        self, order: Order, incoming: IncomingCustomer | None = None, minutes: float = 0
    ) -> CustomerId:
        """Record an order; return its customer, or an empty id."""
        incoming = incoming or an_incoming_customer(f"{order.id}-{order.version}")
        customer_id = record_order(
            MERCHANT,
            order,
            incoming,
            now=moment(minutes),
            ports=self.event_ports,
        )
        return customer_id or CustomerId("")

    def take_patiently(self, order: Order, incoming: IncomingCustomer | None = None) -> None:
        """Record an order, retrying while it is `Busy`, as the queue does."""
        for _ in range(200):
            try:
                self.take(order, incoming)
            except Busy:
                continue
            return
        raise AssertionError("the order was still busy after 200 attempts")

    def metrics(self, customer_id: CustomerId, merchant_id: MerchantId = MERCHANT) -> Metrics:
        """Return a customer's stored metrics."""
        return self.customers.get(merchant_id, customer_id).metrics

    def fold(self, customer_id: CustomerId, merchant_id: MerchantId = MERCHANT) -> Metrics:
        """Compute the metrics from a customer's stored history."""
        history = self.orders.history(merchant_id, customer_id)
        return replace(
            metrics_of_history(history, HOA.zone),
            open_checkout_count=self.metrics(customer_id).open_checkout_count,
        )


def a_backend(*merchants: Merchant) -> Backend:
    """Return an empty in-memory backend."""
    customers, stored_merchants = InMemoryCustomers(), InMemoryMerchants(*(merchants or (HOA,)))
    changesets = InMemoryChangesets(customers, stored_merchants)
    return Backend(
        customers,
        stored_merchants,
        changesets,
        changesets,
        changesets,
        customers.history,
        Ids(),
        changesets.merges,
        changesets.loyalty,
    )
