"""Route of the list of customers."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import Response

from crm.domain.kernel.ids import MerchantId
from crm.domain.lists.filters import Filter
from crm.domain.lists.pages import Page
from crm.http.api import Api
from crm.http.caller import MerchantContext
from crm.http.cursors import Cursors
from crm.http.customers.answers import listed_answer
from crm.http.lists.models import CustomerPageAnswer
from crm.http.lists.queries import (
    DEFAULT_SORT,
    LIST_PARAMETERS,
    ListParameters,
    binding_of,
    filter_of_query,
    read_sort,
)
from crm.http.query_parameters import with_query_parameters
from crm.http.responses import answer
from crm.ports.lists import CustomerLists, Views
from crm.usecases.lists.lists import list_customers
from crm.usecases.lists.views import get_view


def list_routes(
    app: Api,
    *,
    lists: CustomerLists,
    zone_of: Callable[[MerchantId], str],
    views: Views,
    cursors: Cursors,
) -> None:
    """Add the route of `GET /customers`."""

    @app.get(
        "/customers", permission="customers:read", answers=CustomerPageAnswer, failures=(404,)
    )
    @with_query_parameters(LIST_PARAMETERS)
    def customers(parameters: ListParameters) -> Response[str]:
        criteria, sort = _filter_and_sort(parameters, app.caller, views)
        sort_key, descending = read_sort(sort)
        page_cursors = cursors.of(app.merchant_id, binding_of(criteria, sort))
        page = list_customers(
            app.merchant_id,
            criteria,
            sort=sort_key,
            descending=descending,
            limit=parameters.limit,
            after=page_cursors.read(parameters.cursor),
            now=app.now(),
            lists=lists,
            zone_of=zone_of,
        )
        body: dict[str, Any] = {
            "items": [listed_answer(each, app.caller) for each in page.items],
            "next_cursor": page_cursors.write(page.next),
        }
        return answer(body | ({"plan": _plan_answer(page)} if parameters.explain else {}))


def _filter_and_sort(
    parameters: ListParameters, caller: MerchantContext, views: Views
) -> tuple[Filter, str]:
    """Return the filter and sort of the parameters, which override those of a given view."""
    own = parameters.filter_values()
    if parameters.view is None:
        return filter_of_query(own), parameters.sort or DEFAULT_SORT
    view = get_view(
        caller.merchant_id,
        parameters.view,
        user_id=caller.user_id,
        locale=caller.locale,
        views=views,
    )
    return filter_of_query(view.filter.to_json() | own), parameters.sort or view.sort


def _plan_answer(page: Page) -> dict[str, Any]:
    plan = page.plan
    return {
        "name": plan.name,
        "sort": plan.sort,
        "facet": f"{plan.facet.kind}:{plan.facet.value}" if plan.facet else None,
        "estimated_units": plan.units,
        "rows_read": page.rows_read,
    }
