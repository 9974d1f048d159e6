"""HTTP: one customer, its addresses, tags and invoice data."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.bodies import HealthAnswer
from crm.http.customers.bulk_routes import bulk_routes
from crm.http.customers.part_routes import address_routes, invoice_routes, tag_routes
from crm.http.customers.routes import customer_routes
from crm.http.responses import answer
from crm.runtime.adapters.customers import customers, rank
from crm.runtime.api import api
from crm.runtime.observability import log_invocation

app = api()
customer_store = customers()
customer_routes(app, customer_store, rank)
address_routes(app, customer_store)
tag_routes(app, customer_store)
bulk_routes(app, customer_store)
invoice_routes(app, customer_store)


@app.open("/health", answers=HealthAnswer)
def health() -> Response[str]:
    return answer({"status": "ok"})


@log_invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
