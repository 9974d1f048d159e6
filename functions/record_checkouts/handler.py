"""SQS, from the bus: count open checkouts, and close those that ended."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.bus.inbound import CheckoutExpired, CheckoutStarted
from crm.bus.messages import Message
from crm.domain.orders.checkouts import CheckoutKey
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.customers import customers
from crm.runtime.clock import new_id, now
from crm.runtime.intake import process_batch
from crm.runtime.observability import log_invocation
from crm.usecases.orders.checkouts import end_checkout, start_checkout
from crm.usecases.orders.event_customers import EventPorts

ports = EventPorts(customers(), changesets(), new_id)


def start(message: Message[CheckoutStarted]) -> None:
    detail = message.detail
    start_checkout(
        message.merchant_id,
        detail.open_checkout(message.source),
        detail.incoming(message.source, detail.customer),
        now=now(),
        ports=ports,
    )


def end(message: Message[CheckoutExpired]) -> None:
    detail = message.detail
    end_checkout(
        message.merchant_id,
        CheckoutKey(message.source, detail.checkout.id),
        source=message.source,
        at=detail.occurred_at,
        now=now(),
        changesets=ports.changesets,
    )


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> Mapping[str, Any]:
    return process_batch(event, {CheckoutStarted: start, CheckoutExpired: end})
