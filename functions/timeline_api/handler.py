"""HTTP: a customer's history, orders and metrics."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.customers.timeline_routes import timeline_routes
from crm.http.orders.routes import metric_routes, order_routes
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.customers import activities, customers
from crm.runtime.adapters.loyalty import points
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.orders import orders
from crm.runtime.api import api, cursors
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
