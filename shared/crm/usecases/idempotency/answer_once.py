"""Answer a request that carries an `Idempotency-Key` once, however often it is sent (B-17)."""

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from crm.domain.idempotency.requests import (
    Attempt,
    IdempotencyRecord,
    IdempotentRequest,
    new_attempt,
    new_record,
    repeatable_ids,
)
from crm.domain.kernel.acts import Act
from crm.domain.kernel.errors import Busy, Conflict, CrmError, Invalid, NotFound
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.times import moment, stamp
from crm.ports.idempotency import IdempotencyRecords


class Made[A](NamedTuple):
    """An answer, its status, and the resource from which it can be answered again."""

    answer: A
    status: int
    resource_id: str | None = None
    location: str | None = None
    replayed: bool = False


class Steps[A](NamedTuple):
    """How to answer a request: perform it, show its result, or find the result of an attempt.

    `find` takes the id of what the attempts create, and raises `NotFound` if none did so yet.
    """

    act: Callable[[Attempt], Made[A]]
    show: Callable[[str | None], A]
    find: Callable[[str], Made[A]]


def answer_once[A](
    merchant_id: MerchantId,
    request: IdempotentRequest,
    content_hash: str,
    steps: Steps[A],
    *,
    act: Act,
    requests: IdempotencyRecords,
) -> Made[A]:
    """Perform a new request; answer a repeated one with the current state of its resource.

    If an earlier attempt never reported its end, find what it wrote, or else act again with the
    same moment and ids. A refused request leaves no record, so that it can be corrected and sent
    again with the same key.
    """
    now = act.now
    record = new_record(content_hash, now)
    stored = requests.open(merchant_id, request, record, now=now)
    if stored is None:
        return _attempt(merchant_id, request, record, steps.act, act=act, requests=requests)
    if stored.content_hash != content_hash:
        raise Invalid("idempotency_key_reused")
    if stored.status is not None:
        shown = steps.show(stored.resource_id)
        return Made(shown, stored.status, stored.resource_id, stored.location, replayed=True)
    if stored.until is not None and stored.until > stamp(now):
        raise Conflict("idempotency_in_progress")
    record = stored.taken_over(now)
    requests.replace(merchant_id, request, stored, record)

    def find_or_act(attempt: Attempt) -> Made[A]:
        with suppress(NotFound):
            return steps.find(attempt.created_id)._replace(replayed=True)
        return steps.act(attempt)

    return _attempt(merchant_id, request, record, find_or_act, act=act, requests=requests)


def _attempt[A](
    merchant_id: MerchantId,
    request: IdempotentRequest,
    record: IdempotencyRecord,
    perform: Callable[[Attempt], Made[A]],
    *,
    act: Act,
    requests: IdempotencyRecords,
) -> Made[A]:
    first_act = Act(act.by, moment(record.first_at), repeatable_ids(merchant_id, request))
    try:
        made = perform(new_attempt(first_act))
    except Exception as error:
        if isinstance(error, CrmError) and not isinstance(error, Busy):
            requests.remove(merchant_id, request, record)
        else:
            requests.replace(merchant_id, request, record, record.given_up(act.now))
        raise
    done = record.done(made.status, made.resource_id, made.location)
    requests.replace(merchant_id, request, record, done)
    return made
