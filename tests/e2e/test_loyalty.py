"""Loyalty in the deployed product: orders on the bus change tiers, groups and points."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from crm.aws.dynamodb import keys
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import stamp
from local import audits
from local.api import Answer
from tests.e2e.deployed import (
    Deployed,
    Ear,
    Merchant,
    connect,
    created,
    eventually,
    listening,
    tell,
)

SCHEMAS = Path(__file__).parents[2] / "docs/events/outbound"
PROGRAM = {
    "enrolment": "automatic",
    "tiers": [
        {
            "code": "silver",
            "name": "Bạc",
            "min_spent": 1_000_000,
            "earn_vnd_per_point": 10_000,
            "group": "loyal",
        },
        {
            "code": "gold",
            "name": "Vàng",
            "min_spent": 5_000_000,
            "earn_vnd_per_point": 5_000,
            "group": "vip",
        },
    ],
    "hold_days": 7,
}


class Shop:
    """A merchant with an active loyalty program."""

    def __init__(self, deployed: Deployed, merchant: Merchant) -> None:
        self._deployed = deployed
        self.merchant = merchant
        self.manager = merchant.manager

    def activate(self) -> dict[str, Any]:
        """Store and activate a program; return the finished job."""
        etag = self.manager.call("GET", "/loyalty/program").headers["etag"]
        stored = self.manager.call("PUT", "/loyalty/program", PROGRAM, headers={"If-Match": etag})
        assert stored.status == 200, stored.text
        body = {"version": stored.body["version"]}
        started = self.manager.call("POST", "/loyalty/program/activate", body)
        assert started.status == 202, started.text
        job_path = started.headers["location"]
        ended: dict[str, Any] = eventually(
            lambda: self.manager.call("GET", job_path).body,
            lambda job: job["status"] == "finished",
        )
        return ended

    def order(self, customer: dict[str, Any], number: int, total: int, **order: Any) -> None:
        """Publish a customer's order, by default placed now."""
        snapshot = {
            "id": f"loyalty-{number}",
            "number": f"#{number}",
            "version": 1,
            "placed_at": stamp(datetime.now(UTC)),
            "status": "completed",
            "total": total,
            "paid": total,
            "customer": {"phone": customer["phone"]},
            **order,
        }
        detail = {
            "event_id": f"loyalty-{number}-{snapshot['version']}",
            "merchant_id": self.merchant.id,
            "occurred_at": "2026-11-22T03:04:05Z",
            "order": snapshot,
        }
        event = {"Source": "haravan", "DetailType": "OrderPaid", "Detail": json.dumps(detail)}
        # Platforms may send an event twice.
        tell(self._deployed, [event, event])

    def seen(self, customer: dict[str, Any]) -> dict[str, Any]:
        """Return the current state of a customer."""
        answer = self.manager.call("GET", f"/customers/{customer['id']}")
        assert answer.status == 200, answer.text
        current: dict[str, Any] = answer.body
        return current

    def spent(self, customer: dict[str, Any], total: int) -> dict[str, Any]:
        """Return a customer once their total spent has reached a value."""
        return eventually(
            lambda: self.seen(customer), lambda seen: seen["metrics"]["total_spent"] == total
        )

    def sweep(self, now: datetime) -> None:
        """Run the daily sweep for another moment."""
        client = self._deployed.client("stepfunctions")
        started = client.start_execution(
            stateMachineArn=self._deployed.outputs["SweepStateMachineArn"],
            input=json.dumps({"now": stamp(now)}),
        )["executionArn"]
        ended = eventually(
            lambda: client.describe_execution(executionArn=started)["status"],
            lambda status: status != "RUNNING",
        )
        assert ended == "SUCCEEDED"

    def points(self, customer: dict[str, Any]) -> dict[str, int]:
        """Return the nonzero balances of a customer's ledger."""
        balances = self.manager.call("GET", f"/customers/{customer['id']}/points").body
        assert balances["earned"] == sum(
            balances[each] for each in ("pending", "available", "used", "expired", "reversed")
        )
        return {name: count for name, count in balances.items() if count}

    def redeem(self, customer: dict[str, Any], reward: dict[str, Any]) -> Answer:
        """Redeem a reward with an idempotency key, as a till would."""
        return self.manager.call(
            "POST",
            f"/customers/{customer['id']}/redemptions",
            {"reward_id": reward["id"]},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )


@pytest.fixture
def shop(deployed: Deployed, newcomer: Merchant) -> Shop:
    """Return a merchant whose program is active before the first order."""
    connect(newcomer, "haravan")
    shop = Shop(deployed, newcomer)
    job = shop.activate()
    assert job["progress"]["done"] == job["progress"]["total"]
    return shop


@pytest.fixture
def ear(deployed: Deployed, newcomer: Merchant) -> Iterator[Ear]:
    """Receive the product's events of the merchant."""
    with listening(deployed, newcomer) as ear:
        yield ear


# A sweep covers all merchants: on a stage in use it must not run with a date of next week.
@pytest.mark.engine
@pytest.mark.req("002-12", "002-20", "003-04", "003-08", "003-09", "D7", "D12", "B-08")
def test_orders_raise_tiers_points_are_redeemed_and_a_refund_reverses_them(
    shop: Shop, ear: Ear
) -> None:
    anh = created(shop.manager, phone="0914000001")
    binh = created(
        shop.manager, full_name="Trần Bình", phone="0914000002", skip_auto_group=True, group="new"
    )
    began = datetime.now(UTC)
    first, second = stamp(began), stamp(began + timedelta(seconds=1))

    shop.order(anh, 1, 3_000_000, placed_at=first)
    now = shop.spent(anh, 3_000_000)
    assert (now["membership"]["tier"], now["group"]) == ("silver", "loyal")
    shop.order(anh, 2, 3_000_000, placed_at=second)
    shop.order(binh, 3, 6_000_000)
    now, frozen = shop.spent(anh, 6_000_000), shop.spent(binh, 6_000_000)
    assert (now["membership"]["tier"], now["group"]) == ("gold", "vip")
    assert now["membership"]["joined_at"] == first
    assert frozen["membership"]["is_member"] is True
    assert (frozen["membership"]["tier"], frozen["group"]) == ("unranked", "new")

    assert shop.points(anh) == {"earned": 600, "pending": 600}
    shop.sweep(began + timedelta(days=6))
    assert shop.points(anh) == {"earned": 600, "pending": 600}
    shop.sweep(began + timedelta(days=8))
    assert shop.points(anh) == {"earned": 600, "available": 600}

    cup = {"name": "Ly sứ", "points": 400, "stock": 1}
    reward = shop.manager.call("POST", "/rewards", cup).body
    given = shop.redeem(anh, reward)
    assert (given.status, given.body["status"]) == (201, "redeemed")
    assert shop.points(anh) == {"earned": 600, "available": 200, "used": 400}
    refused = shop.redeem(binh, reward)
    assert refused.status == 409, refused.text
    assert shop.manager.call("GET", f"/rewards/{reward['id']}").body["stock"] == 0

    shop.order(anh, 2, 3_000_000, placed_at=second, version=2, refunded=3_000_000)
    now = shop.spent(anh, 3_000_000)
    assert (now["membership"]["tier"], now["group"]) == ("silver", "loyal")
    assert shop.points(anh) == {
        "earned": 600,
        "available": -100,
        "used": 400,
        "reversed": 300,
    }

    ledger = shop.manager.call("GET", f"/customers/{anh['id']}/points/transactions").body["items"]
    assert {(line["kind"], line["points"], line["reason"]) for line in ledger} == {
        ("earn", 300, None),
        ("use", -400, "Ly sứ"),
        ("reverse", -300, "refunded #2"),
    }
    lines = shop.manager.call(
        "GET", f"/customers/{anh['id']}/activities", query={"kind": "tier"}
    ).body["items"]
    assert [(line["text"], line["changes"][0]["new"]) for line in lines] == [
        ("refunded #2", "silver"),
        ("order #2", "gold"),
        ("order #1", "silver"),
    ]

    received: dict[str, dict[str, Any]] = {}

    def heard() -> list[tuple[str, Any]]:
        for event in ear.heard():
            detail = event["detail"]
            schema = json.loads((SCHEMAS / f"{event['detail-type']}.json").read_text("utf-8"))
            Draft202012Validator(schema).validate(detail)
            if detail["customer"]["id"] == anh["id"]:
                received[detail["event_id"]] = event
        in_order = sorted(received.values(), key=lambda each: each["detail"]["revision"])
        return [
            (event["detail-type"], event["detail"].get("now", event["detail"].get("points")))
            for event in in_order
            if not event["detail-type"].startswith("Customer")
        ]

    expected = {
        ("TierChanged", "silver"),
        ("TierChanged", "gold"),
        ("PointsEarned", 300),
        ("PointsRedeemed", 400),
    }
    eventually(
        heard,
        lambda events: set(events) == expected and [*events][-1] == ("TierChanged", "silver"),
    )
    assert sorted(kind for kind, _ in heard()) == [
        *["PointsEarned"] * 2,
        "PointsRedeemed",
        *["TierChanged"] * 3,
    ]


@pytest.mark.req("B-06", "D7")
def test_an_audit_restores_the_tier_that_a_member_earned(deployed: Deployed, shop: Shop) -> None:
    hoa = created(shop.manager, full_name="Lê Hoa", phone="0914000003")
    shop.order(hoa, 4, 2_000_000)
    assert shop.spent(hoa, 2_000_000)["membership"]["tier"] == "silver"
    merchant_id = MerchantId(shop.merchant.id)
    deployed.client("dynamodb").update_item(
        TableName=deployed.outputs["TableName"],
        Key=keys.of_customer(merchant_id, CustomerId(hoa["id"])),
        UpdateExpression="SET summary.tier = :wrong",
        ExpressionAttributeValues={":wrong": {"S": "gold"}},
    )
    assert shop.seen(hoa)["membership"]["tier"] == "gold"

    repaired = audits.audit(deployed.stack, merchant_id, repair=True)
    after = audits.audit(deployed.stack, merchant_id, repair=False)

    assert (repaired["drifted"], repaired["repaired"], after["drifted"]) == (1, 1, 0)
    assert shop.seen(hoa)["membership"]["tier"] == "silver"
