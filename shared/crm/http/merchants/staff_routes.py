"""Routes of a merchant's staff: list, invite and change people and programs."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from crm.domain.idempotency.requests import Attempt
from crm.domain.kernel.ids import UserId
from crm.domain.kernel.paging import Cursor
from crm.domain.merchants.staff import StaffMember, rights_of
from crm.http.api import Api
from crm.http.cursors import Cursors
from crm.http.merchants.models import StaffAnswer, StaffInvite, StaffPageAnswer, StaffPatch
from crm.http.parameters import CursorQuery, Limit
from crm.http.responses import answer, answer_page
from crm.ports.merchants import Logins, Staff
from crm.usecases.merchants.staff import (
    StaffChange,
    change_staff,
    get_staff,
    invite_staff,
    list_staff,
)

StaffPath = Annotated[str, Path(description="The id of one of the staff.")]


def staff_routes(app: Api, *, staff: Staff, logins: Logins, cursors: Cursors) -> None:
    """Add the routes of `/settings/staff` and `/settings/staff/{user_id}`."""

    @app.get("/settings/staff", permission="settings:manage", answers=StaffPageAnswer)
    def all_staff(limit: Limit = 50, cursor: CursorQuery = "") -> Response[str]:
        page_cursors = cursors.of(app.merchant_id, {"collection": "staff"})
        last = page_cursors.read(cursor)
        after = UserId(last.tiebreak) if last else None
        page = list_staff(app.merchant_id, limit=limit, after=after, staff=staff)
        following = page_cursors.after(
            page.items, lambda each: Cursor("", each.id), more=page.more
        )
        return answer_page([_shape(each) for each in page.items], following)

    @app.get("/settings/staff/<user_id>", permission="settings:manage", answers=StaffAnswer)
    def get(user_id: StaffPath) -> Response[str]:
        return _answer_with(get_staff(app.merchant_id, UserId(user_id), staff=staff))

    @app.post(
        "/settings/staff",
        permission="settings:manage",
        answers=StaffAnswer,
        status=HTTPStatus.CREATED,
        once=get,
    )
    def invite(attempt: Attempt, body: StaffInvite) -> Response[str]:
        member = invite_staff(
            app.merchant_id,
            body.email,
            body.role,
            body.permissions,
            own=app.caller.permissions,
            made_by=attempt.created_id,
            act=attempt.act,
            staff=staff,
            logins=logins,
        )
        return _answer_with(member, HTTPStatus.CREATED, f"/settings/staff/{member.id}")

    @app.patch(
        "/settings/staff/<user_id>",
        permission="settings:manage",
        answers=StaffAnswer,
        if_match=True,
    )
    def change(user_id: StaffPath, body: StaffPatch) -> Response[str]:
        member = change_staff(
            app.merchant_id,
            UserId(user_id),
            StaffChange(body.role, body.status, body.permissions),
            seen_version=app.seen_version,
            own=app.caller.permissions,
            now=app.now(),
            staff=staff,
            logins=logins,
        )
        return _answer_with(member)


def _shape(member: StaffMember) -> dict[str, Any]:
    return {
        "id": member.id,
        "email": member.email,
        "role": member.role,
        "permissions": sorted(rights_of(member.role, member.permissions)),
        "status": member.status,
        "version": member.version,
        "created_at": member.created_at,
        "updated_at": member.updated_at,
    }


def _answer_with(
    member: StaffMember, status: HTTPStatus = HTTPStatus.OK, location: str | None = None
) -> Response[str]:
    return answer(_shape(member), status, version=member.version, location=location)
