"""HTTP: lists of customers, search, saved views and facets."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.lists.facet_routes import facet_routes
from crm.http.lists.routes import list_routes
from crm.http.lists.search_routes import search_routes
from crm.http.lists.view_routes import view_routes
from crm.runtime.adapters.facets import facets
from crm.runtime.adapters.lists import customer_lists, customer_search
from crm.runtime.adapters.merchants import zones
from crm.runtime.adapters.views import views
from crm.runtime.api import api, cursors
from crm.runtime.observability import log_invocation

app = api()
list_routes(app, lists=customer_lists(), zone_of=zones(), views=views(), cursors=cursors())
search_routes(app, search=customer_search())
view_routes(app, views=views(), cursors=cursors())
facet_routes(app, facets=facets(), cursors=cursors())


@log_invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
