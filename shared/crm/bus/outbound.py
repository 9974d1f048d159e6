"""Models of the details of outbound events; consumers get their JSON Schemas."""

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from crm.bus.resources import CustomerAnswer, Resource, ResultAnswer

#: The model of the detail of each outbound event; `crm.domain.events.outbound` makes the events.
OUTBOUND: dict[str, type[Resource]] = {}


def _detail_of[Model: Resource](*names: str) -> Callable[[type[Model]], type[Model]]:
    """Register a model as the detail of events."""

    def registered(model: type[Model]) -> type[Model]:
        OUTBOUND.update(dict.fromkeys(names, model))
        return model

    return registered


class OutboundDetail(Resource):
    """The envelope that every outbound event has."""

    event_id: str = Field(description="The same write always has the same id.")
    merchant_id: str
    occurred_at: str
    revision: int


@_detail_of(
    "CustomerCreated",
    "CustomerUpdated",
    "CustomerArchived",
    "CustomerRestored",
    "CustomerErased",
)
class CustomerEvent(OutboundDetail):
    """What became of a customer. Of two events, the one with the higher `revision` is later."""

    changed: list[str] = Field(description="The fields of `customer` that differ from before.")
    replayed: Literal[True] | None = Field(
        None, description="Told again by `POST /events/replay`; `changed` is empty then."
    )
    customer: CustomerAnswer


@_detail_of("CustomerMerged")
class MergeEvent(CustomerEvent):
    """Records became one with this customer; they follow it from now on."""

    merged_ids: list[str]


@_detail_of("CustomerUnmerged")
class UnmergeEvent(CustomerEvent):
    """Records are no more one with this customer; each is told of by itself as it returns."""

    unmerged_ids: list[str]


@_detail_of("TierChanged")
class TierEvent(CustomerEvent):
    """A member's tier moved."""

    was: str
    now: str


@_detail_of("PointsEarned", "PointsRedeemed")
class PointsEvent(CustomerEvent):
    """A member's points were earned, or spent on a reward."""

    points: int


@_detail_of("PointsExpiring")
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


@_detail_of("ImportFinished")
class ImportEvent(OutboundDetail):
    """An import ended, well or not."""

    ended: EndedImport = Field(alias="import")


@_detail_of("ExportFinished")
class ExportEvent(OutboundDetail):
    """An export ended, well or not."""

    export: EndedExport
