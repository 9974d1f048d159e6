"""Request and response models of personal data and privacy requests."""

from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from crm.bus.resources import CustomerAnswer
from crm.domain.privacy.personal_data import Section
from crm.domain.privacy.requests import (
    LONGEST_REASON,
    MOST_DAYS_MORE,
    ErasureStep,
    RequestKind,
    RequestState,
)
from crm.http.bodies import Answer, Body

_LONGEST_ID = 64
_Id = Annotated[StrictStr, Field(min_length=1, max_length=_LONGEST_ID)]


class PrivacyRequestCreate(Body):
    """What a person asked for. A withdrawal or a restriction has its effect at once."""

    kind: RequestKind
    customer_id: _Id
    received_at: Annotated[StrictStr, Field(max_length=_LONGEST_ID)] | None = Field(
        default=None, description="When the person asked, if not just now: the clocks run from it."
    )
    third_party: StrictBool = Field(
        default=False, description="Someone who was given the data must act too."
    )


class PrivacyRequestPatch(Body):
    """What becomes of a request: another state, once some days more, or the end of its effect."""

    state: RequestState | None = None
    reason: Annotated[StrictStr, Field(min_length=1, max_length=LONGEST_REASON)] | None = Field(
        default=None, description="What the person is told, needed for a refusal."
    )
    days_more: Annotated[StrictInt, Field(ge=1, le=MOST_DAYS_MORE)] | None = None
    lifted: Literal[True] | None = Field(default=None, description="End a restriction.")


class ErasureCreate(Body):
    """An erasure; without the id of the request that it answers, one is made."""

    request_id: _Id | None = None


class ErasureAnswer(Answer):
    """How far an erasure is. The records are without personal data from the first moment on."""

    customer_ids: list[str] = Field(description="The record, and those merged with it.")
    step: ErasureStep
    stripped: dict[str, int] = Field(description="By kind, how much was stripped or removed.")


class PrivacyRequestAnswer(Answer):
    """A request and its clocks."""

    id: str
    kind: RequestKind
    customer_id: str
    state: RequestState
    received_at: str
    answer_by: str = Field(description="The person is to be answered by then.")
    due_at: str = Field(description="Everything is to be done by then.")
    overdue: bool
    third_party: bool
    days_more: int
    reason: str | None
    answered_at: str | None
    closed_at: str | None
    lifted_at: str | None = Field(description="When a restriction ended.")
    created_at: str
    created_by: str
    decided_by: str | None
    erasure: ErasureAnswer | None
    version: int


class PrivacyRequestPageAnswer(Answer):
    """Some requests, newest first, and where the next ones start."""

    items: list[PrivacyRequestAnswer]
    next_cursor: str | None


class HeldIdentityAnswer(Answer):
    """What names the person, normalised."""

    kind: str
    value: str


class OriginAnswer(Answer):
    """Where a value comes from."""

    source: str
    actor: str
    at: str


class HeldRecordAnswer(Answer):
    """A record of the person, with where each of its values comes from."""

    customer: CustomerAnswer
    identities: list[HeldIdentityAnswer]
    provenance: dict[str, OriginAnswer]
    consent_evidence: str | None
    merged_into: str | None
    restricted_by: str | None = Field(
        description="The request because of which it takes no leave to advertise."
    )


class ConsentLineAnswer(Answer):
    """That leave to send advertising was given or taken."""

    at: str
    accepted: bool
    source: str | None
    evidence: str | None
    actor: str


class HeldPairAnswer(Answer):
    """That the person is like another record."""

    customer_ids: list[str]
    status: str
    score: int
    reasons: list[str]
    found_at: str | None


class HeldMergeAnswer(Answer):
    """A merge of a record of the person, and what is kept to undo it."""

    id: str
    status: Literal["merged", "undone"]
    survivor_id: str
    loser_id: str
    at: str
    before: list[HeldRecordAnswer] = Field(description="The person's records as they were.")


class HoldingsAnswer(Answer):
    """What is kept of a person but for what came about over time."""

    records: list[HeldRecordAnswer]
    consent_ledger: list[ConsentLineAnswer]
    duplicates: list[HeldPairAnswer]
    imports: list[str] = Field(description="Imports that wrote to the person or name them.")
    exports: list[str] = Field(description="Exports whose files may hold the person.")
    requests: list[PrivacyRequestAnswer]
    merges: list[HeldMergeAnswer]


class HeldRowAnswer(Answer):
    """One line of a history, order, entry of the ledger, and so on."""

    customer_id: str
    section: Section
    data: dict[str, Any]


class PersonalDataAnswer(Answer):
    """Everything that is kept of a person: the holdings on the first page, then row by row."""

    customer_id: str
    at: str
    holdings: HoldingsAnswer | None
    items: list[HeldRowAnswer]
    next_cursor: str | None
