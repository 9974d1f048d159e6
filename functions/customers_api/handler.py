"""HTTP: one customer, created, read, edited, archived; and who is asking."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.ids import CustomerId
from crm.http.api import answer, answers
from crm.http.customer_answers import customer_answer
from crm.http.etags import etag, seen_version
from crm.http.models import CustomerAnswer, CustomerCreate, CustomerPatch, HealthAnswer, MeAnswer
from crm.runtime.adapters import customers
from crm.runtime.api import api
from crm.runtime.clock import new_id, now
from crm.runtime.observing import logger
from crm.usecases.customers import (
    archive_customer,
    create_customer,
    edit_customer,
    get_customer,
)

app = api()
book = customers()

CustomerPath = Annotated[str, Path(description="The id of a customer.")]
IfMatch = Annotated[str, Header(alias="If-Match", description="The ETag of your last read.")]


@app.get("/health", responses=answers(HealthAnswer), security=[])
def health() -> Response[str]:
    return answer({"status": "ok"})


@app.get("/me", responses=answers(MeAnswer))
def me() -> Response[str]:
    caller = app.caller
    return answer(
        {
            "user_id": caller.user_id,
            "merchant_id": caller.merchant_id,
            "email": caller.email,
            "permissions": sorted(caller.permissions),
            "locale": caller.locale,
        }
    )


@app.post(
    "/customers",
    responses=answers(CustomerAnswer, HTTPStatus.CREATED, failures=(409, 415, 422)),
)
def create(
    body: CustomerCreate,
    allow_duplicate: Annotated[
        bool, Query(description="Create it even where another customer holds an identity.")
    ] = False,
) -> Response[str]:
    caller = app.caller
    caller.require("customers:manage")
    customer = create_customer(
        caller.merchant_id,
        body.model_dump(exclude_unset=True),
        by=caller.author,
        now=now(),
        new_id=new_id,
        customers=book,
        allow_duplicate=allow_duplicate,
    )
    headers = {"Location": f"/customers/{customer.id}", "ETag": etag(customer.version)}
    return answer(customer_answer(customer, caller), HTTPStatus.CREATED, headers)


@app.get("/customers/<customer_id>", responses=answers(CustomerAnswer, failures=(404,)))
def get(customer_id: CustomerPath) -> Response[str]:
    caller = app.caller
    caller.require("customers:read")
    customer = get_customer(caller.merchant_id, CustomerId(customer_id), customers=book)
    return answer(customer_answer(customer, caller), headers={"ETag": etag(customer.version)})


@app.patch(
    "/customers/<customer_id>",
    responses=answers(CustomerAnswer, failures=(404, 409, 412, 415, 422, 428)),
)
def edit(customer_id: CustomerPath, body: CustomerPatch, if_match: IfMatch = "") -> Response[str]:
    caller = app.caller
    caller.require("customers:manage")
    customer = edit_customer(
        caller.merchant_id,
        CustomerId(customer_id),
        body.model_dump(exclude_unset=True),
        seen_version=seen_version(if_match),
        by=caller.author,
        now=now(),
        new_id=new_id,
        customers=book,
    )
    return answer(customer_answer(customer, caller), headers={"ETag": etag(customer.version)})


@app.delete(
    "/customers/<customer_id>",
    summary="Archive",
    responses=answers(CustomerAnswer, failures=(404, 409, 412, 428)),
)
def archive(customer_id: CustomerPath, if_match: IfMatch = "") -> Response[str]:
    caller = app.caller
    caller.require("customers:manage")
    customer = archive_customer(
        caller.merchant_id,
        CustomerId(customer_id),
        seen_version=seen_version(if_match),
        by=caller.author,
        now=now(),
        new_id=new_id,
        customers=book,
    )
    return answer(customer_answer(customer, caller), headers={"ETag": etag(customer.version)})


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
