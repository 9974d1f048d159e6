"""A POST with an Idempotency-Key takes effect once, over HTTP and despite faults."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from crm.bus.resources import AddressAnswer, CustomerAnswer
from crm.http.customers.models import ActivityAnswer
from functions.customers_api.handler import lambda_handler as customers_api
from functions.imports_api.handler import lambda_handler as imports_api
from functions.timeline_api.handler import lambda_handler as timeline_api
from tests.functions.faults import lost
from tests.functions.requests import Answered, Client, Handler

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Post = Callable[..., Answered]

ANH = {"full_name": "Nguyễn Thị Ánh"}
IMPORT = {"file_name": "khach.xlsx", "mode": "overwrite"}


@pytest.fixture(params=["customers", "addresses", "notes", "imports"])
def post(request: pytest.FixtureRequest) -> Post:
    """Return a function that sends one creating request; tests override single fields."""
    customers = Client(customers_api)
    path, handler, body = "/customers", customers_api, dict(ANH)
    if request.param == "imports":
        path, handler, body = "/imports", imports_api, dict(IMPORT)
    elif request.param != "customers":
        customer = customers.send("POST", "/customers", ANH).body["id"]
        path = f"/customers/{customer}/{request.param}"
        if request.param == "addresses":
            body = {"line": "12 Lý Thường Kiệt"}
        else:
            handler, body = timeline_api, {"text": "Khách thích màu xanh"}
    return _post_to(handler, path, body)


def _post_to(handler: Handler, path: str, defaults: Mapping[str, Any]) -> Post:
    def post(key: str | None, client: Client | None = None, **fields: Any) -> Answered:
        caller, body = client or Client(handler), {**defaults, **fields}
        if key is None:
            return caller.send("POST", path, body)
        return caller.send("POST", path, body, Idempotency_Key=key)

    return post


def _rows(client: "DynamoDBClient") -> int:
    """Return the number of rows of the main table, without the code counters."""
    names = client.list_tables()["TableNames"]
    main = next(name for name in names if "idempotency" not in name)
    rows = client.scan(TableName=main)["Items"]
    return len([row for row in rows if row["sk"]["S"] != "CODES"])


def _stable(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body without the upload form, which gets a new signature each time."""
    return {name: value for name, value in body.items() if name != "upload"}


@pytest.mark.req("B-17")
def test_a_repeated_request_writes_nothing_more(post: Post, moto_client: "DynamoDBClient") -> None:
    key = uuid4().hex
    first = post(key)
    made = _rows(moto_client)
    again = post(key)

    assert first.status == again.status == 201, again.body
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert _stable(again.body) == _stable(first.body)
    assert _rows(moto_client) == made


@pytest.mark.req("B-17")
@pytest.mark.parametrize("key", [None, "", "  "])
def test_a_request_without_a_key_is_new_each_time(
    post: Post, moto_client: "DynamoDBClient", key: str | None
) -> None:
    post(key)
    made = _rows(moto_client)
    again = post(key)

    assert again.status == 201
    assert "Idempotency-Replayed" not in again.headers
    assert _rows(moto_client) > made or "addresses" in again.headers["Location"]


@pytest.mark.req("B-17")
@pytest.mark.parametrize("answer", [True, False], ids=["answer lost", "call lost"])
@pytest.mark.parametrize("operation", ["TransactWriteItems", "PutItem"])
def test_a_retry_after_a_lost_call_or_answer_creates_the_resource_once(
    post: Post,
    moto_client: "DynamoDBClient",
    operation: str,
    answer: bool,  # noqa: FBT001
) -> None:
    undisturbed = post(uuid4().hex, client=None)
    assert undisturbed.status == 201
    before = _rows(moto_client)
    post(uuid4().hex)
    one_more = _rows(moto_client) - before
    before = _rows(moto_client)
    key = uuid4().hex

    with lost(operation, answer=answer):
        post(key)
    retried = [post(key) for _ in range(3)]

    statuses = {each.status for each in retried}
    assert statuses <= {201, 409}
    if 201 in statuses:
        assert len({each.body["id"] for each in retried if each.status == 201}) == 1
    assert _rows(moto_client) - before in {0, one_more}


@pytest.mark.req("B-17")
def test_a_retry_after_a_lost_commit_answer_replays_it_at_once(
    moto_client: "DynamoDBClient",
) -> None:
    post = _post_to(customers_api, "/customers", {**ANH, "phone": "0912345678"})
    key = uuid4().hex
    with lost("TransactWriteItems", answer=True):
        assert post(key).status == 500
    made = _rows(moto_client)

    again = post(key)

    assert again.status == 201, again.body
    CustomerAnswer.model_validate(again.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == f"/customers/{again.body['id']}"
    assert again.headers["ETag"] == '"1"'
    assert _rows(moto_client) == made


@pytest.mark.req("B-17")
def test_a_retry_replays_a_note_and_an_address_whose_commit_answer_was_lost(
    moto_client: "DynamoDBClient",
) -> None:
    customer = Client(customers_api).send("POST", "/customers", ANH).body["id"]
    for handler, path, body, model in (
        (timeline_api, "notes", {"text": "Thích màu xanh"}, ActivityAnswer),
        (customers_api, "addresses", {"line": "12 Lý Thường Kiệt"}, AddressAnswer),
    ):
        post, key = _post_to(handler, f"/customers/{customer}/{path}", body), uuid4().hex
        with lost("TransactWriteItems", answer=True):
            assert post(key).status == 500
        made = _rows(moto_client)

        again = post(key)

        assert again.status == 201, again.body
        model.model_validate(again.body)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert _rows(moto_client) == made


@pytest.mark.req("B-17")
def test_a_key_is_refused_with_another_body_or_query() -> None:
    client, key = Client(customers_api), uuid4().hex
    client.send("POST", "/customers", ANH, Idempotency_Key=key)

    other = client.send("POST", "/customers", {"full_name": "Lan"}, Idempotency_Key=key)
    queried = client.send(
        "POST", "/customers", ANH, query={"allow_duplicate": "true"}, Idempotency_Key=key
    )

    for refused in (other, queried):
        assert refused.status == 422
        assert refused.body["type"].endswith("/invalid")
        assert "Idempotency-Key" in refused.body["detail"]


@pytest.mark.req("B-17", "002-01")
def test_a_key_belongs_to_one_user_of_one_merchant() -> None:
    key = uuid4().hex
    callers = [
        Client(customers_api),
        Client(customers_api, claims={"sub": "another-person"}),
        Client(customers_api, merchant_id="m-2"),
    ]

    made = [each.send("POST", "/customers", ANH, Idempotency_Key=key) for each in callers]

    assert [each.status for each in made] == [201, 201, 201]
    assert len({each.body["id"] for each in made}) == 3


@pytest.mark.req("B-17")
def test_a_refused_request_can_be_corrected_with_the_same_key() -> None:
    client, key = Client(customers_api), uuid4().hex
    assert client.send("POST", "/customers", {"phone": "x"}, Idempotency_Key=key).status == 422

    assert client.send("POST", "/customers", ANH, Idempotency_Key=key).status == 201


def test_a_key_is_at_most_255_characters() -> None:
    client = Client(customers_api)

    assert client.send("POST", "/customers", ANH, Idempotency_Key="k" * 255).status == 201
    refused = client.send("POST", "/customers", ANH, Idempotency_Key="k" * 256)
    assert refused.status == 400
    assert [each["code"] for each in refused.body["errors"]] == ["too_long"]


@pytest.mark.req("B-17")
def test_a_customer_is_restored_once_per_key() -> None:
    client, key = Client(customers_api), uuid4().hex
    path = f"/customers/{client.send('POST', '/customers', ANH).body['id']}"
    client.send("DELETE", path, If_Match='"1"')

    first = client.send("POST", f"{path}/restore", Idempotency_Key=key)
    client.send("DELETE", path, If_Match=first.headers["ETag"])
    again = client.send("POST", f"{path}/restore", Idempotency_Key=key)

    assert (first.body["status"], again.body["status"]) == ("active", "archived")
    assert (again.status, again.headers["Idempotency-Replayed"]) == (200, "true")


@pytest.mark.req("002-01")
def test_a_stored_record_holds_no_key_and_no_personal_data(moto_client: "DynamoDBClient") -> None:
    Client(customers_api).send("POST", "/customers", ANH, Idempotency_Key="khoá của tôi")

    names = moto_client.list_tables()["TableNames"]
    table = next(name for name in names if "idempotency" in name)
    (row,) = moto_client.scan(TableName=table)["Items"]
    assert row.keys() == {
        "pk",
        "content_hash",
        "first_at",
        "expires_at",
        "status",
        "resource_id",
        "location",
    }
    assert "khoá" not in str(row)
    assert "Ánh" not in str(row)
