"""HTTP: the list of a merchant's customers."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.http.api import answer, answers
from crm.http.customer_answers import listed_answer
from crm.http.list_queries import list_query
from crm.http.models import CustomerPageAnswer
from crm.runtime.adapters import cursors, customer_lists
from crm.runtime.api import api
from crm.runtime.observing import logger
from crm.usecases.lists import list_customers

app = api()
lists, signed = customer_lists(), cursors()


@app.get("/customers", responses=answers(CustomerPageAnswer))
def customers(
    sort: Annotated[
        str,
        Query(
            description="`updated_at`, `order_count`, `last_order_at`, `debt` or `total_spent`;"
            " `-` before it for descending."
        ),
    ] = "-updated_at",
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    archived: Annotated[bool, Query(description="The archived customers instead.")] = False,
    cursor: Annotated[str, Query(description="`next_cursor` of the page before.")] = "",
) -> Response[str]:
    caller = app.caller
    caller.require("customers:read")
    query = list_query(
        caller.merchant_id, signed, sort=sort, limit=limit, archived=archived, cursor=cursor
    )
    page = list_customers(caller.merchant_id, query, lists=lists)
    following = signed.write(caller.merchant_id, query.binding(), page.next) if page.next else None
    items = [listed_answer(each, caller) for each in page.items]
    return answer({"items": items, "next_cursor": following})


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
