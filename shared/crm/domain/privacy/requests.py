"""Privacy requests of the people whose data a merchant keeps, and their legal deadlines.

kind                                answered in     done in   done in, with a third party
----------------------------------  --------------  --------  --------------------------
access, correct, erase              2 working days  10 days   20 days
withdraw_consent, restrict          2 working days  15 days   20 days

Law 91/2025/QH15 and Decree 356/2025/NĐ-CP, in force since 2026-01-01; for the other rights the law
names 10 to 20 days, of which the strictest applies here. A request may be extended once, by at
most 15 days. Days are counted in the merchant's zone; public holidays count as working days, so
that no deadline is too late.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from crm.domain.kernel.errors import Conflict, Invalid, Problem
from crm.domain.kernel.ids import CustomerId, MerchantId, UserId
from crm.domain.kernel.times import day_of, stamp

RequestKind = Literal["access", "correct", "erase", "withdraw_consent", "restrict"]
RequestState = Literal["open", "in_progress", "done", "refused"]
#: The steps of an erasure, in this order. `late` repeats `history` for writes that were in flight
#: when the records were stripped.
ErasureStep = Literal[
    "records", "history", "pairs", "merges", "exports", "imports", "late", "done"
]
STEPS: tuple[ErasureStep, ...] = get_args(ErasureStep)

WORKING_DAYS_TO_ANSWER = 2
MOST_DAYS_MORE = 15
LONGEST_REASON = 1_000

_DAYS: Mapping[RequestKind, int] = {
    "access": 10,
    "correct": 10,
    "erase": 10,
    "withdraw_consent": 15,
    "restrict": 15,
}
_DAYS_WITH_THIRD_PARTY = 20
_SATURDAY = 5
_CLOSED = frozenset({"done", "refused"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The progress of an erasure: its records, its step, and the last row processed in `after`.

    `fingerprints` are keyed hashes, which identify no one. The records are blank from `clean_at`
    on: later imports and exports concern somebody else, even under a freed identity. `imports` are
    those that wrote to the person; `waiting` are those that must end first. `stripped` counts
    what was removed, by kind.
    """

    customer_ids: tuple[CustomerId, ...]
    began_at: str
    clean_at: str | None = None
    step: ErasureStep = "records"
    after: str | None = None
    fingerprints: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    stripped: Mapping[str, int] = field(default_factory=dict)

    def at_next_step(self) -> "Erasure":
        """Return the erasure at its next step; the last step drops fingerprints and imports."""
        following = STEPS[STEPS.index(self.step) + 1]
        if following == "done":
            return replace(self, step=following, after=None, fingerprints=(), imports=())
        return replace(self, step=following, after=None)

    def with_stripped(self, kind: str, count: int) -> "Erasure":
        """Return the erasure with `count` more removals of a kind."""
        if not count:
            return self
        return replace(self, stripped={**self.stripped, kind: self.stripped.get(kind, 0) + count})


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyRequest:
    """A privacy request of a person, its deadlines and state. `revision` counts its writes."""

    merchant_id: MerchantId
    id: str
    kind: RequestKind
    customer_id: CustomerId
    state: RequestState = "open"
    received_at: str
    answer_by: str
    due_at: str
    third_party: bool = False
    days_more: int = 0
    reason: str | None = None
    answered_at: str | None = None
    closed_at: str | None = None
    lifted_at: str | None = None
    created_at: str
    created_by: UserId
    decided_by: UserId | None = None
    erasure: Erasure | None = None
    revision: int = 1

    @property
    def closed(self) -> bool:
        """Tell whether the request is done or refused."""
        return self.state in _CLOSED

    def overdue_at(self, now: str) -> bool:
        """Tell whether the deadline of the answer or of the request has passed."""
        return not self.closed and (
            now > self.due_at or (self.answered_at is None and now > self.answer_by)
        )

    def moved_to(
        self, state: RequestState, by: UserId, at: str, reason: str | None = None
    ) -> "PrivacyRequest":
        """Return the request in another state, or raise `Conflict`; a closed request stays closed.

        A refusal requires a reason, which the person must be told; raises `Invalid` without one. A
        running erasure can be neither refused nor set to done: it ends by itself.
        """
        if self.closed and state != self.state:
            raise Conflict("request_closed")
        if state == "open" and self.state != "open":
            raise Conflict("request_begun")
        if self.erasure and self.erasure.step != "done" and state != "in_progress":
            raise Conflict("erasure_running")
        if self.kind == "erase" and state == "done" and self.erasure is None:
            raise Conflict("erase_first")
        if state == "refused" and not (reason or self.reason):
            raise Invalid("invalid_fields", Problem("reason", "required"))
        return replace(
            self,
            state=state,
            reason=reason or self.reason,
            answered_at=self.answered_at or (at if state != "open" else None),
            closed_at=at if state in _CLOSED and not self.closed else self.closed_at,
            decided_by=by if state != self.state else self.decided_by,
        )

    def answered_with(self, other: "PrivacyRequest") -> "PrivacyRequest":
        """Return a request to erase as done by the erasure of another request."""
        return replace(
            self,
            state="done",
            reason=None,
            answered_at=self.answered_at or other.answered_at,
            closed_at=other.closed_at,
            decided_by=other.decided_by,
        )

    def lifted(self, at: str) -> "PrivacyRequest":
        """Return a restriction as lifted, or raise `Conflict` for another kind of request."""
        if self.kind != "restrict":
            raise Conflict("not_restricted")
        return replace(self, lifted_at=self.lifted_at or at)

    def extended(self, days: int, zone: str) -> "PrivacyRequest":
        """Return the request extended by `days`, or raise `Conflict` for a second extension."""
        if self.closed:
            raise Conflict("request_closed")
        if self.days_more and self.days_more != days:
            raise Conflict("request_prolonged")
        due = due_at(self.kind, self.received_at, zone, third_party=self.third_party, more=days)
        return replace(self, days_more=days, due_at=due)

    def erasing(self, erasure: Erasure, by: UserId, at: str) -> "PrivacyRequest":
        """Return the request in progress with its erasure."""
        return replace(
            self,
            state="in_progress",
            answered_at=self.answered_at or at,
            decided_by=by,
            erasure=erasure,
        )


def answer_by(received_at: str, zone: str) -> str:
    """Return the end of the second working day after a request was received."""
    day, left = day_of(received_at, zone), WORKING_DAYS_TO_ANSWER
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return _end_of(day, zone)


def due_at(
    kind: RequestKind, received_at: str, zone: str, *, third_party: bool, more: int = 0
) -> str:
    """Return the end of the last day on which a request is done in time."""
    days = _DAYS_WITH_THIRD_PARTY if third_party else _DAYS[kind]
    return _end_of(day_of(received_at, zone) + timedelta(days=days + more), zone)


def _end_of(day: date, zone: str) -> str:
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return stamp(midnight.astimezone(UTC) - timedelta(milliseconds=1))
