"""Process events from a queue one by one; move rejected ones to the dead letters."""

from collections.abc import Callable, Mapping
from functools import cache
from traceback import extract_tb
from typing import Any

from crm.aws.dead_letters import SqsDeadLetters
from crm.bus.inbound import Event
from crm.bus.messages import Message, read_message
from crm.domain.orders.rejections import Rejected
from crm.runtime.clients import BRIEF, client_of
from crm.runtime.observability import logger
from crm.runtime.settings import setting

#: Handlers of events, by the model of the event's detail.
type EventHandlers = Mapping[type[Event], Callable[[Message[Any]], None]]


@cache
def dead_letters() -> SqsDeadLetters:
    """Return this function's dead-letter queue."""
    return SqsDeadLetters(client_of("sqs", BRIEF), setting("DEAD_LETTERS_URL"))


def process_batch(event: Mapping[str, Any], handlers: EventHandlers) -> Mapping[str, Any]:
    """Pass each message of a batch to its handler; return the messages to deliver again.

    A rejected message moves to the dead letters with its reason. A message that fails is delivered
    again, and finally becomes a dead letter without a reason; the log has the location of the
    failure, never its message.
    """
    failed = [
        {"itemIdentifier": record["messageId"]}
        for record in event["Records"]
        if not _succeeds(record["body"], handlers)
    ]
    return {"batchItemFailures": failed}


def _succeeds(body: str, handlers: EventHandlers) -> bool:
    try:
        _process(body, handlers)
    except Exception as error:  # noqa: BLE001 - any failure is delivered again
        where = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
        logger.error("failed", error=type(error).__name__, where=where[-8:])
        return False
    return True


def _process(body: str, handlers: EventHandlers) -> None:
    try:
        message = read_message(body)
        _handler_of(message, handlers)(message)
    except Rejected as rejected:
        dead_letters().keep(body, rejected.reason, rejected.fields)
        logger.warning("rejected", reason=rejected.reason, fields=rejected.fields)
    else:
        logger.info("taken in", kind=message.kind)


def _handler_of(message: Message[Any], handlers: EventHandlers) -> Callable[[Message[Any]], None]:
    handler = handlers.get(type(message.detail))
    if handler is None:
        raise Rejected("invalid", ["detail-type"])
    return handler
