"""Possible duplicates in the deployed product: found by the stream, merged, dismissed, undone."""

import json
from typing import Any

import pytest

from tests.e2e.deployed import Deployed, Merchant, connect, created, eventually, tell

NAMED = "Nguyễn Thị Ánh"


def _listed(merchant: Merchant, **query: str) -> list[dict[str, Any]]:
    answer = merchant.manager.call("GET", "/duplicates", query=query)
    assert answer.status == 200, answer.text
    items: list[dict[str, Any]] = answer.body["items"]
    return items


def _found(merchant: Merchant, count: int, **query: str) -> list[dict[str, Any]]:
    """Return the pairs once there are `count` of them."""
    return eventually(lambda: _listed(merchant, **query), lambda seen: len(seen) == count)


def _post(merchant: Merchant, path: str, body: object = None) -> dict[str, Any]:
    answer = merchant.manager.call("POST", path, body)
    assert answer.status == 200, answer.text
    accepted: dict[str, Any] = answer.body
    return accepted


def _twin(merchant: Merchant, **fields: object) -> dict[str, Any]:
    body = {"full_name": NAMED, **fields}
    query = {"allow_duplicate": "true"}
    answer = merchant.manager.call("POST", "/customers", body, query=query)
    assert answer.status == 201, answer.text
    customer: dict[str, Any] = answer.body
    return customer


@pytest.mark.req("001-31", "B-12", "B-05")
def test_a_deliberate_duplicate_is_found_and_merged_and_listed_again_after_the_undo(
    newcomer: Merchant,
) -> None:
    anh = created(newcomer.manager, phone="0912000001", birthday="1990-05-17")
    twin = _twin(newcomer, phone="0912 000 001")

    (pair,) = _found(newcomer, 1)
    assert pair["strength"] == "exact"
    assert {each["id"] for each in pair["customers"]} == {anh["id"], twin["id"]}
    merge = _post(newcomer, f"/duplicates/{pair['id']}/accept")
    assert (merge["survivor_id"], merge["loser_id"]) == (anh["id"], twin["id"])
    assert _listed(newcomer) == []
    assert _post(newcomer, f"/duplicates/{pair['id']}/accept")["id"] == merge["id"]

    _post(newcomer, f"/merges/{merge['id']}/undo")

    assert [each["id"] for each in _found(newcomer, 1)] == [pair["id"]]


@pytest.mark.req("B-12")
def test_a_dismissed_pair_stays_dismissed_until_it_is_reopened(newcomer: Merchant) -> None:
    api = newcomer.manager
    one = created(api, phone="0912000011", birthday="1990-05-17")
    other = created(api, phone="0912000012", birthday="1990-05-17")
    (pair,) = _found(newcomer, 1)
    assert pair["strength"] == "likely"

    _post(newcomer, f"/duplicates/{pair['id']}/dismiss")
    for each in (one, other):
        home = {"line": "12 Lý Thường Kiệt", "province": "Hà Nội"}
        assert api.call("POST", f"/customers/{each['id']}/addresses", home).status == 201

    (dismissed,) = eventually(
        lambda: _listed(newcomer, status="dismissed"),
        lambda seen: "address" in {why["kind"] for each in seen for why in each["reasons"]},
    )
    assert dismissed["id"] == pair["id"]
    assert _listed(newcomer) == []
    _post(newcomer, f"/duplicates/{pair['id']}/reopen")
    assert [each["id"] for each in _listed(newcomer)] == [pair["id"]]


@pytest.mark.req("B-12", "004-14")
def test_an_order_that_names_two_customers_adds_a_pair_and_lost_evidence_removes_one(
    deployed: Deployed, newcomer: Merchant
) -> None:
    connect(newcomer, "haravan")
    one = created(newcomer.manager, phone="0912000021", birthday="1990-05-17")
    other = created(newcomer.manager, full_name="Lan", email="lan@quen.example")
    third = created(newcomer.manager, full_name="nguyen thi anh", birthday="1990-05-17")
    (pair,) = _found(newcomer, 1)
    assert {each["id"] for each in pair["customers"]} == {one["id"], third["id"]}
    customer = {"phone": "0912000021", "email": "lan@quen.example", "name": NAMED}
    order = {
        "id": "o-1",
        "number": "#1",
        "version": 1,
        "placed_at": "2026-11-20T03:00:00Z",
        "status": "completed",
        "total": 1_000,
        "paid": 1_000,
        "customer": customer,
    }
    detail = {
        "event_id": "e-1",
        "merchant_id": newcomer.id,
        "occurred_at": "2026-11-20T03:04:05Z",
        "order": order,
    }
    event = {"Source": "haravan", "DetailType": "OrderPaid", "Detail": json.dumps(detail)}

    tell(deployed, [event])

    (conflict,) = _found(newcomer, 1, reason="conflict")
    assert {each["id"] for each in conflict["customers"]} == {one["id"], other["id"]}
    etag = {"If-Match": '"1"'}
    path = f"/customers/{third['id']}"
    assert newcomer.manager.call("PATCH", path, {"birthday": None}, headers=etag).status == 200
    assert [each["id"] for each in _found(newcomer, 1)] == [conflict["id"]]


@pytest.mark.req("B-12")
def test_all_exact_pairs_are_merged_in_one_request(newcomer: Merchant) -> None:
    for number in range(3):
        created(newcomer.manager, phone=f"091200003{number}")
        for _ in range(2):
            _twin(newcomer, phone=f"091200003{number}")
    _found(newcomer, 9)

    accepted = _post(newcomer, "/duplicates/accept", {"exact": True})

    outcomes = sorted(each["outcome"] for each in accepted["items"])
    assert outcomes == ["gone"] * 3 + ["merged"] * 6
    _found(newcomer, 0)
    people = newcomer.manager.call("GET", "/customers").body["items"]
    assert len(people) == 3


@pytest.mark.req("D15", "002-01")
def test_pairs_are_visible_only_with_merge_permission_and_within_the_merchant(
    deployed: Deployed, newcomer: Merchant
) -> None:
    created(newcomer.manager, phone="0912000041")
    _twin(newcomer, phone="0912000041")
    (pair,) = _found(newcomer, 1)

    assert newcomer.api("staff").call("GET", "/duplicates").status == 403
    stranger = deployed.other.manager
    for action in ("accept", "dismiss", "reopen"):
        assert stranger.call("POST", f"/duplicates/{pair['id']}/{action}").status == 404
    assert [each["id"] for each in _listed(newcomer)] == [pair["id"]]
