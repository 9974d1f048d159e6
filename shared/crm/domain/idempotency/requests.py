"""Requests with an `Idempotency-Key`: a request that is sent again takes effect once.

The first attempt fixes the moment and the ids of all attempts, so a later attempt finds what an
earlier one wrote. That makes the transaction of the effect decide whether it happened, not the
stored record of the key.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple

from crm.domain.kernel.acts import Act, NewId
from crm.domain.kernel.ids import MerchantId, UserId, derived_ulid
from crm.domain.kernel.times import stamp

LONGEST_KEY = 255
KEPT = timedelta(hours=24)
#: Longer than the gateway waits and a function runs, so a running attempt is never taken over.
ATTEMPT_LASTS = timedelta(seconds=30)


class IdempotentRequest(NamedTuple):
    """The scope of an idempotency key: it is valid for one user and one route."""

    user_id: UserId
    route: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyRecord:
    """The stored record of a request: hash, times and the created resource; never a body."""

    content_hash: str
    first_at: str
    expires_at: int
    #: When another attempt may take over from the current one; None once the request is done.
    until: str | None
    status: int | None = None
    resource_id: str | None = None
    location: str | None = None

    def taken_over(self, now: datetime) -> "IdempotencyRecord":
        """Return the record with a new attempt in progress."""
        return replace(self, until=stamp(now + ATTEMPT_LASTS))

    def given_up(self, now: datetime) -> "IdempotencyRecord":
        """Return the record with no attempt in progress, so that the next can start at once."""
        return replace(self, until=stamp(now))

    def done(
        self, status: int, resource_id: str | None, location: str | None
    ) -> "IdempotencyRecord":
        """Return the record of a completed request."""
        return replace(self, until=None, status=status, resource_id=resource_id, location=location)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a request. All attempts with one key share the moment and the ids."""

    act: Act
    #: The id of what the request creates, by which a later attempt finds it.
    created_id: str


def new_record(content_hash: str, now: datetime) -> IdempotencyRecord:
    """Return the record of a request received for the first time."""
    return IdempotencyRecord(
        content_hash=content_hash,
        first_at=stamp(now),
        expires_at=int((now + KEPT).timestamp()),
        until=stamp(now + ATTEMPT_LASTS),
    )


def new_attempt(act: Act) -> Attempt:
    """Return an attempt; its first id is that of what it creates, the others follow."""
    return Attempt(act, act.new_id())


def repeatable_ids(merchant_id: MerchantId, request: IdempotentRequest) -> NewId:
    """Return an id factory that gives every attempt at a request the same sequence of ids."""
    positions = count()
    return lambda at: derived_ulid(at, merchant_id, *request, str(next(positions)))
