"""Routes of a merchant's groups."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from crm.http.api import CHANGE, CREATE, READ, Api, answer, answers
from crm.http.cursors import Cursors
from crm.http.etags import etag, seen_version
from crm.http.merchants.models import GroupAnswer, GroupCreate, GroupPageAnswer, GroupPatch
from crm.http.parameters import CursorQuery, IfMatch
from crm.http.small_pages import small_page
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
Limit = Annotated[int, Query(ge=1, le=100)]


def group_routes(app: Api, *, groups: MerchantGroups, facets: Facets, cursors: Cursors) -> None:
    """Add the routes of `/groups` and `/groups/{group_id}`."""

    @app.get("/groups", responses=answers(GroupPageAnswer))
    def all_groups(limit: Limit = 50, cursor: CursorQuery = "") -> Response[str]:
        caller = app.caller_with("customers:read")
        found = list_groups(caller.merchant_id, groups=groups, facets=facets)
        page = small_page(
            caller.merchant_id,
            cursors,
            "groups",
            [(each.group.code, each) for each in found],
            limit=limit,
            cursor=cursor,
        )
        items = [_shape(each) for each in page.items]
        return answer({"items": items, "next_cursor": page.next_cursor})

    @app.get("/groups/<group_id>", responses=answers(GroupAnswer, failures=READ))
    def get(group_id: GroupPath) -> Response[str]:
        caller = app.caller_with("customers:read")
        found = get_group(caller.merchant_id, group_id, groups=groups, facets=facets)
        return _answer_with(found)

    @app.post("/groups", responses=answers(GroupAnswer, HTTPStatus.CREATED, failures=CREATE))
    @app.once(get)
    def create(body: GroupCreate) -> Response[str]:
        caller = app.caller_with("settings:manage")
        made = create_group(caller.merchant_id, body.name, body.code, act=app.act, groups=groups)
        return _answer_with(made, HTTPStatus.CREATED, f"/groups/{made.group.code}")

    @app.patch("/groups/<group_id>", responses=answers(GroupAnswer, failures=CHANGE))
    def rename(group_id: GroupPath, body: GroupPatch, if_match: IfMatch = "") -> Response[str]:
        caller = app.caller_with("settings:manage")
        renamed = rename_group(
            caller.merchant_id,
            group_id,
            body.name,
            seen_version=seen_version(if_match),
            groups=groups,
            facets=facets,
        )
        return _answer_with(renamed)

    @app.delete("/groups/<group_id>", responses=answers(GroupAnswer, failures=CHANGE))
    def remove(group_id: GroupPath, if_match: IfMatch = "") -> Response[str]:
        caller = app.caller_with("settings:manage")
        removed = remove_group(
            caller.merchant_id,
            group_id,
            seen_version=seen_version(if_match),
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
    headers = {"ETag": etag(counted.group.version)}
    if location is not None:
        headers["Location"] = location
    return answer(_shape(counted), status, headers)
