"""Routes of a merchant's groups."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from crm.domain.idempotency.requests import Attempt
from crm.http.api import Api
from crm.http.cursors import Cursors
from crm.http.merchants.models import GroupAnswer, GroupCreate, GroupPageAnswer, GroupPatch
from crm.http.parameters import CursorQuery, Limit
from crm.http.responses import answer
from crm.http.small_pages import answer_small_page
from crm.ports.customers import MerchantGroups
from crm.ports.lists import Facets
from crm.usecases.merchants.groups import (
    GroupWithCount,
    create_group,
    get_group,
    list_groups,
    remove_group,
    rename_group,
)

GroupPath = Annotated[str, Path(description="The code of a group.")]


def group_routes(app: Api, *, groups: MerchantGroups, facets: Facets, cursors: Cursors) -> None:
    """Add the routes of `/groups` and `/groups/{group_id}`."""

    @app.get("/groups", permission="customers:read", answers=GroupPageAnswer)
    def all_groups(limit: Limit = 50, cursor: CursorQuery = "") -> Response[str]:
        found = list_groups(app.merchant_id, groups=groups, facets=facets)
        return answer_small_page(
            cursors.of(app.merchant_id, {"collection": "groups"}),
            found,
            lambda each: each.group.code,
            _shape,
            limit=limit,
            cursor=cursor,
        )

    @app.get("/groups/<group_id>", permission="customers:read", answers=GroupAnswer)
    def get(group_id: GroupPath) -> Response[str]:
        found = get_group(app.merchant_id, group_id, groups=groups, facets=facets)
        return _answer_with(found)

    @app.post(
        "/groups",
        permission="settings:manage",
        answers=GroupAnswer,
        status=HTTPStatus.CREATED,
        once=get,
    )
    def create(attempt: Attempt, body: GroupCreate) -> Response[str]:
        made = create_group(
            app.merchant_id, body.name, body.code, made_by=attempt.created_id, groups=groups
        )
        return _answer_with(made, HTTPStatus.CREATED, f"/groups/{made.group.code}")

    @app.patch(
        "/groups/<group_id>", permission="settings:manage", answers=GroupAnswer, if_match=True
    )
    def rename(group_id: GroupPath, body: GroupPatch) -> Response[str]:
        renamed = rename_group(
            app.merchant_id,
            group_id,
            body.name,
            seen_version=app.seen_version,
            groups=groups,
            facets=facets,
        )
        return _answer_with(renamed)

    @app.delete(
        "/groups/<group_id>", permission="settings:manage", answers=GroupAnswer, if_match=True
    )
    def remove(group_id: GroupPath) -> Response[str]:
        removed = remove_group(
            app.merchant_id,
            group_id,
            seen_version=app.seen_version,
            groups=groups,
            facets=facets,
        )
        return answer(_shape(removed))


def _shape(counted: GroupWithCount) -> dict[str, Any]:
    group = counted.group
    return {
        "id": group.code,
        "code": group.code,
        "name": group.name,
        "customer_count": counted.customers,
        "version": group.version,
    }


def _answer_with(
    counted: GroupWithCount, status: HTTPStatus = HTTPStatus.OK, location: str | None = None
) -> Response[str]:
    return answer(_shape(counted), status, version=counted.group.version, location=location)
