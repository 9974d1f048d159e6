"""How a function takes events in from its queue: one by one, poison to the dead letters."""

from collections.abc import Callable, Mapping
from functools import cache
from traceback import extract_tb
from typing import Any

from botocore.config import Config

from crm.aws.dead_letters import SqsDeadLetters
from crm.bus.inbound import Event
from crm.bus.messages import Message, read_message
from crm.domain.orders.rejections import Rejected
from crm.runtime.clients import client_of
from crm.runtime.observability import logger
from crm.runtime.settings import setting

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard"})


#: What takes an event in, by the model of its detail.
type Takers = Mapping[type[Event], Callable[[Message[Any]], None]]


@cache
def dead_letters() -> SqsDeadLetters:
    """Return where this function's poison goes."""
    return SqsDeadLetters(client_of("sqs", _CONFIG), setting("DEAD_LETTERS_URL"))


def take_in(event: Mapping[str, Any], takers: Takers) -> Mapping[str, Any]:
    """Hand each message of a batch to the taker of its kind; answer which to deliver again.

    What is rejected is kept with its reason and done with. What fails is delivered again, and ends
    in the dead letters without a reason; the log names where it failed, never what it said.
    """
    failed = [
        {"itemIdentifier": record["messageId"]}
        for record in event["Records"]
        if not _is_done(record["body"], takers)
    ]
    return {"batchItemFailures": failed}


def _is_done(body: str, takers: Takers) -> bool:
    try:
        _take(body, takers)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is delivered again
        where = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
        logger.error("failed", error=type(error).__name__, where=where[-8:])
        return False
    return True


def _take(body: str, takers: Takers) -> None:
    try:
        message = read_message(body)
        _taker_of(message, takers)(message)
    except Rejected as rejected:
        dead_letters().keep(body, rejected.reason, rejected.fields)
        logger.warning("rejected", reason=rejected.reason, fields=rejected.fields)
    else:
        logger.info("taken in", kind=message.kind)


def _taker_of(message: Message[Any], takers: Takers) -> Callable[[Message[Any]], None]:
    taker = takers.get(type(message.detail))
    if taker is None:
        raise Rejected("invalid", ["detail-type"])
    return taker
