"""SQS, from the bus: count interactions and keep notes from elsewhere, each once."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.bus.inbound import InteractionRecorded, NoteRecorded
from crm.bus.messages import Message
from crm.runtime.adapters import changesets, customers
from crm.runtime.clock import new_id, now
from crm.runtime.intake import take_in
from crm.runtime.observability import log_invocation
from crm.usecases.orders.interactions import record_interaction, record_note

book, numbers = customers(), changesets()


def meet(message: Message[InteractionRecorded]) -> None:
    told = message.detail
    record_interaction(
        message.merchant_id,
        told.interaction.interaction(),
        told.incoming(message.source, told.customer),
        now=now(),
        new_id=new_id,
        customers=book,
        changesets=numbers,
    )


def note(message: Message[NoteRecorded]) -> None:
    told = message.detail
    record_note(
        message.merchant_id,
        told.note.text,
        told.incoming(message.source, told.customer),
        now=now(),
        new_id=new_id,
        customers=book,
        changesets=numbers,
    )


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> Mapping[str, Any]:
    return take_in(event, {InteractionRecorded: meet, NoteRecorded: note})
