"""Events as they go out, as models; the customer in them is the API's."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from crm.http.models import Answer, CustomerAnswer


class CustomerEvent(Answer):
    """What became of a customer. Of two events, the one with the higher `revision` is later."""

    event_id: str = Field(description="The same write always has the same id.")
    merchant_id: str
    occurred_at: str
    revision: int
    changed: list[str] = Field(description="The fields of `customer` that differ from before.")
    replayed: Literal[True] | None = Field(
        None, description="Told again by `POST /events/replay`; `changed` is empty then."
    )
    customer: CustomerAnswer


#: Every detail-type that we say, and the model of its detail.
class TierEvent(CustomerEvent):
    """A member's tier moved."""

    was: str
    now: str


class PointsEvent(CustomerEvent):
    """A member's points were earned, or spent on a reward."""

    points: int


class ExpiringEvent(PointsEvent):
    """Points of a member expire soon, as things stand."""

    expires_at: str


OUTBOUND: Mapping[str, type[Answer]] = {
    "CustomerCreated": CustomerEvent,
    "CustomerUpdated": CustomerEvent,
    "CustomerArchived": CustomerEvent,
    "CustomerRestored": CustomerEvent,
    "TierChanged": TierEvent,
    "PointsEarned": PointsEvent,
    "PointsRedeemed": PointsEvent,
    "PointsExpiring": ExpiringEvent,
}
