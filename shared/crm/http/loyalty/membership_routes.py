"""Routes of a member: tier, balances, ledger, adjustments and redemptions."""

from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from crm.domain.idempotency.requests import Attempt
from crm.domain.kernel.errors import NotFound
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.paging import Cursor
from crm.domain.kernel.times import stamp
from crm.domain.loyalty.points import PointsPosition
from crm.http.api import Api
from crm.http.cursors import Cursors
from crm.http.customers.answers import content_location
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
from crm.http.parameters import CursorQuery, CustomerPath, Limit
from crm.http.responses import answer, answer_page
from crm.ports.loyalty import Points, Rewards
from crm.ports.orders import Changesets
from crm.usecases.loyalty.membership import adjust_points, enrol, membership_of, rank_by_hand
from crm.usecases.loyalty.person_ledger import pooled_points, pooled_redemptions
from crm.usecases.loyalty.rewards import cancel_redemption, redeem

RedemptionPath = Annotated[str, Path(description="The id of a redemption.")]

#: How many lines a repeated adjustment searches for the one that it made.
_NEWEST_LINES = 100


def membership_routes(app: Api, *, changesets: Changesets) -> None:
    """Add the routes of `/customers/{customer_id}/membership` and `…/points`."""

    def shown(customer_id: str) -> Response[str]:
        view = membership_of(app.merchant_id, CustomerId(customer_id), changesets=changesets)
        shape = membership_answer(view, app.caller.locale, stamp(app.now()))
        location = content_location(customer_id, view.customer.id, "/membership")
        return answer(shape, version=view.customer.version, headers=location)

    @app.get(
        "/customers/<customer_id>/membership", permission="customers:read", answers=MemberAnswer
    )
    def membership(customer_id: CustomerPath) -> Response[str]:
        return shown(customer_id)

    @app.post(
        "/customers/<customer_id>/membership",
        permission="customers:manage",
        answers=MemberAnswer,
        summary="Enrol a customer",
        once=None,
    )
    def join(customer_id: CustomerPath) -> Response[str]:
        enrol(app.merchant_id, CustomerId(customer_id), act=app.act, changesets=changesets)
        return shown(customer_id)

    @app.patch(
        "/customers/<customer_id>/membership",
        permission="loyalty:manage",
        answers=MemberAnswer,
        if_match=True,
        summary="Put a member into a tier by hand",
    )
    def put_into(customer_id: CustomerPath, body: TierByHand) -> Response[str]:
        rank_by_hand(
            app.merchant_id,
            CustomerId(customer_id),
            body.tier,
            body.reason,
            seen_version=app.seen_version,
            act=app.act,
            changesets=changesets,
        )
        return shown(customer_id)

    @app.get(
        "/customers/<customer_id>/points", permission="customers:read", answers=BalancesAnswer
    )
    def balances(customer_id: CustomerPath) -> Response[str]:
        view = membership_of(app.merchant_id, CustomerId(customer_id), changesets=changesets)
        return answer(points_answer(view.customer.membership.points))


def ledger_routes(app: Api, *, changesets: Changesets, points: Points, cursors: Cursors) -> None:
    """Add the routes of `…/points/transactions` and `…/points/adjustments`."""

    @app.get(
        "/customers/<customer_id>/points/transactions",
        permission="customers:read",
        answers=PointsLinePageAnswer,
    )
    def lines(
        customer_id: CustomerPath, limit: Limit = 50, cursor: CursorQuery = ""
    ) -> Response[str]:
        record_ids = _record_ids(app.merchant_id, customer_id, changesets)
        page_cursors = cursors.of(app.merchant_id, {"points": customer_id})
        last = page_cursors.read(cursor)
        before = PointsPosition(str(last.value), last.tiebreak) if last else None
        page = pooled_points(
            app.merchant_id, record_ids, limit=limit, before=before, points=points
        )
        following = page_cursors.after(
            page.items, lambda each: Cursor(each.at, each.id), more=page.has_older
        )
        return answer_page([line_answer(each) for each in page.items], following)

    def shown(customer_id: str, line_id: str) -> Response[str]:
        page = points.page(app.merchant_id, CustomerId(customer_id), limit=_NEWEST_LINES)
        line = next((each for each in page.items if each.id == line_id), None)
        if line is None:
            raise NotFound("not_found")
        return answer(line_answer(line), HTTPStatus.CREATED)

    @app.post(
        "/customers/<customer_id>/points/adjustments",
        permission="loyalty:adjust",
        answers=PointsLineAnswer,
        status=HTTPStatus.CREATED,
        once=shown,
    )
    def adjust(
        attempt: Attempt, customer_id: CustomerPath, body: AdjustmentWrite
    ) -> Response[str]:
        line = adjust_points(
            app.merchant_id,
            CustomerId(customer_id),
            body.points,
            body.reason,
            entry_id=attempt.created_id,
            act=attempt.act,
            changesets=changesets,
        )
        location = f"/customers/{customer_id}/points/transactions"
        return answer(line_answer(line), HTTPStatus.CREATED, location=location)


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
        permission="customers:read",
        answers=RedemptionPageAnswer,
    )
    def redeemed(
        customer_id: CustomerPath, limit: Limit = 50, cursor: CursorQuery = ""
    ) -> Response[str]:
        record_ids = _record_ids(app.merchant_id, customer_id, changesets)
        page_cursors = cursors.of(app.merchant_id, {"redemptions": customer_id})
        last = page_cursors.read(cursor)
        before = last.tiebreak if last else None
        page = pooled_redemptions(
            app.merchant_id, record_ids, limit=limit, before=before, points=points
        )
        following = page_cursors.after(
            page.items, lambda each: Cursor(each.at, each.id), more=page.has_older
        )
        return answer_page([asdict(each) for each in page.items], following)

    def shown(redemption_id: str) -> Response[str]:
        return answer(asdict(points.redemption(app.merchant_id, redemption_id)))

    @app.post(
        "/customers/<customer_id>/redemptions",
        permission="customers:manage",
        answers=RedemptionAnswer,
        status=HTTPStatus.CREATED,
        once=_of_customer(shown),
    )
    def spend(attempt: Attempt, customer_id: CustomerPath, body: RedemptionWrite) -> Response[str]:
        redemption = redeem(
            app.merchant_id,
            CustomerId(customer_id),
            attempt.created_id,
            body.reward_id,
            act=attempt.act,
            changesets=changesets,
            rewards=rewards,
        )
        location = f"/customers/{customer_id}/redemptions"
        return answer(asdict(redemption), HTTPStatus.CREATED, location=location)

    @app.post(
        "/redemptions/<redemption_id>/cancel",
        permission="customers:manage",
        answers=RedemptionAnswer,
        once=shown,
        creates=False,
    )
    def cancel(attempt: Attempt, redemption_id: RedemptionPath) -> Response[str]:
        cancelled = cancel_redemption(
            app.merchant_id,
            redemption_id,
            act=attempt.act,
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
