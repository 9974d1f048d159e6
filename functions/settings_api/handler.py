"""HTTP: a merchant's settings, groups and staff, and each person's display."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.merchants.group_routes import group_routes
from crm.http.merchants.routes import settings_routes
from crm.http.merchants.staff_routes import staff_routes
from crm.runtime.adapters.facets import facets
from crm.runtime.adapters.merchants import displays, groups, merchants
from crm.runtime.adapters.staff import logins, staff
from crm.runtime.api import api, cursors
from crm.runtime.observability import log_invocation

app = api()
settings_routes(app, merchants=merchants(), displays=displays())
group_routes(app, groups=groups(), facets=facets(), cursors=cursors())
staff_routes(app, staff=staff(), logins=logins(), cursors=cursors())


@log_invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
