"""A customer's history over HTTP."""

from typing import Any

import pytest

from crm.http.customers.models import ActivityAnswer, ActivityPageAnswer
from functions.customers_api.handler import lambda_handler as customers_api
from functions.timeline_api.handler import lambda_handler
from tests.functions.requests import Client


@pytest.fixture
def client() -> Client:
    return Client(lambda_handler)


@pytest.fixture
def path() -> str:
    """Return the path of a customer that was created and edited once."""
    api = Client(customers_api)
    created = api.send("POST", "/customers", {"full_name": "Ánh", "phone": "0912345678"})
    where = f"/customers/{created.body['id']}"
    assert api.send("PATCH", where, {"phone": "0987654321"}, If_Match='"1"').status == 200
    return where


def _page(client: Client, path: str, **query: str) -> list[dict[str, Any]]:
    answer = client.send("GET", path, query=query)
    assert answer.status == 200, answer.body
    ActivityPageAnswer.model_validate(answer.body)
    items: list[dict[str, Any]] = answer.body["items"]
    return items


@pytest.mark.req("000-08", "000-22", "004-13")
def test_an_added_note_is_first_in_the_history(client: Client, path: str) -> None:
    answer = client.send("POST", f"{path}/notes", {"text": " Thích giao buổi sáng\r\n"})

    assert answer.status == 201
    ActivityAnswer.model_validate(answer.body)
    assert answer.body["text"] == " Thích giao buổi sáng"
    assert (answer.body["kind"], answer.body["source"]) == ("note", "web")
    assert _page(client, f"{path}/activities")[0] == answer.body
    assert _page(client, f"{path}/notes") == [answer.body]


@pytest.mark.req("000-09")
def test_a_note_may_name_another_system_as_its_source(client: Client, path: str) -> None:
    answer = client.send("POST", f"{path}/notes", {"text": "Nhắn tin", "source": "harasocial"})

    assert answer.body["source"] == "harasocial"


@pytest.mark.req("000-03", "000-21", "004-12", "B-13", "D16")
def test_the_history_shows_who_changed_which_field(client: Client, path: str) -> None:
    edited, created = _page(client, f"{path}/activities")

    assert (created["kind"], edited["kind"]) == ("created", "edited")
    assert edited["changes"] == [{"field": "phone", "old": "+84912345678", "new": "+84987654321"}]
    assert edited["actor"] == created["actor"] != ""


def test_the_history_is_paged_and_filtered_by_kind(client: Client, path: str) -> None:
    for number in range(3):
        client.send("POST", f"{path}/notes", {"text": f"Ghi chú {number}"})

    seen: list[str] = []
    query: dict[str, str] = {"limit": "2"}
    while True:
        answer = client.send("GET", f"{path}/activities", query=query)
        seen += [each["id"] for each in answer.body["items"]]
        if answer.body["next_cursor"] is None:
            break
        query["cursor"] = answer.body["next_cursor"]

    assert len(seen) == len(set(seen)) == 5
    assert len(_page(client, f"{path}/activities", kind="note")) == 3
    assert len(_page(client, f"{path}/activities", kind="edited")) == 1


@pytest.mark.req("004-08", "004-12", "D10")
def test_the_history_takes_any_range_and_shows_three_days_by_default(
    client: Client, path: str
) -> None:
    assert _page(client, f"{path}/activities", **{"from": "2020-01-01T00:00:00Z"})
    assert not _page(
        client,
        f"{path}/activities",
        **{"from": "2020-01-01T00:00:00Z", "to": "2020-12-31T23:59:59+07:00"},
    )


@pytest.mark.parametrize(
    "query",
    [
        {"from": "hôm qua"},
        {"from": "2026-02-30T00:00:00Z"},
        {"to": "2026-11-22T00:00:00"},
        {"from": "2026-11-22T00:00:00Z", "to": "2026-11-21T00:00:00Z"},
        {"kind": "dance"},
        {"limit": "0"},
        {"cursor": "AAAA"},
    ],
)
def test_a_bad_parameter_is_400_and_named(
    client: Client, path: str, query: dict[str, str]
) -> None:
    answer = client.send("GET", f"{path}/activities", query=query)

    assert answer.status == 400, answer.body
    assert answer.body["errors"][0]["field"] in query


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": ""}, "note_blank"),
        ({"text": " \u200b\n"}, "note_blank"),
        ({"text": "x" * 5_001}, "too_long"),
        ({"text": "a\x00"}, "text_control_character"),
        ({}, "required"),
        ({"text": "a", "mood": "b"}, "unknown_field"),
    ],
)
def test_a_refused_note_answers_the_code_of_its_problem(
    client: Client, path: str, body: dict[str, str], code: str
) -> None:
    answer = client.send("POST", f"{path}/notes", body)

    assert answer.status == 422
    assert [each["code"] for each in answer.body["errors"]] == [code]


def test_the_history_of_an_unknown_or_another_merchants_customer_is_404(path: str) -> None:
    stranger = Client(lambda_handler, merchant_id="m-2", role="owner")
    client = Client(lambda_handler)

    for caller, where in ((stranger, path), (client, "/customers/01J00000000000000000000000")):
        assert caller.send("GET", f"{where}/activities").status == 404
        assert caller.send("GET", f"{where}/notes").status == 404
        assert caller.send("POST", f"{where}/notes", {"text": "x"}).status == 404


@pytest.mark.req("D15", "002-01")
def test_a_viewer_reads_the_history_masked_and_writes_nothing(path: str) -> None:
    viewer = Client(lambda_handler, role="viewer")

    assert "8765" not in str(_page(viewer, f"{path}/activities"))
    assert viewer.send("POST", f"{path}/notes", {"text": "x"}).status == 403
