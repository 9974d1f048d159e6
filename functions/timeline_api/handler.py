"""HTTP: a customer's history, orders and metrics."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.customers.timeline_routes import timeline_routes
from crm.http.orders.routes import metric_routes, order_routes
from crm.runtime.adapters import (
    activities,
    changesets,
    cursors,
    customers,
    merchants,
    orders,
    points,
)
from crm.runtime.api import api
from crm.runtime.observability import log_invocation
from crm.usecases.orders.metrics import MetricsPorts

app = api()
ports = MetricsPorts(customers(), merchants(), changesets(), orders(), points())
timeline_routes(
    app,
    customers=customers(),
    activities=activities(),
    merchants=merchants(),
    cursors=cursors(),
)
order_routes(app, ports=ports, activities=activities(), cursors=cursors())
metric_routes(app, ports=ports, cursors=cursors())


@log_invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
