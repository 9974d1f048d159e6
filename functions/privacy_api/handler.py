"""HTTP: personal data, privacy requests and erasures."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.privacy.routes import person_routes, request_routes
from crm.runtime.adapters import cursors, customers, merchants
from crm.runtime.api import api
from crm.runtime.observability import log_invocation
from crm.runtime.privacy import personal_data_ports, requests, runs

app = api()
person_routes(
    app, ports=personal_data_ports(), merchants=merchants(), runs=runs(), cursors=cursors()
)
request_routes(
    app,
    customers=customers(),
    merchants=merchants(),
    requests=requests(),
    cursors=cursors(),
)


@log_invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
