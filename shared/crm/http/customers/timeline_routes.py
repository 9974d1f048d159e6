"""The routes of a customer's history: notes and all activities."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from crm.domain.customers.activities import ActivityPosition, ActivityQuery
from crm.domain.idempotency.requests import Attempt
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.paging import Cursor
from crm.domain.kernel.times import stamp
from crm.http.api import Api
from crm.http.cursors import Cursors
from crm.http.customers.activity_answers import activity_answer
from crm.http.customers.models import (
    ActivityAnswer,
    ActivityKindName,
    ActivityPageAnswer,
    NoteWrite,
)
from crm.http.parameters import CursorQuery, CustomerPath, Limit
from crm.http.responses import answer, answer_page
from crm.http.time_ranges import TimeRange
from crm.ports.customers import Activities, Customers
from crm.ports.merchants import Merchants
from crm.usecases.customers.timeline import WINDOW, add_note, get_note, list_activities

From = Annotated[
    str,
    Query(
        alias="from",
        description="A moment (RFC 3339) or a day of the merchant's; 3 days ago if absent.",
    ),
]
To = Annotated[str, Query(alias="to", description="A moment or a day, included; now if absent.")]

#: Earlier than any record.
_EPOCH = "1970-01-01T00:00:00Z"


def timeline_routes(
    app: Api,
    *,
    customers: Customers,
    activities: Activities,
    merchants: Merchants,
    cursors: Cursors,
) -> None:
    """Add the routes of `/customers/{customer_id}/notes` and `…/activities`."""

    def show(customer_id: str, note_id: str) -> Response[str]:
        app.caller.require("customers:read")
        note = get_note(
            app.merchant_id,
            CustomerId(customer_id),
            note_id,
            customers=customers,
            activities=activities,
        )
        return answer(activity_answer(note, app.caller))

    @app.post(
        "/customers/<customer_id>/notes",
        permission="customers:manage",
        answers=ActivityAnswer,
        status=HTTPStatus.CREATED,
        once=show,
    )
    def add(attempt: Attempt, customer_id: CustomerPath, body: NoteWrite) -> Response[str]:
        act = attempt.act
        by = Author(body.source or act.by.source, act.by.actor)
        note = add_note(
            app.merchant_id,
            CustomerId(customer_id),
            attempt.created_id,
            body.text,
            act=replace(act, by=by),
            activities=activities,
        )
        location = f"/customers/{customer_id}/activities?kind=note"
        return answer(activity_answer(note, app.caller), HTTPStatus.CREATED, location=location)

    @app.get(
        "/customers/<customer_id>/notes", permission="customers:read", answers=ActivityPageAnswer
    )
    def notes(
        customer_id: CustomerPath,
        since: From = _EPOCH,
        until: To = "",
        limit: Limit = 50,
        cursor: CursorQuery = "",
    ) -> Response[str]:
        return page(customer_id, "note", since=since, until=until, limit=limit, cursor=cursor)

    @app.get(
        "/customers/<customer_id>/activities",
        permission="customers:read",
        answers=ActivityPageAnswer,
    )
    def history(
        customer_id: CustomerPath,
        *,
        since: From = "",
        until: To = "",
        kind: Annotated[ActivityKindName | None, Query()] = None,
        limit: Limit = 50,
        cursor: CursorQuery = "",
    ) -> Response[str]:
        return page(customer_id, kind, since=since, until=until, limit=limit, cursor=cursor)

    def page(
        customer_id: str,
        kind: ActivityKindName | None,
        *,
        since: str,
        until: str,
        limit: int,
        cursor: str,
    ) -> Response[str]:
        now = app.now()
        time_range = TimeRange(lambda: merchants.get(app.merchant_id).zone)
        query = ActivityQuery(
            since=time_range.start(since) if since else stamp(now - WINDOW),
            until=time_range.end(until) if until else stamp(now),
            kind=kind,
            limit=limit,
        )
        time_range.refuse_upside_down(query.since, query.until)
        binding = {"history": customer_id, "kind": kind or "", "from": since, "to": until}
        page_cursors = cursors.of(app.merchant_id, binding)
        last = page_cursors.read(cursor)
        if last is not None:
            after = ActivityPosition(str(last.value), last.tiebreak)
            query = replace(query, until=max(query.until, after.at), after=after)
        found = list_activities(
            app.merchant_id,
            CustomerId(customer_id),
            query,
            customers=customers,
            activities=activities,
        )
        end = found.next and Cursor(found.next.at, found.next.id)
        items = [activity_answer(each, app.caller) for each in found.items]
        return answer_page(items, page_cursors.write(end))
