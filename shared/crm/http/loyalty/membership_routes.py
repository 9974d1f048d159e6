"""Routes of a member: tier, balances, ledger, adjustments and redemptions."""

from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from crm.domain.kernel.errors import NotFound
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.paging import Cursor
from crm.domain.kernel.times import stamp
from crm.domain.loyalty.points import PointsPosition
from crm.http.api import ACTION, CHANGE, READ, Api, answer, answers
from crm.http.caller import MerchantContext
from crm.http.cursors import Cursors
from crm.http.customers.answers import content_location
from crm.http.etags import etag, seen_version
from crm.http.loyalty.answers import line_answer, membership_answer, points_answer
from crm.http.loyalty.models import (
    AdjustmentWrite,
    BalancesAnswer,
    MemberAnswer,
    PointsLineAnswer,
    PointsLinePageAnswer,
    RedemptionAnswer,
    RedemptionPageAnswer,
    RedemptionWrite,
    TierByHand,
)
from crm.http.parameters import CursorQuery, CustomerPath, IfMatch
from crm.ports.loyalty import Points, Rewards
from crm.ports.orders import Changesets
from crm.usecases.loyalty.membership import adjust_points, enrol, membership_of, rank_by_hand
from crm.usecases.loyalty.person_ledger import pooled_points, pooled_redemptions
from crm.usecases.loyalty.rewards import cancel_redemption, redeem

RedemptionPath = Annotated[str, Path(description="The id of a redemption.")]
Limit = Annotated[int, Query(ge=1, le=100)]

#: How many lines a repeated adjustment searches for the one that it made.
_NEWEST_LINES = 100


def membership_routes(app: Api, *, changesets: Changesets) -> None:
    """Add the routes of `/customers/{customer_id}/membership` and `…/points`."""

    def shown(customer_id: str) -> Response[str]:
        return shown_to(app.caller_with("customers:read"), customer_id)

    def shown_to(caller: MerchantContext, customer_id: str) -> Response[str]:
        view = membership_of(caller.merchant_id, CustomerId(customer_id), changesets=changesets)
        shape = membership_answer(view, caller.locale, stamp(app.now()))
        place = content_location(customer_id, view.customer.id, "/membership")
        return answer(shape, headers={"ETag": etag(view.customer.version), **place})

    @app.get(
        "/customers/<customer_id>/membership",
        responses=answers(MemberAnswer, failures=READ),
    )
    def membership(customer_id: CustomerPath) -> Response[str]:
        return shown(customer_id)

    @app.post(
        "/customers/<customer_id>/membership",
        summary="Enrol a customer",
        responses=answers(MemberAnswer, failures=ACTION),
    )
    @app.repeatable
    def join(customer_id: CustomerPath) -> Response[str]:
        caller = app.caller_with("customers:manage")
        enrol(caller.merchant_id, CustomerId(customer_id), act=app.act, changesets=changesets)
        return shown_to(caller, customer_id)

    @app.patch(
        "/customers/<customer_id>/membership",
        summary="Put a member into a tier by hand",
        responses=answers(MemberAnswer, failures=CHANGE),
    )
    def put_into(
        customer_id: CustomerPath, body: TierByHand, if_match: IfMatch = ""
    ) -> Response[str]:
        caller = app.caller_with("loyalty:manage")
        rank_by_hand(
            caller.merchant_id,
            CustomerId(customer_id),
            body.tier,
            body.reason,
            seen_version=seen_version(if_match),
            act=app.act,
            changesets=changesets,
        )
        return shown_to(caller, customer_id)

    @app.get("/customers/<customer_id>/points", responses=answers(BalancesAnswer, failures=READ))
    def balances(customer_id: CustomerPath) -> Response[str]:
        caller = app.caller_with("customers:read")
        view = membership_of(caller.merchant_id, CustomerId(customer_id), changesets=changesets)
        return answer(points_answer(view.customer.membership.points))


def ledger_routes(app: Api, *, changesets: Changesets, points: Points, cursors: Cursors) -> None:
    """Add the routes of `…/points/transactions` and `…/points/adjustments`."""

    @app.get(
        "/customers/<customer_id>/points/transactions",
        responses=answers(PointsLinePageAnswer, failures=READ),
    )
    def lines(
        customer_id: CustomerPath, limit: Limit = 50, cursor: CursorQuery = ""
    ) -> Response[str]:
        caller = app.caller_with("customers:read")
        record_ids = _record_ids(caller.merchant_id, customer_id, changesets)
        binding = {"points": customer_id}
        before = None
        if cursor:
            position = cursors.read(caller.merchant_id, binding, cursor)
            before = PointsPosition(str(position.value), position.tiebreak)
        page = pooled_points(
            caller.merchant_id, record_ids, limit=limit, before=before, points=points
        )
        following = None
        if page.has_older:
            last = page.items[-1]
            end = Cursor(last.at, last.id)
            following = cursors.write(caller.merchant_id, binding, end)
        items = [line_answer(each) for each in page.items]
        return answer({"items": items, "next_cursor": following})

    def shown(customer_id: str, line_id: str) -> Response[str]:
        caller = app.caller_with("loyalty:adjust")
        page = points.page(caller.merchant_id, CustomerId(customer_id), limit=_NEWEST_LINES)
        line = next((each for each in page.items if each.id == line_id), None)
        if line is None:
            raise NotFound("not_found")
        return answer(line_answer(line), HTTPStatus.CREATED)

    @app.post(
        "/customers/<customer_id>/points/adjustments",
        responses=answers(PointsLineAnswer, HTTPStatus.CREATED, failures=ACTION),
    )
    @app.once(shown)
    def adjust(customer_id: CustomerPath, body: AdjustmentWrite) -> Response[str]:
        caller = app.caller_with("loyalty:adjust")
        line = adjust_points(
            caller.merchant_id,
            CustomerId(customer_id),
            body.points,
            body.reason,
            act=app.act,
            changesets=changesets,
        )
        place = {"Location": f"/customers/{customer_id}/points/transactions"}
        return answer(line_answer(line), HTTPStatus.CREATED, place)


def redemption_routes(
    app: Api,
    *,
    changesets: Changesets,
    points: Points,
    rewards: Rewards,
    cursors: Cursors,
) -> None:
    """Add the routes of `…/redemptions` and `/redemptions/{redemption_id}/cancel`."""

    @app.get(
        "/customers/<customer_id>/redemptions",
        responses=answers(RedemptionPageAnswer, failures=READ),
    )
    def redeemed(
        customer_id: CustomerPath, limit: Limit = 50, cursor: CursorQuery = ""
    ) -> Response[str]:
        caller = app.caller_with("customers:read")
        record_ids = _record_ids(caller.merchant_id, customer_id, changesets)
        binding = {"redemptions": customer_id}
        before = cursors.read(caller.merchant_id, binding, cursor).tiebreak if cursor else None
        page = pooled_redemptions(
            caller.merchant_id, record_ids, limit=limit, before=before, points=points
        )
        following = None
        if page.has_older:
            last = page.items[-1]
            end = Cursor(last.at, last.id)
            following = cursors.write(caller.merchant_id, binding, end)
        items = [asdict(each) for each in page.items]
        return answer({"items": items, "next_cursor": following})

    def shown(redemption_id: str) -> Response[str]:
        caller = app.caller_with("customers:manage")
        return answer(asdict(points.redemption(caller.merchant_id, redemption_id)))

    @app.post(
        "/customers/<customer_id>/redemptions",
        responses=answers(RedemptionAnswer, HTTPStatus.CREATED, failures=ACTION),
    )
    @app.once(_of_customer(shown))
    def spend(customer_id: CustomerPath, body: RedemptionWrite) -> Response[str]:
        caller = app.caller_with("customers:manage")
        redemption = redeem(
            caller.merchant_id,
            CustomerId(customer_id),
            body.reward_id,
            act=app.act,
            changesets=changesets,
            rewards=rewards,
        )
        place = {"Location": f"/customers/{customer_id}/redemptions"}
        return answer(asdict(redemption), HTTPStatus.CREATED, place)

    @app.post(
        "/redemptions/<redemption_id>/cancel",
        responses=answers(RedemptionAnswer, failures=ACTION),
    )
    @app.once(shown, creates=None)
    def cancel(redemption_id: RedemptionPath) -> Response[str]:
        caller = app.caller_with("customers:manage")
        cancelled = cancel_redemption(
            caller.merchant_id,
            redemption_id,
            act=app.act,
            changesets=changesets,
            rewards=rewards,
            points=points,
        )
        return answer(asdict(cancelled))


def _of_customer(
    shown: Callable[[str], Response[str]],
) -> Callable[[str, str], Response[str]]:
    def redemption(_: str, redemption_id: str) -> Response[str]:
        return shown(redemption_id)

    return redemption


def _record_ids(
    merchant_id: MerchantId, customer_id: str, changesets: Changesets
) -> tuple[CustomerId, ...]:
    """Return the ids of all records of a customer that exists, or raise `NotFound`."""
    view = membership_of(merchant_id, CustomerId(customer_id), changesets=changesets)
    return (view.customer.id, *view.customer.merged_from)
