"""The routes of one customer: create, look up, read, edit, archive, restore."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from crm.bus.resources import CustomerAnswer
from crm.domain.customers.customer import Customer
from crm.domain.kernel.ids import CustomerId
from crm.http.api import ACTION, CHANGE, CREATE, READ, Api, answer, answers
from crm.http.caller import MerchantContext
from crm.http.customers.answers import content_location, customer_answer
from crm.http.customers.models import CustomerCreate, CustomerLookup, CustomerPatch
from crm.http.etags import etag, seen_version
from crm.http.parameters import CustomerPath, IfMatch
from crm.ports.customers import Customers
from crm.usecases.customers.customers import (
    archive_customer,
    create_customer,
    get_customer,
    look_up_customer,
    restore_customer,
)
from crm.usecases.customers.edit_and_rank import Rank, edit_and_rank

AllowDuplicate = Annotated[
    bool, Query(description="Create it even where another customer holds an identity.")
]


def customer_routes(app: Api, customers: Customers, rank: Rank) -> None:
    """Add the routes of `/customers`, `/customers/lookup` and `/customers/{customer_id}`."""

    @app.get("/customers/<customer_id>", responses=answers(CustomerAnswer, failures=READ))
    def get(customer_id: CustomerPath) -> Response[str]:
        caller = app.caller_with("customers:read")
        customer = get_customer(caller.merchant_id, CustomerId(customer_id), customers=customers)
        response = answer_with(customer, caller)
        response.headers.update(content_location(customer_id, customer.id))
        return response

    @app.post("/customers", responses=answers(CustomerAnswer, HTTPStatus.CREATED, failures=CREATE))
    @app.once(get)
    def create(
        body: CustomerCreate,
        allow_duplicate: AllowDuplicate = False,  # noqa: FBT002 - a query parameter
    ) -> Response[str]:
        caller = app.caller_with("customers:manage")
        customer = create_customer(
            caller.merchant_id,
            body.model_dump(exclude_unset=True),
            act=app.act,
            customers=customers,
            allow_duplicate=allow_duplicate,
        )
        return answer_with(customer, caller, HTTPStatus.CREATED, f"/customers/{customer.id}")

    @app.post(
        "/customers/lookup", responses=answers(CustomerAnswer, failures=(404, 413, 415, 422))
    )
    @app.repeatable
    def look_up(body: CustomerLookup) -> Response[str]:
        caller = app.caller_with("customers:read")
        lookup = body.model_dump(exclude_none=True)
        customer = look_up_customer(caller.merchant_id, lookup, customers=customers)
        return answer_with(customer, caller)

    @app.patch("/customers/<customer_id>", responses=answers(CustomerAnswer, failures=CHANGE))
    def edit(
        customer_id: CustomerPath, body: CustomerPatch, if_match: IfMatch = ""
    ) -> Response[str]:
        caller = app.caller_with("customers:manage")
        customer = edit_and_rank(
            caller.merchant_id,
            CustomerId(customer_id),
            body.model_dump(exclude_unset=True),
            seen_version=seen_version(if_match),
            act=app.act,
            customers=customers,
            rank=rank,
        )
        return answer_with(customer, caller)

    @app.delete(
        "/customers/<customer_id>",
        summary="Archive a customer",
        responses=answers(CustomerAnswer, failures=CHANGE),
    )
    def archive(customer_id: CustomerPath, if_match: IfMatch = "") -> Response[str]:
        caller = app.caller_with("customers:manage")
        customer = archive_customer(
            caller.merchant_id,
            CustomerId(customer_id),
            seen_version=seen_version(if_match),
            act=app.act,
            customers=customers,
        )
        return answer_with(customer, caller)

    @app.post(
        "/customers/<customer_id>/restore", responses=answers(CustomerAnswer, failures=ACTION)
    )
    @app.once(get, creates=None)
    def restore(customer_id: CustomerPath) -> Response[str]:
        caller = app.caller_with("customers:manage")
        customer = restore_customer(
            caller.merchant_id, CustomerId(customer_id), act=app.act, customers=customers
        )
        return answer_with(customer, caller)


def answer_with(
    customer: Customer,
    caller: MerchantContext,
    status: HTTPStatus = HTTPStatus.OK,
    location: str | None = None,
) -> Response[str]:
    """Return the response with a customer and its ETag."""
    headers = {"ETag": etag(customer.version)}
    if location is not None:
        headers["Location"] = location
    return answer(customer_answer(customer, caller), status, headers)
