"""Answer a request that carries an `Idempotency-Key` once, however often it is sent (B-17)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from crm.domain.idempotency.requests import (
    Attempt,
    IdempotencyRecord,
    IdempotentRequest,
    new_record,
    same_ids,
)
from crm.domain.kernel.errors import Busy, Conflict, CrmError, Invalid, NotFound
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.times import moment, stamp
from crm.ports.idempotency import IdempotencyRecords


class Made[A](NamedTuple):
    """An answer, its status, and the resource by which it can be given again."""

    answer: A
    status: int
    resource_id: str | None = None
    location: str | None = None
    replayed: bool = False


class Ways[A](NamedTuple):
    """How a request is answered: by acting, by showing what was made, and by finding it.

    `find` takes the id that every attempt makes first, and raises `NotFound` if none made it yet.
    """

    act: Callable[[Attempt], Made[A]]
    show: Callable[[str | None], A]
    find: Callable[[str], Made[A]]


def answer_once[A](
    merchant_id: MerchantId,
    request: IdempotentRequest,
    content_hash: str,
    ways: Ways[A],
    *,
    now: datetime,
    requests: IdempotencyRecords,
) -> Made[A]:
    """Act on a new request; show what a repeated one made, as it is now.

    An attempt whose end nobody saw is gone on with: what it would have made is looked for, and
    else acted again with the same moment and ids. A refused request leaves no trace, so that it
    may be corrected and come under the same key.
    """
    record = new_record(content_hash, now)
    known = requests.open(merchant_id, request, record, now=now)
    if known is None:
        return _ended(merchant_id, request, record, ways.act, now=now, requests=requests)
    if known.content_hash != content_hash:
        raise Invalid("idempotency_key_reused")
    if known.status is not None:
        shown = ways.show(known.resource_id)
        return Made(shown, known.status, known.resource_id, known.location, replayed=True)
    if known.until is not None and known.until > stamp(now):
        raise Conflict("idempotency_in_progress")
    record = known.taken_over(now)
    requests.replace(merchant_id, request, known, record)

    def go_on(attempt: Attempt) -> Made[A]:
        with suppress(NotFound):
            return ways.find(same_ids(merchant_id, request)(attempt.at))._replace(replayed=True)
        return ways.act(attempt)

    return _ended(merchant_id, request, record, go_on, now=now, requests=requests)


def _ended[A](
    merchant_id: MerchantId,
    request: IdempotentRequest,
    record: IdempotencyRecord,
    act: Callable[[Attempt], Made[A]],
    *,
    now: datetime,
    requests: IdempotencyRecords,
) -> Made[A]:
    try:
        made = act(Attempt(moment(record.first_at), same_ids(merchant_id, request)))
    except Exception as error:
        if isinstance(error, CrmError) and not isinstance(error, Busy):
            requests.remove(merchant_id, request, record)
        else:
            requests.replace(merchant_id, request, record, record.given_up(now))
        raise
    done = record.done(made.status, made.resource_id, made.location)
    requests.replace(merchant_id, request, record, done)
    return made
