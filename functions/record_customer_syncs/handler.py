"""SQS, from the bus: make other platforms' customers known, and fill what is blank of them."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.bus.inbound import CustomerSynced
from crm.bus.messages import Message
from crm.runtime.adapters import changesets, customers
from crm.runtime.clock import new_id, now
from crm.runtime.intake import take_in
from crm.runtime.observability import log_invocation
from crm.usecases.orders.interactions import sync_customer

book, numbers = customers(), changesets()


def sync(message: Message[CustomerSynced]) -> None:
    told = message.detail
    sync_customer(
        message.merchant_id,
        told.incoming(message.source, told.customer, kind="sync"),
        now=now(),
        new_id=new_id,
        customers=book,
        changesets=numbers,
    )


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> Mapping[str, Any]:
    return take_in(event, {CustomerSynced: sync})
