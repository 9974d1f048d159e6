"""The routes of a customer's orders, interactions, overview and metrics."""

from typing import Annotated, Literal, NamedTuple

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from crm.domain.customers.activities import ActivityQuery
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.paging import Cursor
from crm.domain.kernel.times import stamp
from crm.domain.orders.orders import Order, OrderPosition, OrderQuery
from crm.http.api import Api
from crm.http.caller import MerchantContext
from crm.http.cursors import Cursors, ListCursors
from crm.http.customers.activity_answers import activity_answer
from crm.http.customers.answers import content_location
from crm.http.orders.answers import (
    contribution_answer,
    interactions_answer,
    metrics_answer,
    openings_answer,
    order_answer,
    tops_answer,
    totals_answer,
)
from crm.http.orders.models import (
    ExplanationAnswer,
    InteractionsAnswer,
    OrderPageAnswer,
    OverviewAnswer,
    RebuildAnswer,
)
from crm.http.parameters import CustomerPath, Limit
from crm.http.responses import answer
from crm.ports.customers import Activities
from crm.usecases.customers.survivors import Records, records_of
from crm.usecases.customers.timeline import pooled_activities, recent
from crm.usecases.orders.metrics import MetricsPorts, explain, rebuild
from crm.usecases.orders.person_history import pooled_interactions, pooled_orders

AnyCursor = Annotated[str, Query(description="A cursor of the page before.")]
Direction = Annotated[
    Literal["next", "previous"],
    Query(
        description="Older orders with `next_cursor`, newer ones with `previous_cursor`; without"
        " a cursor `previous` begins at the oldest."
    ),
]

_RECENT_ACTIVITIES = 20


def order_routes(
    app: Api, *, ports: MetricsPorts, activities: Activities, cursors: Cursors
) -> None:
    """Add the routes of `/customers/{customer_id}/orders`, `…/overview` and `…/interactions`."""

    @app.get(
        "/customers/<customer_id>/orders", permission="customers:read", answers=OrderPageAnswer
    )
    def orders(
        customer_id: CustomerPath,
        limit: Limit = 50,
        cursor: AnyCursor = "",
        direction: Direction = "next",
    ) -> Response[str]:
        order_cursors = _OrderCursors(cursors.of(app.merchant_id, {"orders": customer_id}))
        customer, ids = _records(app.caller, customer_id)
        beside = order_cursors.read(cursor)
        query = OrderQuery(limit=limit, beside=beside, newer=direction == "previous")
        page = pooled_orders(app.merchant_id, ids, query, orders=ports.orders)
        first, last = (page.items[0], page.items[-1]) if page.items else (None, None)
        return answer(
            {
                "items": [order_answer(each, app.caller) for each in page.items],
                "next_cursor": order_cursors.write(last) if page.has_older else None,
                "previous_cursor": order_cursors.write(first) if page.has_newer else None,
            },
            headers=content_location(customer_id, customer.id, "/orders"),
        )

    @app.get(
        "/customers/<customer_id>/overview", permission="customers:read", answers=OverviewAnswer
    )
    def overview(customer_id: CustomerPath) -> Response[str]:
        merchant_id, now = app.merchant_id, app.now()
        customer, ids = _records(app.caller, customer_id)
        newest = OrderQuery(limit=1)
        latest = pooled_orders(merchant_id, ids, newest, orders=ports.orders).items
        counted = pooled_interactions(merchant_id, ids, orders=ports.orders)
        query = ActivityQuery(since=recent(now), until=stamp(now), limit=_RECENT_ACTIVITIES)
        lines = pooled_activities(merchant_id, ids, query, activities=activities).items
        return answer(
            {
                "metrics": metrics_answer(customer, customer.metrics),
                "latest_order": order_answer(latest[0], app.caller) if latest else None,
                "interactions": totals_answer(counted),
                **tops_answer(counted),
                "recent_activities": [activity_answer(each, app.caller) for each in lines],
            },
            headers=content_location(customer_id, customer.id, "/overview"),
        )

    @app.get(
        "/customers/<customer_id>/interactions",
        permission="customers:read",
        answers=InteractionsAnswer,
    )
    def interactions(customer_id: CustomerPath) -> Response[str]:
        customer, ids = _records(app.caller, customer_id)
        counted = pooled_interactions(app.merchant_id, ids, orders=ports.orders)
        location = content_location(customer_id, customer.id, "/interactions")
        return answer(interactions_answer(counted), headers=location)

    def _records(caller: MerchantContext, customer_id: str) -> Records:
        return records_of(caller.merchant_id, CustomerId(customer_id), customers=ports.customers)


def metric_routes(app: Api, *, ports: MetricsPorts, cursors: Cursors) -> None:
    """Add the routes of `/customers/{customer_id}/metrics/explain` and `…/rebuild`."""

    @app.get(
        "/customers/<customer_id>/metrics/explain",
        permission="customers:read",
        answers=ExplanationAnswer,
    )
    def explained(
        customer_id: CustomerPath, limit: Limit = 100, cursor: AnyCursor = ""
    ) -> Response[str]:
        order_cursors = _OrderCursors(cursors.of(app.merchant_id, {"explained": customer_id}))
        customer, history, totals = explain(app.merchant_id, CustomerId(customer_id), ports=ports)
        last = order_cursors.read(cursor)
        remaining = [each for each in history.orders if last is None or _position(each) < last]
        shown = remaining[:limit]
        return answer(
            {
                "items": [contribution_answer(each) for each in shown],
                "next_cursor": order_cursors.write(shown[-1]) if len(remaining) > limit else None,
                "opening_balances": openings_answer(history),
                "totals": metrics_answer(customer, totals),
                "metrics": metrics_answer(customer, customer.metrics),
                "agrees": totals == customer.metrics,
            },
            headers=content_location(customer_id, customer.id, "/metrics/explain"),
        )

    @app.post(
        "/customers/<customer_id>/metrics/rebuild",
        permission="settings:manage",
        answers=RebuildAnswer,
        once=None,
    )
    def rebuilt(customer_id: CustomerPath) -> Response[str]:
        customer, before, after, repaired = rebuild(
            app.merchant_id, CustomerId(customer_id), now=app.now(), ports=ports
        )
        return answer(
            {
                "before": metrics_answer(customer, before),
                "after": metrics_answer(customer, after),
                "repaired": repaired,
            }
        )


class _OrderCursors(NamedTuple):
    """Reads and writes cursors of one customer's orders."""

    cursors: ListCursors

    def read(self, text: str) -> OrderPosition | None:
        """Return the position in a cursor, or None for an empty one."""
        cursor = self.cursors.read(text)
        if cursor is None:
            return None
        source, _, order_id = cursor.tiebreak.partition("#")
        return OrderPosition(str(cursor.value), source, order_id)

    def write(self, order: Order | None) -> str | None:
        """Return the cursor of an order's position."""
        if order is None:
            return None
        return self.cursors.write(Cursor(order.placed_at, f"{order.source}#{order.id}"))


def _position(order: Order) -> OrderPosition:
    return OrderPosition(order.placed_at, *order.key)
