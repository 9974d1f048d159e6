"""Routes of exports: request, list, read, link to the file, cancel."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from crm.domain.customers.columns import COLUMN_IDS, read_columns
from crm.domain.idempotency.requests import Attempt
from crm.domain.kernel.errors import Invalid, Problem
from crm.domain.kernel.ids import CustomerId, ExportId
from crm.domain.kernel.paging import Cursor
from crm.http.api import Api
from crm.http.caller import MerchantContext
from crm.http.cursors import Cursors
from crm.http.declarations import READ
from crm.http.exports.answers import export_answer
from crm.http.exports.models import ExportAnswer, ExportCreate, ExportLinkAnswer, ExportPageAnswer
from crm.http.lists.queries import filter_of
from crm.http.parameters import CursorQuery, Limit
from crm.http.responses import answer, answer_page
from crm.ports.exports import ExportRuns, Exports
from crm.ports.files import ExportFiles
from crm.ports.lists import Views
from crm.ports.merchants import MerchantHistory
from crm.usecases.exports.exports import (
    ExportRequest,
    cancel_export,
    fetch_export,
    get_export,
    list_exports,
    request_export,
)
from crm.usecases.lists.views import get_view

ExportPath = Annotated[str, Path(description="The id of an export.")]

#: The column that a view without columns shows.
_DEFAULT_VIEW_COLUMNS = ("full_name",)


def export_routes(
    app: Api,
    *,
    exports: Exports,
    files: ExportFiles,
    runs: ExportRuns,
    history: MerchantHistory,
    views: Views,
    cursors: Cursors,
) -> None:
    """Add the routes of `/exports` and `/exports/{export_id}`."""

    @app.get("/exports/<export_id>", permission="customers:read", answers=ExportAnswer)
    def get(export_id: ExportPath) -> Response[str]:
        job = get_export(app.merchant_id, ExportId(export_id), exports=exports)
        return answer(export_answer(job, app.caller.locale))

    @app.post(
        "/exports",
        permission="customers:export",
        answers=ExportAnswer,
        status=HTTPStatus.ACCEPTED,
        once=get,
    )
    def request(attempt: Attempt, body: ExportCreate) -> Response[str]:
        _refuse_mixed_scope(body)
        conditions, columns = _filter_and_columns(body, app.caller, views)
        job = request_export(
            app.merchant_id,
            ExportId(attempt.created_id),
            ExportRequest(
                scope=body.scope,
                format=body.format,
                columns=columns,
                locale=body.locale or app.caller.locale,
                masked="customers:manage" not in app.caller.permissions,
                conditions=conditions,
                customer_ids=None
                if body.customer_ids is None
                else [CustomerId(each) for each in body.customer_ids],
                email=app.caller.email,
            ),
            act=attempt.act,
            exports=exports,
            files=files,
            runs=runs,
        )
        return answer(
            export_answer(job, app.caller.locale),
            HTTPStatus.ACCEPTED,
            location=f"/exports/{job.id}",
        )

    @app.get("/exports", permission="customers:read", answers=ExportPageAnswer)
    def newest(limit: Limit = 50, cursor: CursorQuery = "") -> Response[str]:
        page_cursors = cursors.of(app.merchant_id, {"list": "exports"})
        last = page_cursors.read(cursor)
        page = list_exports(
            app.merchant_id,
            limit=limit,
            before=ExportId(last.tiebreak) if last else None,
            exports=exports,
        )
        items = [export_answer(job, app.caller.locale) for job in page.items]
        following = page_cursors.after(
            page.items, lambda job: Cursor(job.created_at, job.id), more=page.more
        )
        return answer_page(items, following)

    @app.get(
        "/exports/<export_id>/file",
        permission="customers:export",
        answers=ExportLinkAnswer,
        failures=(*READ, HTTPStatus.CONFLICT),
    )
    def fetch(export_id: ExportPath) -> Response[str]:
        link = fetch_export(
            app.merchant_id,
            ExportId(export_id),
            act=app.act,
            permissions=app.caller.permissions,
            exports=exports,
            files=files,
            history=history,
        )
        return answer(link._asdict())

    @app.post(
        "/exports/<export_id>/cancel",
        permission="customers:export",
        answers=ExportAnswer,
        once=None,
    )
    def cancel(export_id: ExportPath) -> Response[str]:
        job = cancel_export(app.merchant_id, ExportId(export_id), now=app.now(), exports=exports)
        return answer(export_answer(job, app.caller.locale))


def _refuse_mixed_scope(body: ExportCreate) -> None:
    """Raise `Invalid` unless filter and selection come exactly with their scopes (D14)."""
    problems = []
    for field, scope in (("filter", "filter"), ("customer_ids", "selected")):
        present = getattr(body, field) is not None
        if present and body.scope != scope:
            problems.append(Problem(field, "only_with_scope", {"scope": scope}))
        if not present and body.scope == scope:
            problems.append(Problem(field, "required"))
    if problems:
        raise Invalid("invalid_fields", *problems)


def _filter_and_columns(
    body: ExportCreate, caller: MerchantContext, views: Views
) -> tuple[dict[str, Any] | None, Sequence[str]]:
    """Return the filter, which overrides that of a named view, and the columns."""
    if body.columns is not None:
        chosen: Sequence[str] = read_columns(body.columns)
    else:
        chosen = COLUMN_IDS
    if body.filter is None:
        return None, chosen
    own = body.filter.model_dump(exclude_none=True)
    view_id = own.pop("view", None)
    if view_id is not None:
        view = get_view(
            caller.merchant_id,
            view_id,
            user_id=caller.user_id,
            locale=caller.locale,
            views=views,
        )
        own = view.filter.to_json() | own
        chosen = chosen if body.columns is not None else view.columns or _DEFAULT_VIEW_COLUMNS
    return filter_of(own).to_json(), chosen
