"""Models of the details of outbound events; consumers get their JSON Schemas."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from crm.bus.resources import CustomerAnswer, Resource, ResultAnswer


class CustomerEvent(Resource):
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


class MergeEvent(CustomerEvent):
    """Records became one with this customer; they follow it from now on."""

    merged_ids: list[str]


class UnmergeEvent(CustomerEvent):
    """Records are no more one with this customer; each is told of by itself as it returns."""

    unmerged_ids: list[str]


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


class EndedImport(Resource):
    """An import that ended: rows by outcome, and nobody's data."""

    id: str
    status: Literal["finished", "failed", "cancelled", "reverted"]
    kind: Literal["customers", "points"]
    mode: Literal["overwrite", "create_duplicate", "skip"]
    rows: int | None = Field(description="Rows of the file, once it was read.")
    result: ResultAnswer | None
    failure: str | None = Field(description="The code of the reason why it failed.")


class EndedExport(Resource):
    """An export that ended."""

    id: str
    status: Literal["finished", "failed", "cancelled"]
    scope: Literal["all", "filter", "selected"]
    format: Literal["xlsx", "csv"]
    rows: int | None = Field(description="Customers in the file, once it was read.")
    failure: str | None = Field(description="The code of the reason why it failed.")


class JobEvent(Resource):
    """How a job ended; one that was stopped and taken up again ends again, a revision on."""

    event_id: str = Field(description="The same write always has the same id.")
    merchant_id: str
    occurred_at: str
    revision: int


class ImportEvent(JobEvent):
    """An import ended, well or not."""

    ended: EndedImport = Field(alias="import")


class ExportEvent(JobEvent):
    """An export ended, well or not."""

    export: EndedExport


#: Every outbound detail-type, and the model of its detail.
OUTBOUND: Mapping[str, type[Resource]] = {
    "CustomerCreated": CustomerEvent,
    "CustomerUpdated": CustomerEvent,
    "CustomerArchived": CustomerEvent,
    "CustomerRestored": CustomerEvent,
    "CustomerMerged": MergeEvent,
    "CustomerUnmerged": UnmergeEvent,
    "CustomerErased": CustomerEvent,
    "TierChanged": TierEvent,
    "PointsEarned": PointsEvent,
    "PointsRedeemed": PointsEvent,
    "PointsExpiring": ExpiringEvent,
    "ImportFinished": ImportEvent,
    "ExportFinished": ExportEvent,
}
