"""The routes of `/events`: send events, and replay customers."""

from http import HTTPStatus
from typing import get_args

from aws_lambda_powertools.event_handler import Response

from crm.bus.messages import MOST_BYTES, read_event, size_of
from crm.domain.kernel.errors import Invalid, Problem, TooLarge
from crm.domain.kernel.paging import Cursor
from crm.domain.kernel.sources import OutboundEvent
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Merchant
from crm.domain.orders.rejections import Rejected
from crm.http.api import Api
from crm.http.cursors import Cursors
from crm.http.events.models import (
    AcceptedEventsAnswer,
    EventsWrite,
    InboundEventWrite,
    ReplayAnswer,
    ReplayWrite,
)
from crm.http.responses import answer, answer_page
from crm.http.time_ranges import TimeRange
from crm.ports.customers import Customers
from crm.ports.events import Events
from crm.ports.lists import CustomerLists
from crm.ports.merchants import Merchants
from crm.ports.privacy import PrivacyRequests
from crm.usecases.events.publishing import Among, ReplayPlace, replay, send_events

_AMONG: tuple[Among, ...] = get_args(Among)


def event_routes(
    app: Api,
    *,
    merchants: Merchants,
    customers: Customers,
    lists: CustomerLists,
    privacy: PrivacyRequests,
    bus: Events,
    cursors: Cursors,
) -> None:
    """Add the routes `POST /events` and `POST /events/replay`."""

    @app.post(
        "/events",
        permission="service",
        answers=AcceptedEventsAnswer,
        status=HTTPStatus.ACCEPTED,
        once=None,
    )
    def send(body: EventsWrite) -> Response[str]:
        app.caller.require_service()
        events = _read(body, merchants.get(app.merchant_id))
        results = send_events(events, bus=bus)
        items = [
            {"event_id": event.detail["event_id"], "accepted": accepted}
            for event, accepted in zip(events, results, strict=True)
        ]
        return answer_page(items, status=HTTPStatus.ACCEPTED)

    @app.post(
        "/events/replay",
        permission="settings:manage",
        answers=ReplayAnswer,
        status=HTTPStatus.ACCEPTED,
        once=None,
    )
    def replayed(body: ReplayWrite) -> Response[str]:
        now = app.now()
        time_range = TimeRange(lambda: merchants.get(app.merchant_id).zone)
        since = time_range.start(body.updated_from, "updated_from")
        until = time_range.end(body.updated_to, "updated_to") if body.updated_to else stamp(now)
        time_range.refuse_upside_down(since, until)
        page_cursors = cursors.of(
            app.merchant_id, {"replay": f"{body.updated_from}/{body.updated_to}"}
        )
        done = replay(
            app.merchant_id,
            since,
            until,
            _place(page_cursors.read(body.cursor)),
            now=now,
            lists=lists,
            customers=customers,
            privacy=privacy,
            bus=bus,
        )
        following = page_cursors.write(done.next and _cursor_of(done.next))
        return answer({"published": done.published, "next_cursor": following}, HTTPStatus.ACCEPTED)


def _read(body: EventsWrite, merchant: Merchant) -> list[OutboundEvent]:
    """Return the events with the caller's merchant, or raise `Invalid` with every problem."""
    problems: list[Problem] = []
    events: list[OutboundEvent] = []
    for index, each in enumerate(body.events):
        try:
            events.append(_checked(each, merchant))
        except Rejected as rejected:
            code = (
                "source_not_connected"
                if rejected.reason == "source_not_connected"
                else "event_field_invalid"
            )
            problems += [Problem(f"events.{index}.{path}", code) for path in rejected.fields]
    if problems:
        raise Invalid("invalid_fields", *problems)
    return events


def _checked(sent: InboundEventWrite, merchant: Merchant) -> OutboundEvent:
    detail = {**sent.detail, "merchant_id": merchant.id}
    if size_of(detail) > MOST_BYTES:
        raise TooLarge("event_too_large", limit=MOST_BYTES)
    try:
        message = read_event(sent.detail_type, sent.source, detail)
    except Rejected as rejected:
        paths = [path if path in _ENVELOPE else f"detail.{path}" for path in rejected.fields]
        raise Rejected(rejected.reason, [_ENVELOPE.get(path, path) for path in paths]) from None
    if not merchant.accepts_events_from(message.source):
        raise Rejected("source_not_connected", ["source"])
    return OutboundEvent(message.kind, detail, message.source)


#: The names in the request body of the fields of an event's envelope.
_ENVELOPE = {"detail-type": "detail_type", "source": "source", "detail": "detail"}


def _cursor_of(place: ReplayPlace) -> Cursor:
    among, (value, customer_id) = place
    return Cursor(value, f"{among}#{customer_id}")


def _place(cursor: Cursor | None) -> ReplayPlace | None:
    if cursor is None:
        return None
    stage, _, customer_id = cursor.tiebreak.partition("#")
    among = next(each for each in _AMONG if each == stage)
    return ReplayPlace(among, Cursor(cursor.value, customer_id))
