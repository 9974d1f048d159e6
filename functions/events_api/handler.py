"""HTTP: inbound events from other programs, and replays of outbound ones."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.events.routes import event_routes
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.events import events
from crm.runtime.adapters.lists import customer_lists
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.privacy import requests
from crm.runtime.api import api, cursors
from crm.runtime.observability import log_invocation

app = api()
event_routes(
    app,
    merchants=merchants(),
    customers=customers(),
    lists=customer_lists(),
    privacy=requests(),
    bus=events(),
    cursors=cursors(),
)


@log_invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
