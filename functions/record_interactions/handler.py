"""SQS, from the bus: count interactions and store notes, each once."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.bus.inbound import InteractionRecorded, NoteRecorded
from crm.bus.messages import Message
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.customers import customers
from crm.runtime.clock import new_id, now
from crm.runtime.intake import process_batch
from crm.runtime.observability import log_invocation
from crm.usecases.orders.event_customers import EventPorts
from crm.usecases.orders.interactions import record_interaction, record_note

ports = EventPorts(customers(), changesets(), new_id)


def record(message: Message[InteractionRecorded]) -> None:
    detail = message.detail
    record_interaction(
        message.merchant_id,
        detail.interaction.interaction(),
        detail.incoming(message.source, detail.customer),
        now=now(),
        ports=ports,
    )


def note(message: Message[NoteRecorded]) -> None:
    detail = message.detail
    record_note(
        message.merchant_id,
        detail.note.text,
        detail.incoming(message.source, detail.customer),
        now=now(),
        ports=ports,
    )


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> Mapping[str, Any]:
    return process_batch(event, {InteractionRecorded: record, NoteRecorded: note})
