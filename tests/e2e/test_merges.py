"""Merges in the deployed product, with late orders, lists, events and the undo."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from local.api import Api
from tests.e2e.deployed import Deployed, Merchant, connect, created, eventually, listening, tell

SCHEMAS = Path(__file__).parents[2] / "docs/events/outbound"
HERS, OTHER = "0912000101", "0912000102"


@pytest.fixture
def api(newcomer: Merchant) -> Api:
    """Return the manager of a merchant with a connected platform and a loyalty program."""
    connect(newcomer, "haravan")
    owner = newcomer.api("owner")
    program = {
        "enrolment": "automatic",
        "tiers": [
            {"code": "silver", "name": "Bạc", "min_spent": 0, "earn_vnd_per_point": 10_000},
            {"code": "gold", "name": "Vàng", "min_spent": 600_000, "earn_vnd_per_point": 10_000},
        ],
        "window": "lifetime",
        "rounding": "down",
        "hold_days": 0,
        "expiry_months": None,
        "review": {"every": "year", "rule": "drop"},
    }
    etag = owner.call("GET", "/loyalty/program").headers["etag"]
    stored = owner.call("PUT", "/loyalty/program", program, headers={"If-Match": etag})
    assert stored.status == 200, stored.text
    version = {"version": stored.body["version"]}
    assert owner.call("POST", "/loyalty/program/activate", version).status == 202
    return newcomer.manager


def _order(merchant: Merchant, number: int, phone: str, **fields: Any) -> dict[str, Any]:
    order = {
        "id": f"m-{number}",
        "version": 1,
        "placed_at": f"2027-01-0{number}T03:00:00Z",
        "status": "completed",
        "total": 250_000,
        "paid": 250_000,
        "customer": {"phone": phone, "name": "Nguyễn Thị Ánh"},
        **fields,
    }
    detail = {
        "event_id": f"e-{number}",
        "merchant_id": merchant.id,
        "occurred_at": "2027-01-09T03:04:05Z",
        "order": order,
    }
    return {"Source": "haravan", "DetailType": "OrderPaid", "Detail": json.dumps(detail)}


def _customer(api: Api, customer_id: str) -> dict[str, Any]:
    answer = api.call("GET", f"/customers/{customer_id}")
    assert answer.status == 200, answer.text
    customer: dict[str, Any] = answer.body
    return customer


def _bought(api: Api, customer_id: str, count: int) -> dict[str, Any]:
    """Return a customer once `count` orders are counted."""
    return eventually(
        lambda: _customer(api, customer_id),
        lambda seen: seen["metrics"]["order_count"] == count,
    )


def _heard(ear: Iterator[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for event in ear:
        schema = json.loads((SCHEMAS / f"{event['detail-type']}.json").read_text("utf-8"))
        Draft202012Validator(schema).validate(event["detail"])
        yield event["detail-type"], event["detail"]


@pytest.mark.req("004-14", "004-15", "004-16", "004-17", "004-18", "B-05", "B-18", "D17")
def test_a_merge_takes_late_orders_and_its_undo_restores_both_customers(
    deployed: Deployed, newcomer: Merchant, api: Api
) -> None:
    first = created(api, phone=HERS, tags=["sỉ"])["id"]
    second = created(api, phone=OTHER, email="anh.gop@example.vn", tags=["hà nội"])["id"]
    tell(deployed, [_order(newcomer, 1, HERS), _order(newcomer, 2, OTHER)])
    before = [_bought(api, each, 1) for each in (first, second)]

    partner = {"survivor_id": first, "loser": {"email": "anh.gop@example.vn"}}
    preview = api.call("POST", "/merges/preview", partner)
    assert (preview.status, preview.body["loser_id"]) == (200, second), preview.text
    with listening(deployed, newcomer) as ear:
        merge = api.call("POST", "/merges", partner)
        assert merge.status == 201, merge.text

        tell(deployed, [_order(newcomer, 3, OTHER)])
        person = _bought(api, first, 3)

        received: list[tuple[str, dict[str, Any]]] = []

        def kinds() -> set[str]:
            received.extend(_heard(ear.heard()))
            return {kind for kind, _ in received}

        eventually(kinds, lambda seen: {"CustomerMerged", "TierChanged"} <= seen)
        merged = dict(received)["CustomerMerged"]
        assert merged["merged_ids"] == [second]
        assert merged["customer"]["id"] == first

        assert person["metrics"]["total_spent"] == 750_000
        assert person["membership"]["tier"] == "gold"
        assert person["membership"]["points"]["pending"] == 75
        assert (person["email"], set(person["tags"])) == (
            "anh.gop@example.vn",
            {"sỉ", "hà nội"},
        )
        answer = api.call("GET", f"/customers/{second}")
        assert (answer.body["id"], answer.headers["content-location"]) == (
            first,
            f"/customers/{first}",
        )
        for each in (first, second):
            orders = api.call("GET", f"/customers/{each}/orders").body["items"]
            assert [order["id"] for order in orders] == ["m-3", "m-2", "m-1"]
            assert api.call("GET", f"/customers/{each}/metrics/explain").body["agrees"] is True
        refused = api.call("PUT", f"/customers/{second}/tags/vip")
        assert (refused.status, refused.body["survivor_id"]) == (409, first)

        def facets() -> dict[str, int]:
            found = api.call("GET", "/facets", query={"kind": "tag"}).body["items"]
            return {each["value"]: each["count"] for each in found}

        eventually(facets, lambda seen: seen == {"sỉ": 1, "hà nội": 1})
        listed = eventually(
            lambda: [each["id"] for each in api.call("GET", "/customers").body["items"]],
            lambda seen: seen == [first],
        )
        assert listed == [first]

        undone = api.call("POST", f"/merges/{merge.body['id']}/undo")
        assert (undone.status, undone.body["status"]) == (200, "undone"), undone.text
        eventually(kinds, lambda seen: {"CustomerUnmerged", "CustomerRestored"} <= seen)

    after = [_customer(api, each) for each in (first, second)]
    assert [each["metrics"]["order_count"] for each in after] == [1, 2]
    assert [each["membership"]["points"]["pending"] for each in after] == [25, 50]
    moving = {"version", "revision", "updated_at", "metrics", "membership"}
    for was, is_now in zip(before, after, strict=True):
        assert {name: is_now[name] for name in is_now.keys() - moving} == {
            name: was[name] for name in was.keys() - moving
        }
    assert {**after[0], **dict.fromkeys(moving)} == {**before[0], **dict.fromkeys(moving)}
    assert after[0]["metrics"] == before[0]["metrics"]
    assert after[0]["membership"] == before[0]["membership"]
    eventually(facets, lambda seen: seen == {"sỉ": 1, "hà nội": 1})


@pytest.mark.req("B-14", "B-05")
def test_a_merge_of_another_merchants_customers_is_not_found(
    deployed: Deployed, newcomer: Merchant
) -> None:
    one, two = (created(newcomer.manager, phone=phone)["id"] for phone in (HERS, OTHER))
    stranger = deployed.other.manager

    refused = stranger.call("POST", "/merges", {"survivor_id": one, "loser_id": two})

    assert refused.status == 404
    own = created(stranger, phone=HERS)["id"]
    mixed = stranger.call("POST", "/merges", {"survivor_id": own, "loser_id": two})
    assert mixed.status == 404
    assert (
        newcomer.api("staff").call("POST", "/merges", {"survivor_id": one, "loser_id": two}).status
        == 403
    )
