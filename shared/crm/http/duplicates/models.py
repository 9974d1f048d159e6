"""Models of possible duplicates over HTTP."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictStr

from crm.domain.duplicates.scoring import PairStatus, Reason, Strength
from crm.http.bodies import Answer, Body
from crm.http.merges.models import MergeAnswer
from crm.usecases.duplicates.pairs import MOST_AT_ONCE

_LONGEST_ID = 80

type _PairId = Annotated[StrictStr, Field(min_length=1, max_length=_LONGEST_ID)]


class AcceptWrite(Body):
    """Who stays, and whose value of each field."""

    survivor_id: StrictStr | None = Field(
        None, description="Without it, who has more orders stays, else the older record."
    )
    keep: dict[StrictStr, Literal["survivor", "loser"]] = Field(
        default_factory=dict, description="As in `POST /merges`."
    )


class AcceptManyWrite(Body):
    """Which pairs to merge: these, or the first hundred that are exact."""

    ids: Annotated[list[_PairId], Field(min_length=1, max_length=MOST_AT_ONCE)] | None = None
    exact: StrictBool = False


class ReasonAnswer(Answer):
    """What speaks for a pair, or with negative points against it."""

    kind: Reason
    points: int
    message: str


class DuplicateCustomerAnswer(Answer):
    """What is worth comparing of a customer of a pair."""

    id: str
    code: str
    display_name: str
    full_name: str | None
    phone: str | None = Field(description="E.164; masked without `customers:manage`.")
    email: str | None
    birthday: str | None
    gender: Literal["male", "female", "other"] | None
    card_code: str | None
    address: str | None = Field(description="The line of the default address.")
    source: str
    order_count: int
    total_spent: int
    last_order_at: str | None
    created_at: str


class PairAnswer(Answer):
    """Two customers that may be one person, and why."""

    id: str
    status: PairStatus
    score: int = Field(ge=0, le=100, description="95 and more is exact, 60 and more likely.")
    strength: Strength
    reasons: list[ReasonAnswer]
    found_at: str
    decided_at: str | None = Field(description="When somebody said that they are not one person.")
    decided_by: str | None
    default_survivor_id: str
    customers: Annotated[list[DuplicateCustomerAnswer], Field(min_length=2, max_length=2)]


class PairPageAnswer(Answer):
    """Some pairs, the likeliest first; a page may be short, with more behind it.

    Of a crowd that has one thing in common, the twenty oldest are compared with each other; others
    come in as those are merged or leave.
    """

    items: list[PairAnswer]
    next_cursor: str | None


class PairOutcomeAnswer(Answer):
    """What became of one pair; `gone` if one of the two had been merged, archived or erased."""

    id: str
    outcome: Literal["merged", "gone", "not_found", "refused", "busy"]
    merge: MergeAnswer | None
    code: str | None
    message: str | None


class PairOutcomesAnswer(Answer):
    """An outcome for each pair."""

    items: list[PairOutcomeAnswer]
    next_cursor: None
