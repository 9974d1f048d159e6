"""Answer a request that carries an `Idempotency-Key` once, however often it is sent (B-17)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from crm.domain.errors import Busy, Conflict, CrmError, Invalid, NotFound
from crm.domain.idempotency import Attempt, KeyedRequest, RequestRecord, new_record, same_ids
from crm.domain.ids import MerchantId
from crm.domain.times import moment, stamp
from crm.ports import KeyedRequests


class Made[A](NamedTuple):
    """An answer, its status, and the resource by which it can be given again."""

    answer: A
    status: int
    resource_id: str
    location: str | None
    replayed: bool = False


def answer_once[A](
    merchant_id: MerchantId,
    request: KeyedRequest,
    content_hash: str,
    *,
    now: datetime,
    requests: KeyedRequests,
    act: Callable[[Attempt], Made[A]],
    show: Callable[[str], Made[A]],
) -> Made[A]:
    """Act on a new request; show what a repeated one made, as it is now.

    An attempt whose end nobody saw is gone on with: what it would have made is looked for, and
    else acted again with the same moment and ids. A refused request leaves no trace, so that it
    may be corrected and come under the same key.
    """
    record = new_record(content_hash, now)
    known = requests.open(merchant_id, request, record, now=now)
    if known is None:
        return _finished(merchant_id, request, record, now=now, requests=requests, act=act)
    if known.content_hash != content_hash:
        raise Invalid("idempotency_key_reused")
    if known.status is not None and known.resource_id is not None:
        shown = show(known.resource_id)
        return shown._replace(status=known.status, location=known.location, replayed=True)
    if known.until is not None and known.until > stamp(now):
        raise Conflict("idempotency_in_progress")
    record = known.taken_over(now)
    requests.replace(merchant_id, request, known, record)

    def go_on(attempt: Attempt) -> Made[A]:
        with suppress(NotFound):
            first_id = same_ids(merchant_id, request)(attempt.at)
            return show(first_id)._replace(replayed=True)
        return act(attempt)

    return _finished(merchant_id, request, record, now=now, requests=requests, act=go_on)


def _finished[A](
    merchant_id: MerchantId,
    request: KeyedRequest,
    record: RequestRecord,
    *,
    now: datetime,
    requests: KeyedRequests,
    act: Callable[[Attempt], Made[A]],
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
