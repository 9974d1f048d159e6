"""SQS, from the bus: create other platforms' customers, and fill in their blank fields."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.bus.inbound import CustomerSynced
from crm.bus.messages import Message
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.customers import customers
from crm.runtime.clock import new_id, now
from crm.runtime.intake import process_batch
from crm.runtime.observability import log_invocation
from crm.usecases.orders.event_customers import EventPorts
from crm.usecases.orders.interactions import sync_customer

ports = EventPorts(customers(), changesets(), new_id)


def sync(message: Message[CustomerSynced]) -> None:
    detail = message.detail
    sync_customer(
        message.merchant_id,
        detail.incoming(message.source, detail.customer, kind="sync"),
        now=now(),
        ports=ports,
    )


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> Mapping[str, Any]:
    return process_batch(event, {CustomerSynced: sync})
