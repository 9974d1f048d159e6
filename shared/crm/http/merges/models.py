"""Request and response models of the merge routes."""

from typing import Any, Literal

from pydantic import Field, StrictStr

from crm.bus.resources import MembershipAnswer, MetricsAnswer
from crm.http.bodies import Answer, Body
from crm.http.customers.models import CustomerLookup

_SIDE = Literal["survivor", "loser"]


class MergeWrite(Body):
    """Two records of one person; the one that goes is named by its id or by an identity."""

    survivor_id: StrictStr = Field(description="The customer that stays.")
    loser_id: StrictStr | None = Field(None, description="The customer that is merged into it.")
    loser: CustomerLookup | None = Field(
        None, description="Instead of `loser_id`: one identity, typed in any way."
    )
    keep: dict[StrictStr, _SIDE] = Field(
        default_factory=dict,
        description="Whose value of a field stays; what is not named stays as the preview says.",
        examples=[{"full_name": "loser"}],
    )


class MergeFieldAnswer(Answer):
    """A field of both records, and what becomes of it."""

    field: str
    survivor: Any
    loser: Any
    default: Literal["survivor", "loser", "both"] = Field(
        description="Whose value stays if nobody chooses; `both` where they are pooled."
    )
    result: Any
    choosable: bool


class MergePreviewAnswer(Answer):
    """What a merge would make of two records; nothing is changed yet."""

    survivor_id: str
    loser_id: str
    records: int = Field(description="How many records the person would have.")
    fields: list[MergeFieldAnswer]
    metrics: MetricsAnswer
    membership: MembershipAnswer


class MergeAnswer(Answer):
    """A merge."""

    id: str
    status: Literal["merged", "undone"]
    survivor_id: str
    loser_id: str
    keep: dict[str, _SIDE]
    at: str
    by: str
    undo_until: str
    undone_at: str | None
    undone_by: str | None


class MergePageAnswer(Answer):
    """Some merges, newest first."""

    items: list[MergeAnswer]
    next_cursor: str | None
