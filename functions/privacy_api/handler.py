"""HTTP: personal data, privacy requests and erasures."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.privacy.routes import person_routes, request_routes
from crm.runtime.adapters.erasures import erasure_start_ports, request_ports
from crm.runtime.adapters.personal_data import personal_data_ports
from crm.runtime.api import api, cursors
from crm.runtime.observability import log_invocation

app = api()
person_routes(app, ports=personal_data_ports(), erasure=erasure_start_ports(), cursors=cursors())
request_routes(app, ports=request_ports(), cursors=cursors())


@log_invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
