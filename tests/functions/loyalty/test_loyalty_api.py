"""The loyalty program and its members over HTTP."""

import os
from typing import Any

import boto3
import pytest

from crm.http.loyalty.models import BalancesAnswer, MemberAnswer, ProgramAnswer, SimulationAnswer
from functions.customers_api.handler import lambda_handler as customers_api
from functions.loyalty_api.handler import lambda_handler
from tests.functions.loyalty.club import (
    PROGRAM,
    activate_program,
    buy,
    create_reward,
    ledger_lines,
    run_recompute,
)
from tests.functions.requests import Client


def test_a_version_is_activated_even_if_its_recompute_cannot_start_now(
    api: Client,
) -> None:
    machine = os.environ["RECOMPUTE_STATE_MACHINE"]
    boto3.client("stepfunctions").delete_state_machine(stateMachineArn=machine)
    api.send("PUT", "/loyalty/program", PROGRAM, If_Match='"0"')

    started = api.send("POST", "/loyalty/program/activate", {"version": 1})

    assert (started.status, started.body.get("status")) == (202, "running")
    assert api.send("GET", "/loyalty/program").body["active_version"] == 1


def test_a_new_merchant_has_a_default_program_without_automatic_enrolment(api: Client) -> None:
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
def test_an_inconsistent_program_is_refused_with_a_problem_per_field(
    api: Client, wrong: dict[str, Any], field: str, code: str
) -> None:
    answer = api.send("PUT", "/loyalty/program", {**PROGRAM, **wrong}, If_Match='"0"')

    assert answer.status == 422
    assert (field, code) in [(each["field"], each["code"]) for each in answer.body["errors"]]


@pytest.mark.req("002-12", "002-16", "002-20", "002-21", "002-26")
def test_an_order_earns_points_and_raises_the_tier_and_group_of_a_member(
    api: Client, member: str
) -> None:
    activate_program(api)

    buy(6_000_000)

    answer = api.send("GET", f"{member}/membership").body
    MemberAnswer.model_validate(answer)
    assert (answer["tier"], answer["tier_name"], answer["worth"]) == ("gold", "Vàng", 6_000_000)
    assert answer["joined_at"] is not None
    assert answer["points"]["available"] == answer["ranking_points"] == 600
    record = Client(customers_api).send("GET", member).body
    assert (record["group"], record["membership"]["tier"]) == ("vip", "gold")
    kinds = [each["kind"] for each in ledger_lines(api, member)]
    assert kinds == ["earn"]


@pytest.mark.req("B-07")
def test_a_membership_shows_what_is_missing_to_the_next_tier(api: Client, member: str) -> None:
    activate_program(api)
    buy(3_750_000)

    answer = api.send("GET", f"{member}/membership").body

    assert answer["next_tier"] == {
        "tier": "gold",
        "name": "Vàng",
        "missing": 1_250_000,
        "text": "1,250,000 ₫ more to reach Vàng.",
    }


@pytest.mark.req("002-16")
def test_a_non_member_is_unranked_and_earns_nothing(api: Client) -> None:
    made = Client(customers_api).send(
        "POST", "/customers", {"full_name": "Ánh", "phone": "0912345678"}
    )
    activate_program(api)
    buy(6_000_000)

    answer = api.send("GET", f"/customers/{made.body['id']}/membership").body

    assert (answer["is_member"], answer["tier"]) == (False, "unranked")
    assert answer["points"]["earned"] == 0


def test_with_automatic_enrolment_the_first_order_enrols_the_customer(api: Client) -> None:
    made = Client(customers_api).send(
        "POST", "/customers", {"full_name": "Ánh", "phone": "0912345678"}
    )
    activate_program(api, {**PROGRAM, "enrolment": "automatic"})

    buy(1_000_000)

    answer = api.send("GET", f"/customers/{made.body['id']}/membership").body
    assert (answer["is_member"], answer["tier"]) == (True, "silver")
    assert answer["points"]["available"] == 100


@pytest.mark.req("B-08", "D12")
def test_a_refund_may_make_the_balance_negative(api: Client, member: str) -> None:
    activate_program(api)
    buy(6_000_000)
    reward = create_reward(api, points=500)
    assert api.send("POST", f"{member}/redemptions", {"reward_id": reward}).status == 201

    buy(6_000_000, version=2, refunded=6_000_000)

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
def test_a_tier_set_by_hand_stays_despite_later_orders(api: Client, member: str) -> None:
    activate_program(api)

    etag = api.send("GET", f"{member}/membership").headers["ETag"]
    body = {"tier": "gold", "reason": "Khách quen của chủ tiệm"}
    ranked = api.send("PATCH", f"{member}/membership", body, If_Match=etag)
    buy(1_000_000)

    assert ranked.status == 200, ranked.body
    after = api.send("GET", f"{member}/membership").body
    assert (after["tier"], after["is_frozen"]) == ("gold", True)
    again = api.send("PATCH", f"{member}/membership", body, If_Match=etag)
    assert again.status == 412
    etag = api.send("GET", f"{member}/membership").headers["ETag"]
    unfrozen = api.send(
        "PATCH", f"{member}/membership", {"tier": None, "reason": "Hết ưu đãi"}, If_Match=etag
    )
    assert (unfrozen.body["tier"], unfrozen.body["is_frozen"]) == ("silver", False)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"tier": "platinum", "reason": "x"}, "tier", "tier_unknown"),
        ({"tier": "gold", "reason": "  "}, "reason", "reason_required"),
    ],
)
def test_a_tier_set_by_hand_must_exist_and_have_a_reason(
    api: Client, member: str, body: dict[str, Any], field: str, code: str
) -> None:
    etag = api.send("GET", f"{member}/membership").headers["ETag"]

    answer = api.send("PATCH", f"{member}/membership", body, If_Match=etag)

    assert answer.status == 422
    assert [(each["field"], each["code"]) for each in answer.body["errors"]] == [(field, code)]


@pytest.mark.req("B-07")
def test_activating_has_the_effect_that_the_simulation_predicted(api: Client, member: str) -> None:
    activate_program(api)
    buy(3_000_000)
    tiers = [{**PROGRAM["tiers"][0]}, {**PROGRAM["tiers"][1], "min_spent": 2_000_000}]
    stored = api.send("PUT", "/loyalty/program", {**PROGRAM, "tiers": tiers}, If_Match='"1"')

    simulated = api.send("POST", "/loyalty/program/simulate", {"version": stored.body["version"]})
    before = api.send("GET", f"{member}/membership").body["tier"]
    started = api.send("POST", "/loyalty/program/activate", {"version": 2})
    meanwhile = api.send("POST", "/loyalty/program/activate", {"version": 2})
    run_recompute(started.body["id"])
    done = api.send("GET", f"/loyalty/program/recomputes/{started.body['id']}").body

    SimulationAnswer.model_validate(simulated.body)
    assert (simulated.body["up"], simulated.body["down"], before) == (1, 0, "silver")
    assert {name: done[name] for name in simulated.body} == simulated.body
    assert meanwhile.status == 409
    assert api.send("GET", f"{member}/membership").body["tier"] == "gold"
    back = api.send("POST", "/loyalty/program/activate", {"version": 1})
    assert back.status == 409


def test_a_missing_version_can_be_neither_simulated_nor_activated(api: Client) -> None:
    for action in ("simulate", "activate"):
        assert api.send("POST", f"/loyalty/program/{action}", {"version": 9}).status == 404


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


@pytest.mark.req("003-09", "D7")
def test_an_edit_that_unfreezes_a_member_ranks_the_member(api: Client, member: str) -> None:
    activate_program(api)
    backend = Client(customers_api)
    etag = backend.send("GET", member).headers["ETag"]
    frozen = backend.send("PATCH", member, {"skip_auto_group": True}, If_Match=etag)
    buy(6_000_000)
    before = backend.send("GET", member)
    assert (before.body["membership"]["tier"], before.body["group"]) == ("unranked", None)

    unfrozen = backend.send(
        "PATCH", member, {"skip_auto_group": False}, If_Match=frozen.headers["ETag"]
    )

    assert (unfrozen.status, unfrozen.body["membership"]["tier"], unfrozen.body["group"]) == (
        200,
        "gold",
        "vip",
    )
    reread = backend.send("GET", member)
    assert reread.body == unfrozen.body
    assert reread.headers["ETag"] == unfrozen.headers["ETag"]


def test_an_edit_that_unfreezes_a_non_member_ranks_nobody(api: Client) -> None:
    activate_program(api)
    backend = Client(customers_api)
    made = backend.send("POST", "/customers", {"full_name": "Bình", "skip_auto_group": True})
    path = f"/customers/{made.body['id']}"

    unfrozen = backend.send(
        "PATCH", path, {"skip_auto_group": False}, If_Match=made.headers["ETag"]
    )

    assert unfrozen.body["membership"]["tier"] == "unranked"
    assert (unfrozen.body["skip_auto_group"], unfrozen.body["group"]) == (False, None)
