"""A customer in the deployed product is created, edited, tagged, archived and restored."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from crm.aws.dynamodb import keys
from crm.domain.kernel.ids import MerchantId
from tests.e2e.deployed import Deployed, created, eventually


@pytest.mark.req("000-01", "000-14", "000-19", "000-20", "000-22", "003-14", "004-12", "D1")
def test_a_customer_is_created_edited_noted_tagged_archived_and_restored(
    deployed: Deployed,
) -> None:
    api = deployed.merchant.manager
    customer = created(
        api,
        phone="0901 000 111",
        addresses=[
            {"line": "12 Lý Thường Kiệt", "ward": "Phường Hoàn Kiếm", "province": "Hà Nội"}
        ],
    )
    path = f"/customers/{customer['id']}"
    assert customer["addresses"][0]["ward_code"] == "00070"

    edited = api.call("PATCH", path, {"phone": "0901 000 222"}, headers={"If-Match": '"1"'})
    assert (edited.status, edited.headers["etag"]) == (200, '"2"')
    stale = api.call("PATCH", path, {"gender": "nam"}, headers={"If-Match": '"1"'})
    assert (stale.status, stale.body["current_version"]) == (412, 2)
    assert api.call("PATCH", path, {"gender": "nam"}).status == 428

    note, key = {"text": "Thích giao buổi sáng"}, {"Idempotency-Key": "note-1"}
    noted, again = (api.call("POST", f"{path}/notes", note, headers=key) for _ in range(2))
    assert (noted.status, again.status) == (201, 201)
    assert again.body["id"] == noted.body["id"]
    tagged = api.call("PUT", f"{path}/tags/khách sỉ")
    assert (tagged.status, tagged.body["tags"]) == (200, ["khách sỉ"])

    archived = api.call("DELETE", path, headers={"If-Match": '"3"'})
    assert (archived.status, archived.body["status"]) == (200, "archived")
    taken = api.call("POST", "/customers", {"full_name": "Bình", "phone": "0901000222"})
    assert (taken.status, taken.body["existing_customer_id"]) == (409, customer["id"])
    assert taken.body["archived"] is True

    restored = api.call("POST", f"{path}/restore")
    assert (restored.status, restored.headers["etag"]) == (200, '"5"')
    found = api.call("POST", "/customers/lookup", {"phone": "+84 901 000 222"})
    assert found.body["id"] == customer["id"]
    freed = api.call("POST", "/customers/lookup", {"phone": "0901000111"})
    assert freed.status == 404

    history = api.call("GET", f"{path}/activities").body["items"]
    assert [line["kind"] for line in history] == [
        "restored",
        "archived",
        "edited",
        "note",
        "edited",
        "created",
    ]


@pytest.mark.req("000-15", "003-11")
def test_addresses_and_invoice_data_are_edited(deployed: Deployed) -> None:
    api = deployed.merchant.manager
    path = f"/customers/{created(api)['id']}"

    added = api.call("POST", f"{path}/addresses", {"line": "5 Hàng Bài", "province": "Hà Nội"})
    assert (added.status, added.body["is_default"]) == (201, True)
    moved = api.call(
        "PATCH",
        f"{path}/addresses/{added.body['id']}",
        {"line": "7 Hàng Bài"},
        headers={"If-Match": added.headers["etag"]},
    )
    assert moved.body["line"] == "7 Hàng Bài"
    company = {
        "kind": "company",
        "company_name": "Công ty Hoa",
        "tax_code": "0100233488",
        "address": "1 Tràng Tiền, Hà Nội",
    }
    put = api.call(
        "PUT", f"{path}/invoice-profile", company, headers={"If-Match": moved.headers["etag"]}
    )
    assert (put.status, put.body["invoice_profile"]["tax_code"]) == (200, "0100233488")
    gone = api.call(
        "DELETE",
        f"{path}/addresses/{added.body['id']}",
        headers={"If-Match": put.headers["etag"]},
    )
    assert (gone.status, gone.body["items"]) == (200, [])


@pytest.mark.req("D15", "002-01")
def test_a_viewer_sees_contacts_masked_and_changes_nothing(deployed: Deployed) -> None:
    customer = created(deployed.merchant.manager, phone="0902 000 333")
    viewer = deployed.merchant.api("viewer")
    path = f"/customers/{customer['id']}"

    assert viewer.call("GET", path).body["phone"] == "09xx xxx 333"
    assert viewer.call("POST", f"{path}/notes", {"text": "x"}).status == 403
    assert viewer.call("PUT", f"{path}/tags/x").status == 403
    assert viewer.call("POST", "/customers", {"full_name": "x"}).status == 403


@pytest.fixture
def event_queue(deployed: Deployed) -> Iterator[str]:
    """Return the URL of a queue that receives every event of the product."""
    queues, events = deployed.client("sqs"), deployed.client("events")
    bus = deployed.outputs["EventBusName"]
    name = f"heard-{deployed.merchant.id}"
    url: str = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = arn["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }
        ],
    }
    queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    pattern = json.dumps({"source": ["khach-quen"]})
    events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "heard", "Arn": arn}])
    yield url
    events.remove_targets(Rule=name, EventBusName=bus, Ids=["heard"])
    events.delete_rule(Name=name, EventBusName=bus)
    queues.delete_queue(QueueUrl=url)


@pytest.mark.req("B-18")
def test_every_write_to_a_customer_is_published_on_the_bus(
    deployed: Deployed, event_queue: str
) -> None:
    api = deployed.merchant.manager
    customer = created(api, phone="0903 000 444")
    api.call("DELETE", f"/customers/{customer['id']}", headers={"If-Match": '"1"'})
    received: dict[str, dict[str, Any]] = {}

    def listen() -> dict[str, dict[str, Any]]:
        messages = deployed.client("sqs").receive_message(
            QueueUrl=event_queue, MaxNumberOfMessages=10
        )
        for message in messages.get("Messages", []):
            event = json.loads(message["Body"])
            if event["detail"]["customer"]["id"] == customer["id"]:
                received[event["detail-type"]] = event["detail"]
        return received

    eventually(listen, lambda seen: {"CustomerCreated", "CustomerArchived"} <= seen.keys())

    assert received["CustomerCreated"]["customer"]["phone"] == "+84903000444"
    assert received["CustomerCreated"]["merchant_id"] == deployed.merchant.id
    assert received["CustomerArchived"]["changed"] == ["status"]
    assert received["CustomerArchived"]["revision"] == 2


def test_tags_are_counted_within_seconds(deployed: Deployed) -> None:
    customer = created(deployed.merchant.manager, tags=["chỉ một lần"])
    key = keys.of_count(MerchantId(deployed.merchant.id), "tag", "chỉ một lần")

    def count() -> int:
        answer = deployed.client("dynamodb").get_item(
            TableName=deployed.outputs["TableName"], Key=key, ConsistentRead=True
        )
        return int(answer.get("Item", {}).get("n", {"N": "0"})["N"])

    eventually(count, lambda seen: seen == 1)
    deployed.merchant.manager.call("DELETE", f"/customers/{customer['id']}/tags/chỉ một lần")
    eventually(count, lambda seen: seen == 0)
