"""HTTP: the list of a merchant's customers, and the views of it that people save."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.routes.lists import list_routes
from crm.http.routes.views import view_routes
from crm.runtime.adapters import cursors, customer_lists, merchants, views
from crm.runtime.api import api
from crm.runtime.observing import logger

app = api()
list_routes(app, lists=customer_lists(), merchants=merchants(), views=views(), cursors=cursors())
view_routes(app, views=views(), cursors=cursors())


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
