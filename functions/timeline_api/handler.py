"""HTTP: what happened to a customer."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.routes.timeline import timeline_routes
from crm.runtime.adapters import activities, cursors, customers, merchants
from crm.runtime.api import api
from crm.runtime.observing import logger

app = api()
timeline_routes(
    app,
    customers=customers(),
    activities=activities(),
    merchants=merchants(),
    cursors=cursors(),
)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
