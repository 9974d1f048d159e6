"""`privacy_api`: personal data, privacy requests and erasure."""

import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Merchant
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.privacy import requests
from functions.continue_erasure.handler import lambda_handler as continue_erasure
from functions.customers_api.handler import lambda_handler as customers_api
from functions.privacy_api.handler import lambda_handler
from functions.reapply_erasures.handler import lambda_handler as reapply_erasures
from functions.timeline_api.handler import lambda_handler as timeline_api
from tests.builders import MERCHANT, moment
from tests.functions.requests import CONTEXT, Answered, Client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OWNER = Client(lambda_handler, role="owner")
OTHERS = Client(lambda_handler, role="owner", merchant_id="m-2")
CUSTOMERS, TIMELINE = Client(customers_api, role="owner"), Client(timeline_api, role="owner")
ANH = {
    "full_name": "Nguyễn Thị Ánh",
    "phone": "0912345678",
    "email": "anh@example.vn",
    "note": "Gọi sau 18 giờ",
    "addresses": [{"line": "12 Lý Thường Kiệt"}],
    "marketing_consent": {"accepted": True, "source": "quầy", "evidence": "phiếu 12"},
}
MOST_STEPS = 40


@pytest.fixture(autouse=True)
def machine(tables: None) -> Any:  # noqa: ARG001 - moto is there
    """Create both buckets, a merchant and an empty state machine."""
    store = boto3.client("s3")
    for name in ("FILES_BUCKET", "EXPORTS_BUCKET"):
        store.create_bucket(
            Bucket=os.environ[name],
            CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"},
        )
        store.put_bucket_versioning(
            Bucket=os.environ[name], VersioningConfiguration={"Status": "Enabled"}
        )
    merchants().add(
        MERCHANT,
        Merchant(id=MERCHANT, name="Hoa", email="hoa@example.vn", created_at=stamp(moment())),
    )
    client = boto3.client("stepfunctions")
    client.create_state_machine(
        name=os.environ["ERASE_STATE_MACHINE"].rsplit(":", 1)[1],
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/machine",
    )
    return client


def created(**fields: Any) -> str:
    answer = CUSTOMERS.send("POST", "/customers", {**ANH, **fields})
    assert answer.status == 201, answer.body
    customer_id: str = answer.body["id"]
    return customer_id


def request_of(kind: str, customer_id: str, **fields: Any) -> Answered:
    body = {"kind": kind, "customer_id": customer_id, **fields}
    return OWNER.send("POST", "/privacy-requests", body)


def erased(customer_id: str) -> Any:
    """Erase a customer completely; return the request at its end."""
    answer = OWNER.send("POST", f"/customers/{customer_id}/erase")
    assert answer.status == 202, answer.body
    finish_erasure(answer.body["id"])
    return OWNER.send("GET", f"/privacy-requests/{answer.body['id']}").body


def finish_erasure(request_id: str) -> None:
    event: dict[str, Any] = {"merchant_id": MERCHANT, "request_id": request_id}
    for _ in range(MOST_STEPS):
        event = continue_erasure(event, CONTEXT)
        if event["done"]:
            return
    raise AssertionError("the erasure does not end")


def every_item(client: "DynamoDBClient") -> Iterator[str]:
    for name in ("TABLE_NAME", "IDEMPOTENCY_TABLE_NAME"):
        for item in client.scan(TableName=os.environ[name])["Items"]:
            yield json.dumps(item, ensure_ascii=False)


@pytest.mark.req("B-14", "D1")
def test_an_erased_customer_has_no_personal_data_and_keeps_id_code_and_metrics(
    moto_client: "DynamoDBClient", machine: Any
) -> None:
    anh = created()
    TIMELINE.send("POST", f"/customers/{anh}/notes", {"text": "Ánh thích trà"})
    before = CUSTOMERS.send("GET", f"/customers/{anh}").body

    request = erased(anh)

    after = CUSTOMERS.send("GET", f"/customers/{anh}").body
    assert after["status"] == "erased"
    unchanged = ("id", "code", "source", "metrics", "membership", "created_at")
    assert {name: after[name] for name in unchanged} == {name: before[name] for name in unchanged}
    assert after["display_name"] == before["code"]
    blank = ("full_name", "phone", "email", "note", "birthday", "gender", "invoice_profile")
    assert {after[name] for name in blank} == {None}
    assert after["addresses"] == []
    assert after["marketing_consent"] == {"accepted": False, "at": None, "source": None}
    assert (request["state"], request["erasure"]["step"]) == ("done", "done")
    assert request["erasure"]["stripped"]["activity"] >= 1
    everything = "\n".join(every_item(moto_client))
    for needle in ("912345678", "876543219", "anh@example", "Ánh", "nguyen", "Kiệt", "phiếu 12"):
        assert needle not in everything, needle
    (run,) = machine.list_executions(stateMachineArn=os.environ["ERASE_STATE_MACHINE"])[
        "executions"
    ]
    assert run["name"] == request["id"]


@pytest.mark.req("B-14")
def test_edits_notes_and_requests_of_an_erased_customer_are_refused() -> None:
    anh = created()
    erased(anh)

    etag = CUSTOMERS.send("GET", f"/customers/{anh}").headers["ETag"]
    refused = [
        CUSTOMERS.send("PATCH", f"/customers/{anh}", {"full_name": "Ánh"}, If_Match=etag),
        CUSTOMERS.send("POST", f"/customers/{anh}/restore"),
        TIMELINE.send("POST", f"/customers/{anh}/notes", {"text": "Chào"}),
        request_of("access", anh),
    ]
    assert [each.status for each in refused] == [409] * len(refused)


@pytest.mark.req("B-14")
def test_a_freed_identity_can_be_used_by_a_new_customer() -> None:
    anh = created()
    erased(anh)

    assert created() != anh


@pytest.mark.req("B-14")
def test_a_repeated_erasure_resumes_the_same_request() -> None:
    anh = created()
    first = OWNER.send("POST", f"/customers/{anh}/erase").body
    second = OWNER.send("POST", f"/customers/{anh}/erase", {})
    assert (second.status, second.body["id"]) == (202, first["id"])

    finish_erasure(first["id"])

    assert OWNER.send("POST", f"/customers/{anh}/erase").body["state"] == "done"
    assert len(OWNER.send("GET", "/privacy-requests").body["items"]) == 1


@pytest.mark.req("B-14")
def test_an_erasure_answers_the_named_request() -> None:
    anh, binh = created(), created(phone="0987654321", email="binh@example.vn")
    to_erase, to_access = request_of("erase", anh).body, request_of("access", anh).body

    too_early = OWNER.send(
        "PATCH", f"/privacy-requests/{to_erase['id']}", {"state": "done"}, If_Match='"1"'
    )
    wrong = [
        OWNER.send("POST", f"/customers/{whose}/erase", {"request_id": request["id"]}).status
        for whose, request in ((anh, to_access), (binh, to_erase))
    ]
    right = OWNER.send("POST", f"/customers/{anh}/erase", {"request_id": to_erase["id"]})

    assert (too_early.status, wrong) == (409, [409, 409])
    assert (right.body["id"], right.body["state"]) == (to_erase["id"], "in_progress")
    refused = OWNER.send(
        "PATCH",
        f"/privacy-requests/{to_erase['id']}",
        {"state": "refused", "reason": "Nhầm"},
        If_Match=right.headers["ETag"],
    )
    assert refused.status == 409
    finish_erasure(to_erase["id"])
    assert OWNER.send("GET", f"/privacy-requests/{to_erase['id']}").body["state"] == "done"


@pytest.mark.req("B-14", "D15")
def test_a_request_shows_its_deadlines_and_whether_it_is_overdue() -> None:
    anh = created()

    fresh = request_of("withdraw_consent", anh, third_party=True).body
    old = request_of("correct", anh, received_at="2026-01-05T10:00:00+07:00").body

    assert (old["answer_by"], old["due_at"], old["overdue"]) == (
        "2026-01-07T16:59:59.999Z",
        "2026-01-15T16:59:59.999Z",
        True,
    )
    assert fresh["overdue"] is False
    listed = OWNER.send("GET", "/privacy-requests", query={"limit": "1"}).body
    assert [each["id"] for each in listed["items"]] == [old["id"]]
    more = OWNER.send(
        "GET", "/privacy-requests", query={"limit": "1", "cursor": listed["next_cursor"]}
    ).body
    assert [each["id"] for each in more["items"]] == [fresh["id"]]
    assert more["next_cursor"] is None


@pytest.mark.req("B-14")
@pytest.mark.parametrize("kind", ["withdraw_consent", "restrict"])
def test_a_withdrawal_or_restriction_withdraws_the_consent_at_once_with_evidence(
    kind: str,
) -> None:
    anh = created()

    request = request_of(kind, anh).body

    consent = customers().get(MERCHANT, CustomerId(anh)).marketing_consent
    assert (consent.accepted, consent.source) == (False, "privacy_request")
    assert consent.evidence == f"{kind} {request['id']}"
    assert request["state"] == "done"
    holdings = OWNER.send("GET", f"/customers/{anh}/personal-data").body["holdings"]
    assert [each["accepted"] for each in holdings["consent_ledger"]] == [False]
    assert holdings["records"][0]["consent_evidence"] == consent.evidence


@pytest.mark.req("B-14")
def test_a_restricted_record_refuses_consent_until_the_restriction_is_lifted() -> None:
    anh = created()
    restricted = request_of("restrict", anh).body
    yes = {"marketing_consent": {"accepted": True, "source": "quầy"}}

    def edited(body: dict[str, Any]) -> Answered:
        etag = CUSTOMERS.send("GET", f"/customers/{anh}").headers["ETag"]
        return CUSTOMERS.send("PATCH", f"/customers/{anh}", body, If_Match=etag)

    assert edited({"full_name": "Ánh Nguyễn"}).status == 200
    assert edited(yes).status == 409
    holdings = OWNER.send("GET", f"/customers/{anh}/personal-data").body["holdings"]
    assert holdings["records"][0]["restricted_by"] == restricted["id"]

    path = f"/privacy-requests/{restricted['id']}"
    lifted = OWNER.send("PATCH", path, {"lifted": True}, If_Match='"1"').body

    assert lifted["lifted_at"] is not None
    assert edited(yes).status == 200
    other = request_of("access", anh).body
    path = f"/privacy-requests/{other['id']}"
    assert OWNER.send("PATCH", path, {"lifted": True}, If_Match='"1"').status == 409


@pytest.mark.req("B-14")
def test_a_withdrawal_with_a_third_party_stays_in_progress_until_it_is_closed() -> None:
    request = request_of("withdraw_consent", created(), third_party=True).body

    assert request["state"] == "in_progress"
    path = f"/privacy-requests/{request['id']}"
    assert OWNER.send("PATCH", path, {"state": "done"}, If_Match='"1"').body["state"] == "done"


@pytest.mark.req("B-14")
def test_a_request_changes_state_and_is_extended_once_and_stays_closed() -> None:
    request = request_of("correct", created()).body
    path = f"/privacy-requests/{request['id']}"

    def patched(version: int, **body: Any) -> Answered:
        return OWNER.send("PATCH", path, body, If_Match=f'"{version}"')

    assert patched(1, state="refused").body["errors"][0]["field"] == "reason"
    extended = patched(1, state="in_progress", days_more=15)
    assert (extended.body["state"], extended.body["version"]) == ("in_progress", 2)
    assert extended.body["due_at"] > request["due_at"]
    assert patched(1, state="done").status == 412
    assert patched(2, days_more=3).status == 409
    assert patched(2, days_more=16).status == 422
    assert patched(2, state="open").status == 409
    refused = patched(2, state="refused", reason="Không phải chủ tài khoản").body
    assert (refused["state"], refused["reason"]) == ("refused", "Không phải chủ tài khoản")
    assert refused["closed_at"] is not None
    assert patched(3, state="in_progress").status == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "forget", "customer_id": "01J0"}, 422),
        ({"kind": "access"}, 422),
        ({"kind": "access", "customer_id": "01J0"}, 404),
        ({"kind": "access", "customer_id": "01J0", "received_at": "5/1"}, 422),
    ],
)
def test_an_invalid_request_is_refused(body: dict[str, Any], status: int) -> None:
    assert OWNER.send("POST", "/privacy-requests", body).status == status


@pytest.mark.parametrize(
    ("received_at", "code"),
    [
        ("2999-01-05T10:00:00Z", "in_the_future"),
        ("2026-01-05T10:00:00", "moment_invalid"),
        ("5/1/2026", "moment_invalid"),
    ],
)
def test_a_request_must_be_received_at_a_valid_moment_in_the_past(
    received_at: str, code: str
) -> None:
    answer = request_of("access", created(), received_at=received_at)

    assert (answer.status, answer.body["errors"][0]["code"]) == (422, code)


@pytest.mark.req("B-14")
def test_all_data_about_a_person_is_returned_page_by_page() -> None:
    anh = created()
    for number in range(5):
        TIMELINE.send("POST", f"/customers/{anh}/notes", {"text": f"Ghi chú {number}"})
    request_of("access", anh)
    path, sections, cursor, pages = f"/customers/{anh}/personal-data", [], "", 0
    texts: list[str] = []

    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = OWNER.send("GET", path, query=query).body
        assert (page["holdings"] is None) == (pages > 0)
        sections += [each["section"] for each in page["items"]]
        texts += [each["data"].get("text", "") for each in page["items"]]
        pages += 1
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert set(sections) == {"activity"}
    assert {f"Ghi chú {number}" for number in range(5)} <= set(texts)
    first = OWNER.send("GET", path).body["holdings"]
    (record,) = first["records"]
    assert record["customer"]["phone"] == "+84912345678"
    assert {"kind": "phone", "value": "+84912345678"} in record["identities"]
    assert record["consent_evidence"] == "phiếu 12"
    assert [each["kind"] for each in first["requests"]] == ["access"]


@pytest.mark.req("B-14", "002-01")
def test_the_merchants_history_records_requests_and_decisions_without_personal_data(
    moto_client: "DynamoDBClient",
) -> None:
    anh = created()
    request = request_of("correct", anh).body
    path = f"/privacy-requests/{request['id']}"
    OWNER.send("PATCH", path, {"state": "refused", "reason": "Chị Ánh đổi ý"}, If_Match='"1"')
    erasure = erased(anh)

    lines = moto_client.query(
        TableName=os.environ["TABLE_NAME"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"M#{MERCHANT}#ACT"}},
    )["Items"]

    kinds = [
        (line["kind"]["S"], json.dumps(line).count(each["id"]) > 0)
        for line, each in zip(lines, (request, request, erasure, erasure), strict=True)
    ]
    assert kinds == [
        ("privacy_requested", True),
        ("privacy_decided", True),
        ("erased", True),
        ("privacy_decided", True),
    ]
    everything = json.dumps(lines, ensure_ascii=False)
    assert anh in everything
    assert not [each for each in ("Ánh", "912345678", "anh@example") if each in everything]
    assert OWNER.send("GET", path).body["reason"] is None


@pytest.mark.req("002-01")
def test_another_merchant_can_neither_read_nor_erase_personal_data() -> None:
    anh = created()

    assert OTHERS.send("GET", f"/customers/{anh}/personal-data").status == 404
    assert OTHERS.send("POST", f"/customers/{anh}/erase").status == 404
    assert CUSTOMERS.send("GET", f"/customers/{anh}").body["phone"] == "+84912345678"


@pytest.mark.req("B-14")
def test_a_restored_customer_is_erased_again(moto_client: "DynamoDBClient") -> None:
    anh, binh = created(), created(phone="0987654321", email="binh@example.vn")
    TIMELINE.send("POST", f"/customers/{anh}/notes", {"text": "Ánh thích trà"})
    table = os.environ["TABLE_NAME"]
    backup = moto_client.scan(TableName=table)["Items"]
    erased(anh)
    for item in backup:
        moto_client.put_item(TableName=table, Item=item)
    assert CUSTOMERS.send("GET", f"/customers/{anh}").body["full_name"] == "Nguyễn Thị Ánh"

    assert reapply_erasures({"merchant_id": MERCHANT}, CONTEXT) == {"erasures": 1}

    (request,) = requests().newest(MERCHANT, limit=5, before=None).items
    finish_erasure(request.id)
    assert CUSTOMERS.send("GET", f"/customers/{anh}").body["status"] == "erased"
    assert CUSTOMERS.send("GET", f"/customers/{binh}").body["status"] == "active"
    assert "Ánh thích" not in "\n".join(every_item(moto_client))
    assert reapply_erasures({"merchant_id": MERCHANT}, CONTEXT) == {"erasures": 0}
