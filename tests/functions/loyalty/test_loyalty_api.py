"""The loyalty program, its rewards and its members over HTTP."""

import json
import os
from typing import Any

import boto3
import pytest

from crm.domain.kernel.times import stamp
from crm.http.loyalty.models import (
    BalancesAnswer,
    MemberAnswer,
    PointsLineAnswer,
    PointsLinePageAnswer,
    ProgramAnswer,
    RecomputeAnswer,
    RedemptionAnswer,
    RewardAnswer,
    SimulationAnswer,
)
from crm.runtime.adapters import changesets, merchants
from crm.runtime.adapters import customers as kept_customers
from crm.runtime.clock import now
from crm.usecases.orders.orders import record_order
from functions.customers_api.handler import lambda_handler as customers_api
from functions.loyalty_api.handler import lambda_handler
from functions.recompute_tiers.handler import lambda_handler as recompute_tiers
from tests.builders import MERCHANT, Ids
from tests.functions.requests import CONTEXT, Client
from tests.order_builders import HOA, an_incoming_customer, an_order

PROGRAM: dict[str, Any] = {
    "enrolment": "explicit",
    "tiers": [
        {"code": "silver", "name": "Bạc", "min_spent": 1_000_000, "earn_vnd_per_point": 10_000},
        {
            "code": "gold",
            "name": "Vàng",
            "min_spent": 5_000_000,
            "earn_vnd_per_point": 5_000,
            "group": "vip",
        },
    ],
    "window": "lifetime",
    "rounding": "down",
    "hold_days": 0,
    "expiry_months": None,
    "review": {"every": "year", "rule": "drop"},
}
BUCKETS = [f"{number:02x}" for number in range(16)]


@pytest.fixture
def api() -> Client:
    """Give the owner's client of a merchant that exists, and the machine that recomputes."""
    merchants().add(MERCHANT, HOA)
    client = boto3.client("stepfunctions")
    client.create_state_machine(
        name=os.environ["RECOMPUTE_STATE_MACHINE"].rpartition(":")[2],
        definition=json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/machine",
    )
    return Client(lambda_handler, role="owner")


@pytest.fixture
def member(api: Client) -> str:
    """Give the path of a customer that is a member."""
    made = Client(customers_api).send(
        "POST", "/customers", {"full_name": "Ánh", "phone": "0912345678"}
    )
    path = f"/customers/{made.body['id']}"
    assert api.send("POST", f"{path}/membership").status == 200
    return path


def test_a_version_whose_recompute_cannot_be_started_now_counts_and_waits_for_the_stream(
    api: Client,
) -> None:
    machine = os.environ["RECOMPUTE_STATE_MACHINE"]
    boto3.client("stepfunctions").delete_state_machine(stateMachineArn=machine)
    api.send("PUT", "/loyalty/program", PROGRAM, If_Match='"0"')

    started = api.send("POST", "/loyalty/program/activate", {"version": 1})

    assert (started.status, started.body.get("status")) == (202, "running")
    assert api.send("GET", "/loyalty/program").body["active_version"] == 1


def _buys(total: int, number: int = 1, **fields: Any) -> None:
    order = an_order(number, total=total, paid=total, placed_at=stamp(now()), **fields)
    record_order(
        MERCHANT,
        order,
        an_incoming_customer(f"e-{number}-{order.version}", phone="0912345678"),
        now=now(),
        new_id=Ids(),
        customers=kept_customers(),
        changesets=changesets(),
    )


def _activated(api: Client, program: dict[str, Any] | None = None) -> dict[str, Any]:
    """Store and activate a program, carry its recompute out, and return what it came to."""
    newest = api.send("GET", "/loyalty/program")
    stored = api.send(
        "PUT", "/loyalty/program", program or PROGRAM, If_Match=newest.headers["ETag"]
    )
    assert stored.status == 200, stored.body
    started = api.send("POST", "/loyalty/program/activate", {"version": stored.body["version"]})
    assert started.status == 202, started.body
    RecomputeAnswer.model_validate(started.body)
    _carried_out(started.body["id"])
    job: dict[str, Any] = api.send("GET", f"/loyalty/program/recomputes/{started.body['id']}").body
    assert job["status"] == "finished"
    return job


def _carried_out(job_id: str) -> None:
    for bucket in BUCKETS:
        said: dict[str, Any] = {"merchant_id": MERCHANT, "job_id": job_id, "bucket": bucket}
        while not said.get("is_done"):
            said = recompute_tiers(said, CONTEXT)


def _adjusted(api: Client, path: str, points: int) -> None:
    body = {"points": points, "reason": "Bù điểm"}
    assert api.send("POST", f"{path}/points/adjustments", body).status == 201


def test_a_new_merchant_has_a_sensible_program_that_enrols_nobody_by_itself(api: Client) -> None:
    answer = api.send("GET", "/loyalty/program")

    ProgramAnswer.model_validate(answer.body)
    assert answer.body["version"] == answer.body["active_version"] == 0
    assert answer.body["enrolment"] == "explicit"
    assert answer.body["expiry_months"] is None
    assert answer.headers["ETag"] == '"0"'


def test_a_stored_program_is_a_draft_until_it_is_activated(api: Client) -> None:
    stored = api.send("PUT", "/loyalty/program", PROGRAM, If_Match='"0"')

    assert (stored.body["version"], stored.body["active_version"]) == (1, 0)
    assert {name: stored.body[name] for name in PROGRAM if name != "tiers"} == {
        name: value for name, value in PROGRAM.items() if name != "tiers"
    }
    assert api.send("PUT", "/loyalty/program", PROGRAM, If_Match='"0"').status == 412
    assert api.send("PUT", "/loyalty/program", PROGRAM).status == 428


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        (
            {"tiers": [{**PROGRAM["tiers"][1]}, {**PROGRAM["tiers"][0]}]},
            "tiers.1.min_spent",
            "program_not_ascending",
        ),
        (
            {"tiers": [PROGRAM["tiers"][0], {**PROGRAM["tiers"][0], "code": "b"}]},
            "tiers.1.min_spent",
            "program_not_ascending",
        ),
        (
            {"tiers": [PROGRAM["tiers"][0], {**PROGRAM["tiers"][1], "code": "silver"}]},
            "tiers.1.code",
            "program_tier_twice",
        ),
        (
            {"tiers": [{**PROGRAM["tiers"][0], "earn_vnd_per_point": -1}]},
            "tiers.0.earn_vnd_per_point",
            "not_in_range",
        ),
        (
            {"tiers": [{**PROGRAM["tiers"][0], "earn_vnd_per_point": 0}]},
            "tiers.0.earn_vnd_per_point",
            "not_in_range",
        ),
        (
            {"tiers": [{**PROGRAM["tiers"][0], "min_spent": -5}]},
            "tiers.0.min_spent",
            "not_in_range",
        ),
        (
            {"tiers": [{**PROGRAM["tiers"][0], "code": "unranked"}]},
            "tiers.0.code",
            "program_tier_code",
        ),
        (
            {"tiers": [{**PROGRAM["tiers"][0], "min_ranking_points": 5}]},
            "tiers.0.min_spent",
            "program_two_measures",
        ),
        (
            {"tiers": [{**PROGRAM["tiers"][0], "group": "nobody"}]},
            "tiers.0.group",
            "group_unknown",
        ),
        ({"window": {"months": 0}}, "window", "not_in_range"),
        ({"window": {"months": 37}}, "window", "not_in_range"),
        ({"hold_days": -1}, "hold_days", "not_in_range"),
        ({"hold_days": 31, "expiry_months": 1}, "expiry_months", "program_expires_in_hold"),
    ],
)
def test_a_program_that_contradicts_itself_is_refused_field_by_field(
    api: Client, wrong: dict[str, Any], field: str, code: str
) -> None:
    answer = api.send("PUT", "/loyalty/program", {**PROGRAM, **wrong}, If_Match='"0"')

    assert answer.status == 422
    assert (field, code) in [(each["field"], each["code"]) for each in answer.body["errors"]]


@pytest.mark.req("002-12", "002-16", "002-20", "002-21", "002-26")
def test_an_order_earns_points_and_lifts_its_member_with_the_group(
    api: Client, member: str
) -> None:
    _activated(api)

    _buys(6_000_000)

    answer = api.send("GET", f"{member}/membership").body
    MemberAnswer.model_validate(answer)
    assert (answer["tier"], answer["tier_name"], answer["worth"]) == ("gold", "Vàng", 6_000_000)
    assert answer["joined_at"] is not None
    assert answer["points"]["available"] == answer["ranking_points"] == 600
    record = Client(customers_api).send("GET", member).body
    assert (record["group"], record["membership"]["tier"]) == ("vip", "gold")
    kinds = [each["kind"] for each in _lines(api, member)]
    assert kinds == ["earn"]


@pytest.mark.req("B-07")
def test_a_member_is_told_what_is_missing_to_the_next_tier(api: Client, member: str) -> None:
    _activated(api)
    _buys(3_750_000)

    answer = api.send("GET", f"{member}/membership").body

    assert answer["next_tier"] == {
        "tier": "gold",
        "name": "Vàng",
        "missing": 1_250_000,
        "text": "1,250,000 ₫ more to reach Vàng.",
    }


@pytest.mark.req("002-16")
def test_who_is_no_member_is_unranked_and_earns_nothing(api: Client) -> None:
    made = Client(customers_api).send(
        "POST", "/customers", {"full_name": "Ánh", "phone": "0912345678"}
    )
    _activated(api)
    _buys(6_000_000)

    answer = api.send("GET", f"/customers/{made.body['id']}/membership").body

    assert (answer["is_member"], answer["tier"]) == (False, "unranked")
    assert answer["points"]["earned"] == 0


def test_with_automatic_enrolment_the_first_order_makes_a_member(api: Client) -> None:
    made = Client(customers_api).send(
        "POST", "/customers", {"full_name": "Ánh", "phone": "0912345678"}
    )
    _activated(api, {**PROGRAM, "enrolment": "automatic"})

    _buys(1_000_000)

    answer = api.send("GET", f"/customers/{made.body['id']}/membership").body
    assert (answer["is_member"], answer["tier"]) == (True, "silver")
    assert answer["points"]["available"] == 100


@pytest.mark.req("B-08", "D12")
def test_a_refund_claws_back_also_into_the_negative(api: Client, member: str) -> None:
    _activated(api)
    _buys(6_000_000)
    reward = _reward(api, points=500)
    assert api.send("POST", f"{member}/redemptions", {"reward_id": reward}).status == 201

    _buys(6_000_000, version=2, refunded=6_000_000)

    balances = api.send("GET", f"{member}/points").body
    BalancesAnswer.model_validate(balances)
    assert balances == {
        "earned": 600,
        "pending": 0,
        "available": -500,
        "used": 500,
        "expired": 0,
        "reversed": 600,
    }
    assert api.send("GET", f"{member}/membership").body["tier"] == "unranked"


@pytest.mark.req("003-09", "D7")
def test_a_member_ranked_by_hand_stays_there_whatever_is_bought(api: Client, member: str) -> None:
    _activated(api)

    etag = api.send("GET", f"{member}/membership").headers["ETag"]
    body = {"tier": "gold", "reason": "Khách quen của chủ tiệm"}
    ranked = api.send("PATCH", f"{member}/membership", body, If_Match=etag)
    _buys(1_000_000)

    assert ranked.status == 200, ranked.body
    after = api.send("GET", f"{member}/membership").body
    assert (after["tier"], after["is_frozen"]) == ("gold", True)
    again = api.send("PATCH", f"{member}/membership", body, If_Match=etag)
    assert again.status == 412
    etag = api.send("GET", f"{member}/membership").headers["ETag"]
    freed = api.send(
        "PATCH", f"{member}/membership", {"tier": None, "reason": "Hết ưu đãi"}, If_Match=etag
    )
    assert (freed.body["tier"], freed.body["is_frozen"]) == ("silver", False)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"tier": "platinum", "reason": "x"}, "tier", "tier_unknown"),
        ({"tier": "gold", "reason": "  "}, "reason", "reason_required"),
    ],
)
def test_a_tier_by_hand_must_exist_and_have_a_reason(
    api: Client, member: str, body: dict[str, Any], field: str, code: str
) -> None:
    etag = api.send("GET", f"{member}/membership").headers["ETag"]

    answer = api.send("PATCH", f"{member}/membership", body, If_Match=etag)

    assert answer.status == 422
    assert [(each["field"], each["code"]) for each in answer.body["errors"]] == [(field, code)]


def test_an_adjustment_is_a_line_with_its_reason_and_actor(api: Client, member: str) -> None:
    made = api.send("POST", f"{member}/points/adjustments", {"points": 50, "reason": "Bù điểm"})

    PointsLineAnswer.model_validate(made.body)
    line = _lines(api, member)[0]
    assert line == made.body
    assert (line["points"], line["reason"], line["kind"]) == (50, "Bù điểm", "adjust")
    assert line["actor"]


def test_an_adjustment_sent_again_with_its_key_is_made_once(api: Client, member: str) -> None:
    body = {"points": 50, "reason": "Bù điểm"}

    first = api.send("POST", f"{member}/points/adjustments", body, Idempotency_Key="k-1")
    again = api.send("POST", f"{member}/points/adjustments", body, Idempotency_Key="k-1")

    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert again.headers["Idempotency-Replayed"] == "true"
    assert api.send("GET", f"{member}/points").body["available"] == 50


@pytest.mark.parametrize("points", [0, 1_000_001, -1_000_001])
def test_an_adjustment_of_nothing_or_beyond_a_million_is_refused(
    api: Client, member: str, points: int
) -> None:
    body = {"points": points, "reason": "x"}

    assert api.send("POST", f"{member}/points/adjustments", body).status == 422


def test_an_adjustment_takes_no_more_than_there_is(api: Client, member: str) -> None:
    _adjusted(api, member, 10)

    answer = api.send("POST", f"{member}/points/adjustments", {"points": -11, "reason": "x"})

    assert answer.status == 409
    assert api.send("GET", f"{member}/points").body["available"] == 10


def test_points_are_for_members_only(api: Client) -> None:
    made = Client(customers_api).send("POST", "/customers", {"full_name": "Ánh"})
    path = f"/customers/{made.body['id']}"

    assert (
        api.send("POST", f"{path}/points/adjustments", {"points": 5, "reason": "x"}).status == 409
    )
    assert api.send("POST", f"{path}/redemptions", {"reward_id": _reward(api)}).status == 409


@pytest.mark.req("002-23", "002-24", "002-25")
def test_a_reward_is_redeemed_listed_and_given_back(api: Client, member: str) -> None:
    reward = _reward(api, points=30, stock=1)
    _adjusted(api, member, 50)

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
    assert [each["kind"] for each in _lines(api, member)] == ["give_back", "use", "adjust"]


def test_without_points_stock_or_offer_nothing_is_redeemed(api: Client, member: str) -> None:
    _adjusted(api, member, 50)
    dear, gone, off = _reward(api, points=51), _reward(api, stock=0), _reward(api, active=False)

    codes = [
        api.send("POST", f"{member}/redemptions", {"reward_id": each}).status
        for each in (dear, gone, off, "01J00000000000000000000000")
    ]

    assert codes == [409, 409, 409, 404]
    assert api.send("GET", f"{member}/points").body["available"] == 50


def test_a_reward_is_edited_at_the_version_that_was_seen(api: Client) -> None:
    reward = _reward(api, points=30, stock=5)

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
def test_a_reward_has_a_name_a_price_and_no_less_than_nothing(
    api: Client, wrong: dict[str, Any]
) -> None:
    answer = api.send("POST", "/rewards", {"name": "Ly sứ", "points": 30, **wrong})

    assert answer.status == 422
    assert [each["field"] for each in answer.body["errors"]] == list(wrong)


@pytest.mark.req("B-07")
def test_what_activating_does_is_what_the_simulation_said(api: Client, member: str) -> None:
    _activated(api)
    _buys(3_000_000)
    tiers = [{**PROGRAM["tiers"][0]}, {**PROGRAM["tiers"][1], "min_spent": 2_000_000}]
    stored = api.send("PUT", "/loyalty/program", {**PROGRAM, "tiers": tiers}, If_Match='"1"')

    said = api.send("POST", "/loyalty/program/simulate", {"version": stored.body["version"]})
    before = api.send("GET", f"{member}/membership").body["tier"]
    started = api.send("POST", "/loyalty/program/activate", {"version": 2})
    meanwhile = api.send("POST", "/loyalty/program/activate", {"version": 2})
    _carried_out(started.body["id"])
    done = api.send("GET", f"/loyalty/program/recomputes/{started.body['id']}").body

    SimulationAnswer.model_validate(said.body)
    assert (said.body["up"], said.body["down"], before) == (1, 0, "silver")
    assert {name: done[name] for name in said.body} == said.body
    assert meanwhile.status == 409
    assert api.send("GET", f"{member}/membership").body["tier"] == "gold"
    back = api.send("POST", "/loyalty/program/activate", {"version": 1})
    assert back.status == 409


def test_a_version_that_is_not_there_can_neither_be_tried_nor_activated(api: Client) -> None:
    for action in ("simulate", "activate"):
        assert api.send("POST", f"/loyalty/program/{action}", {"version": 9}).status == 404


def test_the_ledger_is_paged_newest_first(api: Client, member: str) -> None:
    for _ in range(3):
        _adjusted(api, member, 5)

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


@pytest.mark.parametrize(
    ("role", "method", "path", "body"),
    [
        ("staff", "PUT", "/loyalty/program", PROGRAM),
        ("staff", "POST", "/loyalty/program/simulate", {"version": 1}),
        ("staff", "POST", "/loyalty/program/activate", {"version": 1}),
        ("staff", "GET", "/loyalty/program/recomputes/x", None),
        ("staff", "POST", "/rewards", {"name": "x", "points": 1}),
        ("staff", "PATCH", "/rewards/x", {"points": 1}),
        ("staff", "PATCH", "/customers/x/membership", {"tier": "gold", "reason": "x"}),
        ("staff", "POST", "/customers/x/points/adjustments", {"points": 1, "reason": "x"}),
        ("viewer", "POST", "/customers/x/membership", None),
        ("viewer", "POST", "/customers/x/redemptions", {"reward_id": "x"}),
        ("viewer", "POST", "/redemptions/x/cancel", None),
        ("nobody", "GET", "/loyalty/program", None),
        ("nobody", "GET", "/rewards", None),
        ("nobody", "GET", "/rewards/x", None),
        ("nobody", "GET", "/customers/x/membership", None),
        ("nobody", "GET", "/customers/x/points", None),
        ("nobody", "GET", "/customers/x/points/transactions", None),
        ("nobody", "GET", "/customers/x/redemptions", None),
    ],
)
def test_each_route_needs_its_permission(
    api: Client, role: str, method: str, path: str, body: object
) -> None:
    del api
    caller = Client(lambda_handler, role=role)

    assert caller.send(method, path, body, If_Match='"1"').status == 403


def _reward(api: Client, **fields: Any) -> str:
    made = api.send("POST", "/rewards", {"name": "Ly sứ", "points": 30, **fields})
    assert made.status == 201, made.body
    reward_id: str = made.body["id"]
    return reward_id


def _lines(api: Client, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = api.send("GET", f"{path}/points/transactions").body["items"]
    return items


@pytest.mark.req("003-09", "D7")
def test_a_member_who_is_frozen_no_more_is_ranked_by_the_same_edit(
    api: Client, member: str
) -> None:
    _activated(api)
    backend = Client(customers_api)
    etag = backend.send("GET", member).headers["ETag"]
    frozen = backend.send("PATCH", member, {"skip_auto_group": True}, If_Match=etag)
    _buys(6_000_000)
    before = backend.send("GET", member)
    assert (before.body["membership"]["tier"], before.body["group"]) == ("unranked", None)

    freed = backend.send(
        "PATCH", member, {"skip_auto_group": False}, If_Match=frozen.headers["ETag"]
    )

    assert (freed.status, freed.body["membership"]["tier"], freed.body["group"]) == (
        200,
        "gold",
        "vip",
    )
    now_standing = backend.send("GET", member)
    assert now_standing.body == freed.body
    assert now_standing.headers["ETag"] == freed.headers["ETag"]


def test_an_edit_that_frees_who_is_no_member_ranks_nobody(api: Client) -> None:
    _activated(api)
    backend = Client(customers_api)
    made = backend.send("POST", "/customers", {"full_name": "Bình", "skip_auto_group": True})
    path = f"/customers/{made.body['id']}"

    freed = backend.send("PATCH", path, {"skip_auto_group": False}, If_Match=made.headers["ETag"])

    assert freed.body["membership"]["tier"] == "unranked"
    assert (freed.body["skip_auto_group"], freed.body["group"]) == (False, None)
