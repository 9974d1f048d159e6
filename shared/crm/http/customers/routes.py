"""The routes of one customer: create, look up, read, edit, archive, restore."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from crm.bus.resources import CustomerAnswer
from crm.domain.customers.customer import Customer
from crm.domain.idempotency.requests import Attempt
from crm.domain.kernel.ids import CustomerId
from crm.http.api import Api
from crm.http.caller import MerchantContext
from crm.http.customers.answers import content_location, customer_answer
from crm.http.customers.models import CustomerCreate, CustomerLookup, CustomerPatch
from crm.http.parameters import CustomerPath
from crm.http.responses import answer
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

    @app.get("/customers/<customer_id>", permission="customers:read", answers=CustomerAnswer)
    def get(customer_id: CustomerPath) -> Response[str]:
        customer = get_customer(app.merchant_id, CustomerId(customer_id), customers=customers)
        response = answer_with(customer, app.caller)
        response.headers.update(content_location(customer_id, customer.id))
        return response

    @app.post(
        "/customers",
        permission="customers:manage",
        answers=CustomerAnswer,
        status=HTTPStatus.CREATED,
        once=get,
    )
    def create(
        attempt: Attempt,
        body: CustomerCreate,
        allow_duplicate: AllowDuplicate = False,  # noqa: FBT002 - a query parameter
    ) -> Response[str]:
        customer = create_customer(
            app.merchant_id,
            CustomerId(attempt.created_id),
            body.model_dump(exclude_unset=True),
            act=attempt.act,
            customers=customers,
            allow_duplicate=allow_duplicate,
        )
        return answer_with(customer, app.caller, HTTPStatus.CREATED, f"/customers/{customer.id}")

    @app.post(
        "/customers/lookup",
        permission="customers:read",
        answers=CustomerAnswer,
        failures=(404, 413, 415, 422),
        once=None,
    )
    def look_up(body: CustomerLookup) -> Response[str]:
        lookup = body.model_dump(exclude_none=True)
        customer = look_up_customer(app.merchant_id, lookup, customers=customers)
        return answer_with(customer, app.caller)

    @app.patch(
        "/customers/<customer_id>",
        permission="customers:manage",
        answers=CustomerAnswer,
        if_match=True,
    )
    def edit(customer_id: CustomerPath, body: CustomerPatch) -> Response[str]:
        customer = edit_and_rank(
            app.merchant_id,
            CustomerId(customer_id),
            body.model_dump(exclude_unset=True),
            seen_version=app.seen_version,
            act=app.act,
            customers=customers,
            rank=rank,
        )
        return answer_with(customer, app.caller)

    @app.delete(
        "/customers/<customer_id>",
        permission="customers:manage",
        answers=CustomerAnswer,
        if_match=True,
        summary="Archive a customer",
    )
    def archive(customer_id: CustomerPath) -> Response[str]:
        customer = archive_customer(
            app.merchant_id,
            CustomerId(customer_id),
            seen_version=app.seen_version,
            act=app.act,
            customers=customers,
        )
        return answer_with(customer, app.caller)

    @app.post(
        "/customers/<customer_id>/restore",
        permission="customers:manage",
        answers=CustomerAnswer,
        once=get,
        creates=False,
    )
    def restore(attempt: Attempt, customer_id: CustomerPath) -> Response[str]:
        customer = restore_customer(
            app.merchant_id, CustomerId(customer_id), act=attempt.act, customers=customers
        )
        return answer_with(customer, app.caller)


def answer_with(
    customer: Customer,
    caller: MerchantContext,
    status: HTTPStatus = HTTPStatus.OK,
    location: str | None = None,
) -> Response[str]:
    """Return the response with a customer and its ETag."""
    body = customer_answer(customer, caller)
    return answer(body, status, version=customer.version, location=location)
