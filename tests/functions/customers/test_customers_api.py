"""One customer over HTTP: requests, answers and refusals."""

import json
from typing import Any

import pytest

from crm.bus.resources import CustomerAnswer
from crm.http.bodies import HealthAnswer, ProblemAnswer
from functions.customers_api.handler import lambda_handler
from tests.functions.requests import Answered, Client

ANH = {
    "full_name": "Nguyễn Thị Ánh",
    "phone": "0912.345.678",
    "email": "Anh@Example.vn",
    "birthday": "1990-05-17",
    "gender": "nữ",
}


@pytest.fixture
def client() -> Client:
    return Client(lambda_handler)


def _create(client: Client, **fields: Any) -> Answered:
    answer = client.send("POST", "/customers", {**ANH, **fields})
    assert answer.status == 201, answer.body
    return answer


def _problem(answer: Answered, status: int, kind: str) -> dict[str, Any]:
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    ProblemAnswer.model_validate(answer.body)
    assert answer.body["type"].endswith(f"/{kind}")
    assert answer.body["status"] == status
    body: dict[str, Any] = answer.body
    return body


@pytest.mark.req("001-20", "001-21", "001-25", "B-09")
def test_a_creation_answers_the_whole_normalised_customer(client: Client) -> None:
    answer = _create(client)

    CustomerAnswer.model_validate(answer.body)
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == f"/customers/{answer.body['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    expected = {
        "code": "KH000001",
        "full_name": "Nguyễn Thị Ánh",
        "family_name": "Nguyễn Thị",
        "given_name": "Ánh",
        "phone": "+84912345678",
        "email": "anh@example.vn",
        "birthday": "1990-05-17",
        "gender": "female",
        "source": "web",
        "version": 1,
    }
    assert {name: answer.body[name] for name in expected} == expected


@pytest.mark.req("001-21", "D5")
def test_only_the_name_is_required(client: Client) -> None:
    assert client.send("POST", "/customers", {"full_name": "Ánh"}).status == 201
    problem = _problem(client.send("POST", "/customers", {"phone": "0912345678"}), 422, "invalid")
    assert [each["code"] for each in problem["errors"]] == ["name_required"]


@pytest.mark.req("000-01")
def test_a_customer_is_read_back_with_its_etag(client: Client) -> None:
    created = _create(client)
    answer = client.send("GET", f"/customers/{created.body['id']}")

    assert (answer.status, answer.body) == (200, created.body)
    assert answer.headers["ETag"] == '"1"'


def test_another_merchants_customer_is_not_found_by_any_route(client: Client) -> None:
    path = f"/customers/{_create(client).body['id']}"
    stranger = Client(lambda_handler, merchant_id="m-2", role="owner")

    for method, body in (("GET", None), ("PATCH", {"gender": "male"}), ("DELETE", None)):
        answer = stranger.send(method, path, body, If_Match='"1"')
        _problem(answer, 404, "not-found")
    assert client.send("GET", path).body["version"] == 1


@pytest.mark.req("000-14", "003-10", "B-17")
def test_an_edit_changes_the_given_fields_and_leaves_the_rest(client: Client) -> None:
    created = _create(client)
    path = f"/customers/{created.body['id']}"

    answer = client.send(
        "PATCH", path, {"given_name": "Ánh Nguyệt", "birthday": None}, If_Match='"1"'
    )

    assert answer.status == 200, answer.body
    assert answer.headers["ETag"] == '"2"'
    name = "Nguyễn Thị Ánh Nguyệt"
    names = {"full_name": name, "display_name": name, "given_name": "Ánh Nguyệt"}
    changed: dict[str, Any] = {**names, "birthday": None}
    moved = {"version": 2, "revision": 2, "updated_at": answer.body["updated_at"]}
    assert answer.body == {**created.body, **changed, **moved}
    assert client.send("GET", path).body == answer.body


def test_an_edit_that_changes_nothing_leaves_the_version(client: Client) -> None:
    path = f"/customers/{_create(client).body['id']}"

    answer = client.send("PATCH", path, {"phone": "+84 912 345 678"}, If_Match='"1"')

    assert (answer.status, answer.headers["ETag"]) == (200, '"1"')


def test_the_merge_patch_media_type_is_accepted_and_a_form_is_refused(client: Client) -> None:
    path = f"/customers/{_create(client).body['id']}"

    merge_patch = client.send(
        "PATCH",
        path,
        {"gender": "male"},
        If_Match='"1"',
        Content_Type="application/merge-patch+json; charset=utf-8",
    )
    form = client.send(
        "POST", "/customers", "a=b", Content_Type="application/x-www-form-urlencoded"
    )

    assert merge_patch.status == 200
    _problem(form, 415, "unsupported-media-type")


@pytest.mark.req("B-17")
def test_a_change_without_an_etag_is_428_with_a_stale_one_412_with_nonsense_400(
    client: Client,
) -> None:
    path = f"/customers/{_create(client).body['id']}"
    client.send("PATCH", path, {"gender": "male"}, If_Match='"1"')

    for method, body in (("PATCH", {"gender": "other"}), ("DELETE", None)):
        _problem(client.send(method, path, body), 428, "if-match-required")
        stale = _problem(client.send(method, path, body, If_Match='"1"'), 412, "stale")
        assert stale["current_version"] == 2
        for nonsense in ("1", '"x"', "*", 'W/"2"', '"', '"²"'):
            answer = client.send(method, path, body, If_Match=nonsense)
            _problem(answer, 400, "invalid-parameter")
    assert client.send("GET", path).body["gender"] == "male"


@pytest.mark.req("D1", "003-14")
def test_delete_archives_and_keeps_everything(client: Client) -> None:
    created = _create(client)
    path = f"/customers/{created.body['id']}"

    answer = client.send("DELETE", path, If_Match='"1"')

    assert (answer.status, answer.body["status"]) == (200, "archived")
    assert answer.headers["ETag"] == '"2"'
    again = client.send("DELETE", path, If_Match='"2"')
    assert (again.status, again.headers["ETag"]) == (200, '"2"')
    assert client.send("GET", path).body["phone"] == created.body["phone"]


@pytest.mark.req("001-31")
@pytest.mark.parametrize("field", ["phone", "email"])
def test_an_identity_of_another_customer_is_409_and_names_the_holder(
    client: Client, field: str
) -> None:
    holder = _create(client)

    answer = client.send("POST", "/customers", {"full_name": "Bình", field: ANH[field]})

    problem = _problem(answer, 409, "duplicate-customer")
    assert problem["field"] == field
    assert problem["existing_customer_id"] == holder.body["id"]
    assert problem["archived"] is False


@pytest.mark.req("001-31")
def test_an_allowed_duplicate_is_created(client: Client) -> None:
    _create(client)

    answer = client.send("POST", "/customers", ANH, query={"allow_duplicate": "true"})

    assert answer.status == 201
    assert answer.body["phone"] == "+84912345678"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"full_name": "Ánh", "nickname": "A"}, "nickname", "unknown_field"),
        ({"full_name": 5}, "full_name", "wrong_type"),
        ({"full_name": ["Ánh"]}, "full_name", "wrong_type"),
        ({"full_name": "Ánh", "phone": "123"}, "phone", "phone_invalid"),
        ({"full_name": "Ánh", "phone": 912345678}, "phone", "wrong_type"),
        ({"full_name": "Ánh", "email": "a@"}, "email", "email_invalid"),
        ({"full_name": "Ánh", "birthday": "17/05/1990"}, "birthday", "birthday_invalid"),
        ({"full_name": "Ánh", "gender": "robot"}, "gender", "gender_unknown"),
        ({"full_name": "A\x00nh"}, "full_name", "text_control_character"),
        ([], "body", "wrong_type"),
        ("{", "body", "json_invalid"),
        ("[" * 100_000, "body", "json_invalid"),
        ('{"full_name": ' + "1" * 5_000 + "}", "body", "json_invalid"),
    ],
)
def test_a_refused_field_is_named_with_its_code_and_a_message(
    client: Client, body: object, field: str, code: str
) -> None:
    problem = _problem(client.send("POST", "/customers", body), 422, "invalid")

    assert [(each["field"], each["code"]) for each in problem["errors"]] == [(field, code)]
    assert len(problem["errors"][0]["message"]) > 10


def test_all_refused_fields_are_reported_at_once(client: Client) -> None:
    body = {"full_name": "Ánh", "phone": "1", "email": "x", "gender": "?"}
    problem = _problem(client.send("POST", "/customers", body), 422, "invalid")

    assert {each["field"] for each in problem["errors"]} == {"phone", "email", "gender"}


def test_a_refusal_never_repeats_the_refused_value(client: Client) -> None:
    body = {"full_name": "Ánh", "phone": "đây-là-bí-mật", "email": "bí-mật"}

    assert "bí-mật" not in json.dumps(client.send("POST", "/customers", body).body)


def test_refusals_are_in_the_language_of_the_caller() -> None:
    body = {"phone": "0912345678"}
    vietnamese = Client(lambda_handler, language="vi-VN,en;q=0.5").send("POST", "/customers", body)
    english = Client(lambda_handler, language="fr, en;q=0.9, vi;q=0.1").send(
        "POST", "/customers", body
    )

    assert vietnamese.body["errors"][0]["message"] == "Cần họ tên của khách hàng."
    assert english.body["errors"][0]["message"] == "The customer's name is needed."


@pytest.mark.req("003-06", "D15")
def test_a_viewer_reads_masked_contacts_and_may_change_nothing(client: Client) -> None:
    path = f"/customers/{_create(client).body['id']}"
    viewer = Client(lambda_handler, role="viewer")

    seen = viewer.send("GET", path).body

    assert (seen["phone"], seen["email"]) == ("09xx xxx 678", "a***@…")
    assert "1990" not in str(seen["birthday"])
    for method, where, body in (
        ("POST", "/customers", ANH),
        ("PATCH", path, {"gender": "male"}),
        ("DELETE", path, None),
    ):
        _problem(viewer.send(method, where, body, If_Match='"1"'), 403, "forbidden")


@pytest.mark.parametrize(
    ("claims", "code"),
    [({"token_use": "access"}, "ID token"), ({"custom:merchant_id": ""}, "merchant")],
)
def test_a_token_of_the_wrong_kind_or_without_a_merchant_is_401(
    claims: dict[str, str], code: str
) -> None:
    answer = Client(lambda_handler, claims=claims).send("GET", "/customers/01J0")

    assert code in _problem(answer, 401, "unauthenticated")["detail"]


def test_health_needs_no_token() -> None:
    answer = Client(lambda_handler, claims={"token_use": "access"}).send("GET", "/health")

    HealthAnswer.model_validate(answer.body)


def test_an_unknown_route_answers_a_problem(client: Client) -> None:
    for query in (None, {"x": "1"}):
        _problem(client.send("GET", "/nowhere", query=query), 404, "not-found")


def test_a_defect_is_500_and_its_text_stays_out_of_answer_and_log(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("anh@example.vn")

    monkeypatch.setattr("functions.customers_api.handler.customer_store.get", broken)
    answer = client.send("GET", "/customers/01J00000000000000000000000")

    _problem(answer, 500, "internal-server-error")
    logged = str([vars(record) for record in caplog.records])
    assert "RuntimeError" in logged
    assert "anh@example.vn" not in logged + json.dumps(answer.body)
