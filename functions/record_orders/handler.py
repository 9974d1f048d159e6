"""SQS, from the bus: store orders and update their customers' metrics."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.bus.inbound import OrderEvent
from crm.bus.messages import Message
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.customers import customers
from crm.runtime.clock import new_id, now
from crm.runtime.intake import process_batch
from crm.runtime.observability import log_invocation
from crm.usecases.orders.event_customers import EventPorts
from crm.usecases.orders.orders import record_order

ports = EventPorts(customers(), changesets(), new_id)


def record(message: Message[OrderEvent]) -> None:
    detail = message.detail
    incoming = detail.incoming(
        message.source, detail.order.customer, detail.order.shipping_address
    )
    record_order(
        message.merchant_id,
        detail.order.order(message.source),
        incoming,
        now=now(),
        ports=ports,
    )


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> Mapping[str, Any]:
    return process_batch(event, {OrderEvent: record})
