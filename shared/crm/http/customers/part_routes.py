"""The routes of parts of a customer: addresses, tags, invoice profile."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from crm.bus.resources import AddressAnswer, CustomerAnswer
from crm.domain.customers.addresses import address_of
from crm.domain.customers.customer import Customer
from crm.domain.idempotency.requests import Attempt
from crm.domain.kernel.ids import CustomerId
from crm.http.api import Api
from crm.http.caller import MerchantContext
from crm.http.customers.answers import customer_answer
from crm.http.customers.models import (
    AddressesAnswer,
    AddressWrite,
    InvoiceAnswer,
    InvoiceProfileWrite,
)
from crm.http.customers.routes import answer_with
from crm.http.parameters import CustomerPath
from crm.http.responses import answer, answer_page
from crm.ports.customers import Customers
from crm.usecases.customers.addresses import add_address, edit_address, remove_address
from crm.usecases.customers.customers import get_customer, replace_invoice_profile
from crm.usecases.customers.tags import add_tag, remove_tag

AddressPath = Annotated[str, Path(description="The id of an address.")]
TagPath = Annotated[str, Path(description="A tag, percent-encoded.")]


def address_routes(app: Api, customers: Customers) -> None:
    """Add the routes of `/customers/{customer_id}/addresses`, with the customer's ETag."""

    @app.get(
        "/customers/<customer_id>/addresses", permission="customers:read", answers=AddressesAnswer
    )
    def addresses(customer_id: CustomerPath) -> Response[str]:
        customer = get_customer(app.merchant_id, CustomerId(customer_id), customers=customers)
        return _addresses(customer, app.caller)

    def show(customer_id: str, address_id: str) -> Response[str]:
        app.caller.require("customers:read")
        customer = get_customer(app.merchant_id, CustomerId(customer_id), customers=customers)
        address_of(customer.addresses, address_id)
        return _address(customer, address_id, app.caller)

    @app.post(
        "/customers/<customer_id>/addresses",
        permission="customers:manage",
        answers=AddressAnswer,
        status=HTTPStatus.CREATED,
        once=show,
    )
    def add(attempt: Attempt, customer_id: CustomerPath, body: AddressWrite) -> Response[str]:
        customer, address = add_address(
            app.merchant_id,
            CustomerId(customer_id),
            attempt.created_id,
            body.model_dump(exclude_unset=True),
            act=attempt.act,
            customers=customers,
        )
        location = f"/customers/{customer.id}/addresses/{address.id}"
        return _address(customer, address.id, app.caller, HTTPStatus.CREATED, location)

    @app.patch(
        "/customers/<customer_id>/addresses/<address_id>",
        permission="customers:manage",
        answers=AddressAnswer,
        if_match=True,
    )
    def edit(
        customer_id: CustomerPath, address_id: AddressPath, body: AddressWrite
    ) -> Response[str]:
        customer, address = edit_address(
            app.merchant_id,
            CustomerId(customer_id),
            address_id,
            body.model_dump(exclude_unset=True),
            seen_version=app.seen_version,
            act=app.act,
            customers=customers,
        )
        return _address(customer, address.id, app.caller)

    @app.delete(
        "/customers/<customer_id>/addresses/<address_id>",
        permission="customers:manage",
        answers=AddressesAnswer,
        if_match=True,
    )
    def remove(customer_id: CustomerPath, address_id: AddressPath) -> Response[str]:
        customer = remove_address(
            app.merchant_id,
            CustomerId(customer_id),
            address_id,
            seen_version=app.seen_version,
            act=app.act,
            customers=customers,
        )
        return _addresses(customer, app.caller)


def tag_routes(app: Api, customers: Customers) -> None:
    """Add the routes of `/customers/{customer_id}/tags/{tag}`, which need no ETag."""

    @app.put(
        "/customers/<customer_id>/tags/<tag>",
        permission="customers:manage",
        answers=CustomerAnswer,
        if_match=False,
    )
    def put(customer_id: CustomerPath, tag: TagPath) -> Response[str]:
        return changed(add_tag, customer_id, tag)

    @app.delete(
        "/customers/<customer_id>/tags/<tag>",
        permission="customers:manage",
        answers=CustomerAnswer,
        if_match=False,
    )
    def delete(customer_id: CustomerPath, tag: TagPath) -> Response[str]:
        return changed(remove_tag, customer_id, tag)

    def changed(change: Callable[..., Customer], customer_id: str, tag: str) -> Response[str]:
        customer = change(
            app.merchant_id,
            CustomerId(customer_id),
            app.path_text(tag),
            act=app.act,
            customers=customers,
        )
        return answer_with(customer, app.caller)


def invoice_routes(app: Api, customers: Customers) -> None:
    """Add the routes of `/customers/{customer_id}/invoice-profile`, with the customer's ETag."""

    @app.get(
        "/customers/<customer_id>/invoice-profile",
        permission="customers:read",
        answers=InvoiceAnswer,
    )
    def profile(customer_id: CustomerPath) -> Response[str]:
        customer = get_customer(app.merchant_id, CustomerId(customer_id), customers=customers)
        return _invoice(customer, app.caller)

    @app.put(
        "/customers/<customer_id>/invoice-profile",
        permission="customers:manage",
        answers=InvoiceAnswer,
        if_match=True,
    )
    def replace(
        customer_id: CustomerPath, body: Annotated[InvoiceProfileWrite, Body()]
    ) -> Response[str]:
        return _replace_profile(customer_id, body.model_dump(exclude_none=True))

    @app.delete(
        "/customers/<customer_id>/invoice-profile",
        permission="customers:manage",
        answers=InvoiceAnswer,
        if_match=True,
    )
    def remove(customer_id: CustomerPath) -> Response[str]:
        return _replace_profile(customer_id, None)

    def _replace_profile(customer_id: str, profile: dict[str, Any] | None) -> Response[str]:
        customer = replace_invoice_profile(
            app.merchant_id,
            CustomerId(customer_id),
            profile,
            seen_version=app.seen_version,
            act=app.act,
            customers=customers,
        )
        return _invoice(customer, app.caller)


def _addresses(customer: Customer, caller: MerchantContext) -> Response[str]:
    items = customer_answer(customer, caller)["addresses"]
    return answer_page(items, version=customer.version)


def _address(
    customer: Customer,
    address_id: str,
    caller: MerchantContext,
    status: HTTPStatus = HTTPStatus.OK,
    location: str | None = None,
) -> Response[str]:
    addresses: list[dict[str, Any]] = customer_answer(customer, caller)["addresses"]
    body = next(each for each in addresses if each["id"] == address_id)
    return answer(body, status, version=customer.version, location=location)


def _invoice(customer: Customer, caller: MerchantContext) -> Response[str]:
    profile = customer_answer(customer, caller)["invoice_profile"]
    return answer({"invoice_profile": profile}, version=customer.version)
