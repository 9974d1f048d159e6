"""Requests that name themselves by an `Idempotency-Key`, so that a repeat has its effect once.

The first attempt fixes the moment and the ids that every later one gets again: what it wrote, a
later attempt finds. So the effect rests on the transaction that wrote it, and the key on nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple

from crm.domain.kernel.ids import MerchantId, UserId, derived_ulid
from crm.domain.kernel.times import stamp

LONGEST_KEY = 255
KEPT = timedelta(hours=24)
#: Longer than a gateway waits and a function of ours runs: no attempt is taken over while it does.
ATTEMPT_LASTS = timedelta(seconds=30)

#: Makes the id of something that came to be at a moment.
type NewId = Callable[[datetime], str]


class IdempotentRequest(NamedTuple):
    """Who sends what where: all that a key is good for, and for nothing else."""

    user_id: UserId
    route: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyRecord:
    """What is kept of a keyed request: hashes, moments, and what it made; never a body."""

    content_hash: str
    first_at: str
    expires_at: int
    #: When the attempt under way is given up; none once the request is done.
    until: str | None
    status: int | None = None
    resource_id: str | None = None
    location: str | None = None

    def taken_over(self, now: datetime) -> "IdempotencyRecord":
        """Return the record with a new attempt under way."""
        return replace(self, until=stamp(now + ATTEMPT_LASTS))

    def given_up(self, now: datetime) -> "IdempotencyRecord":
        """Return the record with no attempt under way, so that the next may start at once."""
        return replace(self, until=stamp(now))

    def done(
        self, status: int, resource_id: str | None, location: str | None
    ) -> "IdempotencyRecord":
        """Return the record of a request that was answered."""
        return replace(self, until=None, status=status, resource_id=resource_id, location=location)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One go at a request. Under a key, every go has the same moment and makes the same ids."""

    at: datetime
    new_id: NewId


def new_record(content_hash: str, now: datetime) -> IdempotencyRecord:
    """Return the record of a request that is seen for the first time."""
    return IdempotencyRecord(
        content_hash=content_hash,
        first_at=stamp(now),
        expires_at=int((now + KEPT).timestamp()),
        until=stamp(now + ATTEMPT_LASTS),
    )


def same_ids(merchant_id: MerchantId, request: IdempotentRequest) -> NewId:
    """Return what makes the ids of an attempt: the first, the second …, the same in each."""
    places = count()
    return lambda at: derived_ulid(at, merchant_id, *request, str(next(places)))
