"""SQS, from the bus: take orders in, and move their customers' numbers."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.bus.inbound import OrderEvent
from crm.bus.messages import Message
from crm.runtime.adapters import changesets, customers
from crm.runtime.clock import new_id, now
from crm.runtime.intake import take_in
from crm.runtime.observability import log_invocation
from crm.usecases.orders.orders import record_order

book, numbers = customers(), changesets()


def take(message: Message[OrderEvent]) -> None:
    told = message.detail
    incoming = told.incoming(message.source, told.order.customer, told.order.shipping_address)
    record_order(
        message.merchant_id,
        told.order.order(message.source),
        incoming,
        now=now(),
        new_id=new_id,
        customers=book,
        changesets=numbers,
    )


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> Mapping[str, Any]:
    return take_in(event, {OrderEvent: take})
