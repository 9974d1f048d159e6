"""SQS, from the bus: count checkouts that are open, and those that are over."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.bus.inbound import CheckoutExpired, CheckoutStarted
from crm.bus.messages import Message
from crm.domain.orders.checkouts import CheckoutKey
from crm.runtime.adapters import changesets, customers
from crm.runtime.clock import new_id, now
from crm.runtime.intake import take_in
from crm.runtime.observability import log_invocation
from crm.usecases.orders.checkouts import end_checkout, start_checkout

book, numbers = customers(), changesets()


def start(message: Message[CheckoutStarted]) -> None:
    told = message.detail
    start_checkout(
        message.merchant_id,
        told.begun(message.source),
        told.incoming(message.source, told.customer),
        now=now(),
        new_id=new_id,
        customers=book,
        changesets=numbers,
    )


def end(message: Message[CheckoutExpired]) -> None:
    told = message.detail
    end_checkout(
        message.merchant_id,
        CheckoutKey(message.source, told.checkout.id),
        source=message.source,
        at=told.occurred_at,
        now=now(),
        changesets=numbers,
    )


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> Mapping[str, Any]:
    return take_in(event, {CheckoutStarted: start, CheckoutExpired: end})
