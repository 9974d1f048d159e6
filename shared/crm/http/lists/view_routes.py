"""Routes of saved views."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from crm.domain.customers.columns import DEFAULT_LIST_COLUMNS, read_columns
from crm.domain.idempotency.requests import Attempt
from crm.domain.kernel.errors import Invalid, Problem, read_each, read_field
from crm.domain.kernel.texts import is_visible, read_line
from crm.domain.lists.views import LONGEST_VIEW_NAME, View
from crm.http.api import Api
from crm.http.caller import MerchantContext
from crm.http.cursors import Cursors
from crm.http.lists.queries import DEFAULT_SORT, filter_of, sort_problem
from crm.http.lists.view_models import ViewAnswer, ViewCreate, ViewPageAnswer, ViewPatch
from crm.http.parameters import CursorQuery, Limit
from crm.http.responses import answer
from crm.http.small_pages import answer_small_page
from crm.ports.lists import Views
from crm.usecases.lists.views import edit_view, get_view, list_views, remove_view, save_view

ViewPath = Annotated[str, Path(description="The id of a view.")]


def view_routes(app: Api, *, views: Views, cursors: Cursors) -> None:
    """Add the routes of `/views` and `/views/{view_id}`."""

    @app.get("/views", permission="customers:read", answers=ViewPageAnswer)
    def all_views(limit: Limit = 50, cursor: CursorQuery = "") -> Response[str]:
        found = list_views(
            app.merchant_id, user_id=app.caller.user_id, locale=app.caller.locale, views=views
        )
        return answer_small_page(
            cursors.of(app.merchant_id, {"collection": f"views of {app.caller.user_id}"}),
            found,
            lambda view: view.id,
            lambda view: _view_answer(view, app.caller),
            limit=limit,
            cursor=cursor,
        )

    @app.get("/views/<view_id>", permission="customers:read", answers=ViewAnswer)
    def get(view_id: ViewPath) -> Response[str]:
        view = get_view(
            app.merchant_id,
            view_id,
            user_id=app.caller.user_id,
            locale=app.caller.locale,
            views=views,
        )
        return _view_response(view, app.caller)

    @app.post(
        "/views",
        permission="customers:read",
        answers=ViewAnswer,
        status=HTTPStatus.CREATED,
        once=get,
    )
    def save(attempt: Attempt, body: ViewCreate) -> Response[str]:
        values = _values(body.model_dump(exclude_unset=True)) | {"shared": body.shared}
        view = save_view(
            app.merchant_id,
            attempt.created_id,
            {"columns": DEFAULT_LIST_COLUMNS, **values},
            user_id=app.caller.user_id,
            may_share="customers:manage" in app.caller.permissions,
            act=attempt.act,
            views=views,
        )
        return _view_response(view, app.caller, HTTPStatus.CREATED, f"/views/{view.id}")

    @app.patch("/views/<view_id>", permission="customers:read", answers=ViewAnswer, if_match=True)
    def edit(view_id: ViewPath, body: ViewPatch) -> Response[str]:
        view = edit_view(
            app.merchant_id,
            view_id,
            _values(body.model_dump(exclude_unset=True)),
            seen_version=app.seen_version,
            user_id=app.caller.user_id,
            may_share="customers:manage" in app.caller.permissions,
            now=app.now(),
            views=views,
        )
        return _view_response(view, app.caller)

    @app.delete(
        "/views/<view_id>",
        permission="customers:read",
        answers=ViewAnswer,
        failures=(404, 409, 412, 428),
        if_match=True,
    )
    def remove(view_id: ViewPath) -> Response[str]:
        view = remove_view(
            app.merchant_id,
            view_id,
            seen_version=app.seen_version,
            user_id=app.caller.user_id,
            may_share="customers:manage" in app.caller.permissions,
            views=views,
        )
        return answer(_view_answer(view, app.caller))


def _values(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of a view in a body; null resets a part to its default."""
    return read_each(body, lambda name, value: _READERS[name](value))


def _name(typed: str | None) -> str:
    name = read_field("name", lambda: read_line(typed or "", LONGEST_VIEW_NAME))
    if not is_visible(name):
        raise Invalid("invalid_fields", Problem("name", "required"))
    return name


def _filter(typed: Mapping[str, Any] | None) -> object:
    try:
        return filter_of(typed or {})
    except Invalid as invalid:
        problems = (
            Problem(f"filter.{each.field}", each.code, each.params) for each in invalid.problems
        )
        raise Invalid("invalid_fields", *problems) from invalid


def _sort(typed: str | None) -> str:
    sort = typed or DEFAULT_SORT
    if problem := sort_problem(sort):
        raise Invalid("invalid_fields", problem)
    return sort


def _columns(typed: list[str] | None) -> tuple[str, ...]:
    return DEFAULT_LIST_COLUMNS if typed is None else read_columns(typed)


_READERS: Mapping[str, Callable[[Any], object]] = {
    "name": _name,
    "filter": _filter,
    "sort": _sort,
    "columns": _columns,
    "shared": bool,
}


def _view_response(
    view: View,
    caller: MerchantContext,
    status: HTTPStatus = HTTPStatus.OK,
    location: str | None = None,
) -> Response[str]:
    return answer(_view_answer(view, caller), status, version=view.version, location=location)


def _view_answer(view: View, caller: MerchantContext) -> dict[str, Any]:
    return {
        "id": view.id,
        "name": view.name,
        "filter": view.filter.to_json(),
        "sort": view.sort,
        "columns": list(view.columns),
        "shared": view.shared,
        "is_default": view.is_default,
        "is_mine": view.owner == caller.user_id,
        "version": view.version,
        "created_at": view.created_at,
        "updated_at": view.updated_at,
    }
