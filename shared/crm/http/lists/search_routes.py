"""Route of the search box."""

from aws_lambda_powertools.event_handler import Response

from crm.http.api import Api
from crm.http.customers.answers import listed_answer
from crm.http.lists.models import SearchAnswer, SearchRequest
from crm.http.responses import answer
from crm.ports.lists import CustomerSearch
from crm.usecases.lists.search import search_customers


def search_routes(app: Api, *, search: CustomerSearch) -> None:
    """Add the route of `/customers/search`; a body keeps the text out of addresses and logs."""

    @app.post(
        "/customers/search",
        permission="customers:read",
        answers=SearchAnswer,
        failures=(413, 415, 422),
        once=None,
    )
    def find(body: SearchRequest) -> Response[str]:
        found = search_customers(app.merchant_id, body.q, limit=body.limit, search=search)
        items = [listed_answer(each, app.caller) for each in found.items]
        return answer({"items": items, "next_cursor": None, "truncated": found.truncated})
