"""Merges over HTTP: preview, merge, read, undo, and the error of every refusal."""

from typing import Any

import pytest

from crm.bus.resources import CustomerAnswer
from crm.domain.kernel.times import stamp
from crm.http.merges.models import MergeAnswer, MergePageAnswer, MergePreviewAnswer
from crm.http.orders.models import OrderPageAnswer
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.merchants import merchants
from crm.runtime.clock import now
from crm.usecases.orders.event_customers import EventPorts
from crm.usecases.orders.orders import record_order
from functions.customers_api.handler import lambda_handler as customers_api
from functions.lists_api.handler import lambda_handler as lists_api
from functions.loyalty_api.handler import lambda_handler as loyalty_api
from functions.merges_api.handler import lambda_handler
from functions.timeline_api.handler import lambda_handler as timeline_api
from tests.builders import MERCHANT, Ids
from tests.functions.requests import Client
from tests.order_builders import HOA, an_incoming_customer, an_order

ANH = {"full_name": "Nguyễn Thị Ánh", "phone": "0912345678", "tags": ["sỉ"]}
HERS = {"full_name": "Ánh Nguyễn", "phone": "0987654321", "email": "anh@example.vn"}


@pytest.fixture
def api() -> Client:
    """Give a manager's client; its merchant exists."""
    merchants().add(MERCHANT, HOA)
    return Client(lambda_handler)


@pytest.fixture
def two(api: Client) -> tuple[str, str]:
    """Give two records of one person, each with one order."""
    backend = Client(customers_api, role=api.role)
    ids = [backend.send("POST", "/customers", each).body["id"] for each in (ANH, HERS)]
    buy(1, "0912345678")
    buy(2, "0987654321")
    return ids[0], ids[1]


def buy(number: int, phone: str) -> None:
    record_order(
        MERCHANT,
        an_order(number, placed_at=stamp(now())),
        an_incoming_customer(f"e-{number}", at=stamp(now()), phone=phone),
        now=now(),
        ports=EventPorts(customers(), changesets(), Ids(f"e-{number}")),
    )


def merge(api: Client, two: tuple[str, str], **more: Any) -> dict[str, Any]:
    body = {"survivor_id": two[0], "loser_id": two[1], **more}
    answer = api.send("POST", "/merges", body)
    assert answer.status == 201, answer.body
    MergeAnswer.model_validate(answer.body)
    assert answer.headers["Location"] == f"/merges/{answer.body['id']}"
    made: dict[str, Any] = answer.body
    return made


@pytest.mark.req("004-15", "004-16", "004-17", "D2")
def test_a_preview_shows_both_values_the_default_and_what_is_pooled(
    api: Client, two: tuple[str, str]
) -> None:
    found = {"survivor_id": two[0], "loser": {"email": "ANH@example.vn"}}

    answer = api.send("POST", "/merges/preview", {**found, "keep": {"full_name": "loser"}})

    assert answer.status == 200, answer.body
    MergePreviewAnswer.model_validate(answer.body)
    assert (answer.body["loser_id"], answer.body["records"]) == (two[1], 2)
    fields = {each["field"]: each for each in answer.body["fields"]}
    assert fields["full_name"] == {
        "field": "full_name",
        "survivor": "Nguyễn Thị Ánh",
        "loser": "Ánh Nguyễn",
        "default": "survivor",
        "result": "Ánh Nguyễn",
        "choosable": True,
    }
    assert (fields["email"]["default"], fields["email"]["choosable"]) == ("loser", False)
    assert (fields["tags"]["default"], fields["tags"]["result"]) == ("both", ["sỉ"])
    assert answer.body["metrics"]["order_count"] == 2
    assert api.send("GET", "/merges").body["items"] == []


@pytest.mark.req("004-14", "004-16", "004-18", "B-05")
def test_both_ids_of_merged_records_return_the_survivor(api: Client, two: tuple[str, str]) -> None:
    made = merge(api, two, keep={"full_name": "loser"})

    assert (made["status"], made["keep"]) == ("merged", {"full_name": "loser"})
    backend, history = Client(customers_api), Client(timeline_api)
    answer = backend.send("GET", f"/customers/{two[1]}")
    CustomerAnswer.model_validate(answer.body)
    assert answer.headers["Content-Location"] == f"/customers/{two[0]}"
    assert (answer.body["id"], answer.body["full_name"]) == (two[0], "Ánh Nguyễn")
    assert answer.body["email"] == "anh@example.vn"
    assert answer.body["metrics"]["order_count"] == 2
    assert "Content-Location" not in backend.send("GET", f"/customers/{two[0]}").headers
    for each in two:
        orders = history.send("GET", f"/customers/{each}/orders")
        OrderPageAnswer.model_validate(orders.body)
        assert [order["id"] for order in orders.body["items"]] == ["o-2", "o-1"]
        oldest = {"direction": "previous", "limit": "1"}
        orders = history.send("GET", f"/customers/{each}/orders", query=oldest)
        assert [order["id"] for order in orders.body["items"]] == ["o-1"]
        assert orders.body["next_cursor"] is None
        ever = {"from": "2026-11-01"}
        lines = history.send("GET", f"/customers/{each}/activities", query=ever).body["items"]
        assert sorted(line["kind"] for line in lines) == [
            "created", "created", "merged", "merged", "order", "order",
        ]  # fmt: skip
        assert history.send("GET", f"/customers/{each}/metrics/explain").body["agrees"] is True
        assert (
            history.send("GET", f"/customers/{each}/overview").body["metrics"]
            == (answer.body["metrics"])
        )
    listed = Client(lists_api).send("GET", "/customers").body["items"]
    assert [each["id"] for each in listed] == [two[0]]
    looked_up = backend.send("POST", "/customers/lookup", {"phone": "0987 654 321"})
    assert looked_up.body["id"] == two[0]


@pytest.mark.req("B-05")
def test_a_write_to_a_merged_record_names_the_survivor(api: Client, two: tuple[str, str]) -> None:
    merge(api, two)
    path = f"/customers/{two[1]}"

    refusals = [
        Client(customers_api).send("PATCH", path, {"gender": "nữ"}, If_Match='"1"'),
        Client(customers_api).send("DELETE", path, If_Match='"1"'),
        Client(customers_api).send("PUT", f"{path}/tags/vip"),
        Client(timeline_api).send("POST", f"{path}/notes", {"text": "Gọi lại"}),
        Client(loyalty_api).send("POST", f"{path}/membership"),
    ]

    for refusal in refusals:
        assert (refusal.status, refusal.body["survivor_id"]) == (409, two[0])


@pytest.mark.req("B-05")
def test_points_of_both_records_are_one_balance_and_one_ledger(
    api: Client, two: tuple[str, str]
) -> None:
    club = Client(loyalty_api, role="owner")
    for each in two:
        assert club.send("POST", f"/customers/{each}/membership").status == 200
        body = {"points": 30, "reason": "Bù điểm"}
        assert club.send("POST", f"/customers/{each}/points/adjustments", body).status == 201
    reward = club.send("POST", "/rewards", {"name": "Ly sứ", "points": 50}).body["id"]

    made = merge(api, two)

    path = f"/customers/{two[1]}/points"
    assert club.send("GET", path).body["available"] == 60
    page = club.send("GET", f"{path}/transactions", query={"limit": "1"})
    rest = club.send("GET", f"{path}/transactions", query={"cursor": page.body["next_cursor"]})
    assert [each["points"] for each in page.body["items"] + rest.body["items"]] == [30, 30]
    spent = club.send("POST", f"/customers/{two[0]}/redemptions", {"reward_id": reward})
    assert spent.status == 201
    assert club.send("GET", path).body["available"] == 10
    assert len(club.send("GET", f"/customers/{two[1]}/redemptions").body["items"]) == 1

    # Manual changes of the pooled points stay with the survivor.
    assert api.send("POST", f"/merges/{made['id']}/undo").status == 200
    balances = [club.send("GET", f"/customers/{each}/points").body for each in two]
    assert [each["available"] for each in balances] == [-20, 30]
    assert [each["used"] for each in balances] == [50, 0]


@pytest.mark.req("B-05", "D17")
def test_a_tier_set_by_hand_is_the_persons_and_stays_frozen_on_the_survivor(
    api: Client, two: tuple[str, str]
) -> None:
    club = Client(loyalty_api, role="owner")
    assert club.send("POST", f"/customers/{two[1]}/membership").status == 200
    made = merge(api, two)
    path = f"/customers/{two[0]}/membership"
    before = club.send("GET", path)
    assert before.body["is_member"] is True

    body = {"tier": "gold", "reason": "Khách quen"}
    ranked = club.send("PATCH", path, body, If_Match=before.headers["ETag"])

    assert (ranked.status, ranked.body["tier"]) == (200, "gold")
    buy(3, "0987654321")
    assert club.send("GET", path).body["tier"] == "gold"
    lines = Client(timeline_api).send("GET", f"/customers/{two[0]}/activities").body["items"]
    assert [line["text"] for line in lines if line["kind"] == "tier"] == ["Khách quen"]
    assert api.send("POST", f"/merges/{made['id']}/undo").status == 200
    # Standalone, the survivor was never a member; its tier stays frozen.
    backend = Client(customers_api)
    survivor, other = (backend.send("GET", f"/customers/{each}").body for each in two)
    assert (survivor["membership"]["is_member"], survivor["skip_auto_group"]) == (False, True)
    assert (other["membership"]["tier"], other["skip_auto_group"]) == ("unranked", False)


@pytest.mark.req("B-05")
def test_an_undone_merge_restores_two_customers_and_can_be_repeated(
    api: Client, two: tuple[str, str]
) -> None:
    before = [Client(customers_api).send("GET", f"/customers/{each}").body for each in two]
    made = merge(api, two)
    buy(3, "0987654321")

    undone = api.send("POST", f"/merges/{made['id']}/undo")

    assert (undone.status, undone.body["status"]) == (200, "undone")
    again = api.send("POST", f"/merges/{made['id']}/undo")
    assert (again.status, again.body) == (200, undone.body)
    assert api.send("GET", f"/merges/{made['id']}").body == undone.body
    after = [Client(customers_api).send("GET", f"/customers/{each}").body for each in two]
    assert [each["metrics"]["order_count"] for each in after] == [1, 2]
    moving = {"version", "revision", "updated_at", "metrics"}
    for was, now_is in zip(before, after, strict=True):
        assert {name: now_is[name] for name in now_is.keys() - moving} == {
            name: was[name] for name in was.keys() - moving
        }


@pytest.mark.req("B-17")
def test_a_merge_repeated_with_its_idempotency_key_is_made_once(
    api: Client, two: tuple[str, str]
) -> None:
    body = {"survivor_id": two[0], "loser_id": two[1]}

    first, second = (api.send("POST", "/merges", body, Idempotency_Key="k-1") for _ in range(2))

    assert (first.status, second.status) == (201, 201)
    assert first.body == second.body
    assert second.headers["Idempotency-Replayed"] == "true"
    page = api.send("GET", "/merges")
    MergePageAnswer.model_validate(page.body)
    assert page.body["items"] == [first.body]


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"loser_id": "me"}, 409, "A customer cannot be merged with itself."),
        ({"loser_id": "01J0"}, 404, "There is no such customer."),
        ({"loser": {"phone": "0900000000"}}, 404, None),
        ({"loser": {"phone": "0900000000", "email": "a@b.vn"}}, 422, None),
        ({}, 422, None),
        ({"loser_id": "other", "loser": {"code": "KH000002"}}, 422, None),
        ({"loser_id": "other", "keep": {"email": "survivor"}}, 422, None),
        ({"loser_id": "other", "keep": {"shoe_size": "loser"}}, 422, None),
        ({"loser_id": "other", "keep": {"phone": "both"}}, 422, None),
    ],
)
def test_an_invalid_merge_is_refused_with_a_clear_error(
    api: Client, two: tuple[str, str], body: dict[str, Any], status: int, detail: str | None
) -> None:
    named = {"me": two[0], "other": two[1]}
    if "loser_id" in body:
        body = {**body, "loser_id": named.get(body["loser_id"], body["loser_id"])}

    answer = api.send("POST", "/merges", {"survivor_id": two[0], **body})

    assert answer.status == status, answer.body
    assert detail is None or answer.body["detail"] == detail


@pytest.mark.req("B-05")
def test_the_merges_of_a_customer_are_found_by_any_of_its_ids(
    api: Client, two: tuple[str, str]
) -> None:
    made = merge(api, two)
    third = Client(customers_api).send("POST", "/customers", {"full_name": "Ánh"}).body["id"]
    later = merge(api, (two[0], third))

    for each in (*two, third):
        page = api.send("GET", "/merges", query={"customer_id": each}).body
        assert page == {"items": [later, made], "next_cursor": None}
    api.send("POST", f"/merges/{later['id']}/undo")
    assert api.send("GET", "/merges", query={"customer_id": third}).body["items"] == []
    assert api.send("GET", "/merges", query={"customer_id": "01J0"}).status == 404


def test_merging_records_of_the_same_person_names_the_survivor(
    api: Client, two: tuple[str, str]
) -> None:
    merge(api, two)

    answer = api.send("POST", "/merges", {"survivor_id": two[1], "loser_id": two[0]})

    assert (answer.status, answer.body["survivor_id"]) == (409, two[0])


@pytest.mark.req("B-05")
def test_a_merge_is_undone_after_the_later_merge_that_its_error_names(
    api: Client, two: tuple[str, str]
) -> None:
    first = merge(api, two)
    third = Client(customers_api).send("POST", "/customers", {"full_name": "Ánh"}).body["id"]
    last = merge(api, (third, two[0]))

    refused = api.send("POST", f"/merges/{first['id']}/undo")

    assert (refused.status, refused.body["merge_id"]) == (409, last["id"])
    for each in (refused.body["merge_id"], first["id"]):
        assert api.send("POST", f"/merges/{each}/undo").status == 200


@pytest.mark.req("B-14")
def test_merges_are_invisible_to_other_merchants(api: Client, two: tuple[str, str]) -> None:
    made = merge(api, two)
    stranger = Client(lambda_handler, merchant_id="m-2")

    assert stranger.send("GET", "/merges").body["items"] == []
    for method, path, body in (
        ("GET", f"/merges/{made['id']}", None),
        ("POST", f"/merges/{made['id']}/undo", None),
        ("POST", "/merges", {"survivor_id": two[0], "loser_id": two[1]}),
        ("POST", "/merges/preview", {"survivor_id": two[0], "loser_id": two[1]}),
    ):
        assert stranger.send(method, path, body).status == 404
