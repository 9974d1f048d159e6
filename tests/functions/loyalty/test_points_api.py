"""Points, rewards and redemptions over HTTP."""

from typing import Any

import pytest

from crm.http.loyalty.models import (
    PointsLineAnswer,
    PointsLinePageAnswer,
    RedemptionAnswer,
    RewardAnswer,
)
from functions.customers_api.handler import lambda_handler as customers_api
from functions.loyalty_api.handler import lambda_handler
from tests.functions.loyalty.club import adjust_points, create_reward, ledger_lines
from tests.functions.requests import Client


def test_an_adjustment_is_a_line_with_its_reason_and_actor(api: Client, member: str) -> None:
    made = api.send("POST", f"{member}/points/adjustments", {"points": 50, "reason": "Bù điểm"})

    PointsLineAnswer.model_validate(made.body)
    line = ledger_lines(api, member)[0]
    assert line == made.body
    assert (line["points"], line["reason"], line["kind"]) == (50, "Bù điểm", "adjust")
    assert line["actor"]


def test_an_adjustment_repeated_with_its_idempotency_key_is_made_once(
    api: Client, member: str
) -> None:
    body = {"points": 50, "reason": "Bù điểm"}

    first = api.send("POST", f"{member}/points/adjustments", body, Idempotency_Key="k-1")
    again = api.send("POST", f"{member}/points/adjustments", body, Idempotency_Key="k-1")

    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert again.headers["Idempotency-Replayed"] == "true"
    assert api.send("GET", f"{member}/points").body["available"] == 50


@pytest.mark.parametrize("points", [0, 1_000_001, -1_000_001])
def test_an_adjustment_of_zero_or_beyond_a_million_is_refused(
    api: Client, member: str, points: int
) -> None:
    body = {"points": points, "reason": "x"}

    assert api.send("POST", f"{member}/points/adjustments", body).status == 422


def test_an_adjustment_removes_no_more_than_the_available_points(api: Client, member: str) -> None:
    adjust_points(api, member, 10)

    answer = api.send("POST", f"{member}/points/adjustments", {"points": -11, "reason": "x"})

    assert answer.status == 409
    assert api.send("GET", f"{member}/points").body["available"] == 10


def test_points_are_for_members_only(api: Client) -> None:
    made = Client(customers_api).send("POST", "/customers", {"full_name": "Ánh"})
    path = f"/customers/{made.body['id']}"

    assert (
        api.send("POST", f"{path}/points/adjustments", {"points": 5, "reason": "x"}).status == 409
    )
    assert api.send("POST", f"{path}/redemptions", {"reward_id": create_reward(api)}).status == 409


@pytest.mark.req("002-23", "002-24", "002-25")
def test_a_redemption_is_made_listed_and_cancelled(api: Client, member: str) -> None:
    reward = create_reward(api, points=30, stock=1)
    adjust_points(api, member, 50)

    made = api.send("POST", f"{member}/redemptions", {"reward_id": reward}, Idempotency_Key="k")
    again = api.send("POST", f"{member}/redemptions", {"reward_id": reward}, Idempotency_Key="k")

    RedemptionAnswer.model_validate(made.body)
    assert (made.status, again.status, again.body) == (201, 201, made.body)
    assert api.send("GET", f"{member}/redemptions").body["items"] == [made.body]
    assert api.send("GET", f"/rewards/{reward}").body["stock"] == 0
    balances = api.send("GET", f"{member}/points").body
    assert (balances["available"], balances["used"]) == (20, 30)

    cancelled = api.send("POST", f"/redemptions/{made.body['id']}/cancel")
    twice = api.send("POST", f"/redemptions/{made.body['id']}/cancel")

    assert (cancelled.body["status"], twice.body) == ("cancelled", cancelled.body)
    balances = api.send("GET", f"{member}/points").body
    assert (balances["available"], balances["used"]) == (50, 0)
    assert api.send("GET", f"/rewards/{reward}").body["stock"] == 1
    assert [each["kind"] for each in ledger_lines(api, member)] == ["give_back", "use", "adjust"]


def test_a_redemption_needs_enough_points_and_an_active_reward_in_stock(
    api: Client, member: str
) -> None:
    adjust_points(api, member, 50)
    dear, gone = create_reward(api, points=51), create_reward(api, stock=0)
    off = create_reward(api, active=False)

    codes = [
        api.send("POST", f"{member}/redemptions", {"reward_id": each}).status
        for each in (dear, gone, off, "01J00000000000000000000000")
    ]

    assert codes == [409, 409, 409, 404]
    assert api.send("GET", f"{member}/points").body["available"] == 50


def test_a_reward_is_edited_at_the_version_that_was_seen(api: Client) -> None:
    reward = create_reward(api, points=30, stock=5)

    edited = api.send("PATCH", f"/rewards/{reward}", {"stock": None, "points": 40}, If_Match='"1"')
    late = api.send("PATCH", f"/rewards/{reward}", {"points": 41}, If_Match='"1"')

    RewardAnswer.model_validate(edited.body)
    assert (edited.body["points"], edited.body["stock"], edited.headers["ETag"]) == (
        40,
        None,
        '"2"',
    )
    assert late.status == 412
    assert [each["id"] for each in api.send("GET", "/rewards").body["items"]] == [reward]


@pytest.mark.parametrize("wrong", [{"points": 0}, {"points": -1}, {"name": " "}, {"stock": -1}])
def test_a_reward_needs_a_name_a_price_and_a_stock_of_zero_or_more(
    api: Client, wrong: dict[str, Any]
) -> None:
    answer = api.send("POST", "/rewards", {"name": "Ly sứ", "points": 30, **wrong})

    assert answer.status == 422
    assert [each["field"] for each in answer.body["errors"]] == list(wrong)


def test_the_ledger_is_paged_newest_first(api: Client, member: str) -> None:
    for _ in range(3):
        adjust_points(api, member, 5)

    first = api.send("GET", f"{member}/points/transactions", query={"limit": "2"}).body
    PointsLinePageAnswer.model_validate(first)
    second = api.send(
        "GET",
        f"{member}/points/transactions",
        query={"limit": "2", "cursor": first["next_cursor"]},
    ).body

    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (2, 1, None)
    ids = [each["id"] for each in (*first["items"], *second["items"])]
    assert len(set(ids)) == 3
    foreign = Client(lambda_handler, merchant_id="m-2", role="owner")
    assert foreign.send("GET", f"{member}/points/transactions").status == 404
