"""Models of the requests and answers of `/events`."""

from pydantic import Field

from crm.http.bodies import Answer, Body


class InboundEventWrite(Body):
    """An event, as a producer would put it on the bus; its merchant is the caller's."""

    detail_type: str = Field(max_length=100, examples=["OrderPaid"])
    source: str = Field(max_length=100, examples=["kiotviet"])
    detail: dict[str, object]


class EventsWrite(Body):
    """At most ten events."""

    events: list[InboundEventWrite] = Field(min_length=1, max_length=10)


class AcceptedEventAnswer(Answer):
    """Whether the bus took an event; one it did not take can be sent again."""

    event_id: str
    accepted: bool


class AcceptedEventsAnswer(Answer):
    """What became of each event, in the order sent."""

    items: list[AcceptedEventAnswer]
    next_cursor: None = None


class ReplayWrite(Body):
    """Which customers to publish again: those last updated in this stretch."""

    updated_from: str = Field(max_length=40, examples=["2026-11-01"])
    updated_to: str = Field("", max_length=40, description="Now, if absent.")
    cursor: str = Field("", description="`next_cursor` of the answer before.")


class ReplayAnswer(Answer):
    """How many customers were published again, and where to go on if there are more."""

    published: int
    next_cursor: str | None
