"""An erasure on the deployed stack: all data is extracted first, none is found afterwards."""

import json
import secrets
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from crm.aws.dynamodb import keys
from crm.domain.kernel.ids import MerchantId
from crm.domain.values.names import folded
from local.api import Api
from local.erasures import reapply
from tests.e2e.deployed import (
    Deployed,
    Merchant,
    connect,
    created,
    eventually,
    listening,
    tell,
)

FOUND_BEFORE = ("street", "phone", "phone backwards", "other", "other backwards", "old")
#: The record and its history, its code, its orders, the audit, merges, requests and tombstones.
STILL_NAMED = {"B", "C", "ID", "ORDER", "ACT", "JOB", "ERASED"}
AT = "2026-11-20T03:04:05Z"


class Person:
    """A person whose data is unique in the whole deployment."""

    def __init__(self) -> None:
        run = secrets.randbelow(10**6)
        self.name = f"Nguyễn Thị Quế{''.join(chr(97 + int(each)) for each in f'{run:06}')}"
        self.email = f"que.{secrets.token_hex(6)}@quen.example"
        self.phone, self.other, self.old = (f"093{run:06}{digit}" for digit in (1, 2, 3))
        self.street = f"{run} Đường Không Tên"

    def needles(self) -> dict[str, bytes]:
        """Return the texts that must not be found after the erasure, in every stored spelling."""
        texts = {
            "e-mail": self.email,
            "name": self.name.split()[-1],
            "folded name": folded(self.name.split()[-1]),
            "street": self.street,
        }
        for what, phone in (("phone", self.phone), ("other", self.other), ("old", self.old)):
            texts |= {what: phone[1:], f"{what} backwards": phone[1:][::-1]}
        plain = {what: text.encode() for what, text in texts.items()}
        escaped = {
            f"escaped {what}": json.dumps(text)[1:-1].encode() for what, text in texts.items()
        }
        return plain | escaped | dict(_in_base64(plain))


def _in_base64(plain: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield how each text appears inside base64-encoded content, at each alignment."""
    for what, text in plain.items():
        for shift in range(3):
            spelled = b64encode(bytes(shift) + text)
            yield (
                f"{what} in base64, {shift}",
                spelled[4 if shift else 0 : len(spelled) // 4 * 4 - 4],
            )


def an_event(merchant: Merchant, kind: str, number: int, **detail: Any) -> dict[str, Any]:
    event = {"event_id": f"e-{number}", "merchant_id": merchant.id, "occurred_at": AT, **detail}
    return {"Source": "haravan", "DetailType": kind, "Detail": json.dumps(event)}


def history_of(api: Api, customer_id: str) -> list[dict[str, Any]]:
    query = {"from": "2026-01-01", "limit": 100}
    path = f"/customers/{customer_id}/activities"
    activities: list[dict[str, Any]] = api.call("GET", path, query=query).body["items"]
    return activities


def imported(deployed: Deployed, api: Api, content: str) -> str:
    job = api.call("POST", "/imports", {"file_name": "khach.csv", "mode": "overwrite"}).body
    assert deployed.upload(job["upload"], content.encode()).status == 204
    path = f"/imports/{job['id']}"
    done = eventually(
        lambda: api.call("GET", path).body, lambda seen: seen["status"] in {"finished", "failed"}
    )
    assert done["status"] == "finished", done
    job_id: str = job["id"]
    return job_id


def exported(api: Api) -> str:
    job_id: str = api.call("POST", "/exports", {"scope": "all", "format": "csv"}).body["id"]
    path = f"/exports/{job_id}"
    eventually(lambda: api.call("GET", path).body, lambda seen: seen["status"] == "finished")
    return job_id


def items(deployed: Deployed) -> Iterator[tuple[str, bytes]]:
    """Yield every item of both tables."""
    pages = deployed.client("dynamodb").get_paginator("scan")
    for name in ("TableName", "IdempotencyTableName"):
        for page in pages.paginate(TableName=deployed.outputs[name]):
            for item in page["Items"]:
                place = f"{name} {item['pk']} {item.get('sk')}"
                yield place, json.dumps(item, ensure_ascii=False).encode()


def versions(deployed: Deployed) -> Iterator[tuple[str, bytes]]:
    """Yield every version of every object of our buckets."""
    store = deployed.client("s3")
    pages = store.get_paginator("list_object_versions")
    for bucket in (deployed.outputs["FilesBucket"], deployed.outputs["ExportsBucket"]):
        for page in pages.paginate(Bucket=bucket):
            for version in page.get("Versions", ()):
                key, version_id = version["Key"], version["VersionId"]
                body = store.get_object(Bucket=bucket, Key=key, VersionId=version_id)["Body"]
                yield f"{bucket} {key} {version_id}", key.encode() + body.read()


def lines(deployed: Deployed) -> Iterator[tuple[str, bytes]]:
    """Yield every line of every log."""
    logs = deployed.client("logs")
    groups = logs.get_paginator("describe_log_groups").paginate()
    for group in (each["logGroupName"] for page in groups for each in page["logGroups"]):
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
            for line in page["events"]:
                yield f"log {group}", line["message"].encode()


def kinds_naming(deployed: Deployed, customer_id: str) -> set[str]:
    """Return the kinds of rows that contain the id of a record, by the third part of their key."""
    return {
        place.split("#")[2].partition("'")[0]
        for place, content in items(deployed)
        if customer_id.encode() in content
    }


def places_of(deployed: Deployed, person: Person) -> dict[str, set[str]]:
    """Return where each spelling of the person is found."""
    needles = person.needles()
    found: dict[str, set[str]] = {}
    for place, content in (*items(deployed), *versions(deployed), *lines(deployed)):
        for what, needle in needles.items():
            if needle in content:
                found.setdefault(what, set()).add(place)
    return found


def send_late_events(
    deployed: Deployed, newcomer: Merchant, order: Mapping[str, Any], erased: set[str]
) -> None:
    """Send a new version of the person's order, and a new order under the freed identity."""
    owner, path = newcomer.api("owner"), f"/customers/{min(erased)}"
    tell(
        deployed,
        [
            an_event(
                newcomer, "OrderRefunded", 3, order={**order, "version": 2, "refunded": 50_000}
            )
        ],
    )
    eventually(
        lambda: owner.call("GET", path).body["metrics"]["total_spent"],
        lambda spent: spent == 200_000,
    )
    rows = owner.call("GET", f"{path}/personal-data").body["items"]
    assert "shipping_address" not in json.dumps(rows)
    tell(deployed, [an_event(newcomer, "OrderPaid", 4, order={**order, "id": "o-2"})])
    phone = order["customer"]["phone"]
    holder = eventually(
        lambda: owner.call("POST", "/customers/lookup", {"phone": phone}),
        lambda seen: seen.status == 200,
    ).body
    assert holder["id"] not in erased


def phones_before(merges: list[dict[str, Any]]) -> list[str]:
    """Return the phones in the before-images of merges, in national format."""
    before = [each for merge in merges for each in merge["before"]]
    return [f"0{each['customer']['phone'].removeprefix('+84')}" for each in before]


@pytest.mark.req("B-14", "D1", "002-01")
@pytest.mark.engine
def test_no_personal_data_is_found_after_an_erasure_and_the_metrics_stay(
    deployed: Deployed, newcomer: Merchant
) -> None:
    person, owner = Person(), newcomer.api("owner")
    connect(newcomer, "haravan")
    first = created(
        owner,
        full_name=person.name,
        phone=person.old,
        email=person.email,
        birthday="1990-05-17",
        gender="female",
        note=f"Gọi {person.phone} sau 18 giờ",
        tags=["sỉ"],
        external_ids={"haravan": "1009"},
        addresses=[{"line": person.street, "recipient": person.name, "phone": person.old}],
        invoice_profile={"kind": "individual", "name": person.name, "email": person.email},
        marketing_consent={"accepted": True, "source": "quầy", "evidence": "phiếu 12"},
    )
    path = f"/customers/{first['id']}"
    etag = owner.call("GET", path).headers["etag"]
    edited = owner.call("PATCH", path, {"phone": person.phone}, headers={"If-Match": etag})
    assert edited.status == 200, edited.text
    assert owner.call("POST", f"{path}/notes", {"text": f"{person.name} đến quán"}).status == 201
    customer = {"phone": person.phone, "name": person.name, "email": person.email}
    order = {
        "id": "o-1",
        "number": "#1001",
        "version": 1,
        "placed_at": AT,
        "status": "completed",
        "total": 250_000,
        "paid": 250_000,
        "shipping_address": {"line": person.street, "recipient": person.name},
        "items": [{"sku": "CF", "name": "Cà phê", "quantity": 1, "unit_price": 250_000}],
        "customer": customer,
    }
    tell(
        deployed,
        [
            an_event(newcomer, "OrderPaid", 1, order=order),
            an_event(newcomer, "NoteRecorded", 2, customer=customer, note={"text": person.name}),
        ],
    )
    eventually(
        lambda: [each["kind"] for each in history_of(owner, first["id"])],
        lambda kinds: {"order", "note"} <= set(kinds) and kinds.count("note") == 2,
    )
    second = created(owner, full_name=person.name, phone=person.other)
    pair = {"survivor_id": first["id"], "loser_id": second["id"]}
    assert owner.call("POST", "/merges", pair).status == 201
    import_id = imported(
        deployed,
        owner,
        "Họ và tên,Số điện thoại,Ghi chú\n"
        f"{person.name},{person.phone},khách của {person.email}\n"
        f"Trần Văn Bình,0967{secrets.randbelow(10**6):06},\n"
        f"{person.name},{person.phone},\n",
    )
    export_id = exported(owner)
    before = owner.call("GET", path).body
    assert before["metrics"]["total_spent"] == 250_000

    data = owner.call("GET", f"{path}/personal-data").body
    assert [each["customer"]["id"] for each in data["holdings"]["records"]] == [
        first["id"],
        second["id"],
    ]
    assert phones_before(data["holdings"]["merges"]) == [person.phone, person.other]
    assert data["holdings"]["imports"] == [import_id]
    assert data["holdings"]["exports"] == [export_id]
    assert {each["section"] for each in data["items"]} >= {"activity", "order"}
    assert places_of(deployed, person).keys() >= {"e-mail", "name", "folded name", *FOUND_BEFORE}

    with listening(deployed, newcomer) as listener:
        answer = owner.call("POST", f"/customers/{second['id']}/erase")
        assert answer.status == 202, answer.text
        after = owner.call("GET", path).body
        assert (after["status"], after["full_name"], after["phone"]) == ("erased", None, None)
        request = eventually(
            lambda: owner.call("GET", f"/privacy-requests/{answer.body['id']}").body,
            lambda seen: seen["state"] == "done",
        )
        eventually(
            lambda: [each["detail-type"] for each in listener.heard()],
            lambda kinds: "CustomerErased" in kinds,
        )

    assert request["erasure"]["step"] == "done"
    assert sorted(request["erasure"]["customer_ids"]) == sorted([first["id"], second["id"]])
    assert any(True for _ in lines(deployed))
    assert places_of(deployed, person) == {}
    assert not [place for place, _ in versions(deployed) if f"/{import_id}/upload" in place]
    assert not [place for place, _ in versions(deployed) if export_id in place]
    assert kinds_naming(deployed, first["id"]) <= STILL_NAMED
    after = owner.call("GET", path).body
    assert after["metrics"] == before["metrics"]
    assert after["membership"] == before["membership"]
    assert (after["id"], after["code"]) == (before["id"], before["code"])
    assert owner.call("GET", f"{path}/orders").body["items"][0]["total"] == 250_000
    assert owner.call("GET", f"{path}/metrics/explain").body["agrees"]
    assert owner.call("POST", f"{path}/notes", {"text": "Chào"}).status == 409
    assert owner.call("GET", f"/exports/{export_id}/file").status == 409
    send_late_events(deployed, newcomer, order, {first["id"], second["id"]})


@pytest.mark.req("B-14")
def test_a_restored_customer_is_erased_again(deployed: Deployed, newcomer: Merchant) -> None:
    owner = newcomer.api("owner")
    customer = created(owner, phone="0967000111")
    path = f"/customers/{customer['id']}"
    table, client = deployed.outputs["TableName"], deployed.client("dynamodb")
    key = keys.of_customer(MerchantId(newcomer.id), customer["id"])
    row = client.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    request = owner.call("POST", f"{path}/erase").body
    eventually(
        lambda: owner.call("GET", f"/privacy-requests/{request['id']}").body["state"],
        lambda state: state == "done",
    )
    client.put_item(TableName=table, Item=row)
    assert owner.call("GET", path).body["phone"] == "+84967000111"

    assert reapply(deployed.stack, newcomer.id, left=table) == 1

    assert owner.call("GET", path).body["status"] == "erased"
    assert reapply(deployed.stack, newcomer.id, left=None) <= 1
    eventually(
        lambda: owner.call("GET", f"/privacy-requests/{request['id']}").body["state"],
        lambda state: state == "done",
    )
    assert reapply(deployed.stack, newcomer.id, left=None) == 0


@pytest.mark.req("B-14", "D15")
def test_only_the_owner_may_read_or_erase_personal_data(deployed: Deployed) -> None:
    customer = created(deployed.merchant.manager)
    for role, expected in (("owner", 200), ("manager", 403), ("staff", 403), ("viewer", 403)):
        api = deployed.merchant.api(role)
        path = f"/customers/{customer['id']}/personal-data"
        assert api.call("GET", path).status == expected
    other = deployed.other.api("owner")
    assert other.call("POST", f"/customers/{customer['id']}/erase").status == 404
    assert other.call("GET", f"/customers/{customer['id']}/personal-data").status == 404
