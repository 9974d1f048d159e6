"""Orders on the bus of the deployed product: repeated, out of order and invalid ones."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from crm.aws.dynamodb import keys
from crm.domain.kernel.ids import CustomerId, MerchantId
from local import audits, dead_letters
from tests.e2e.deployed import Deployed, Ear, Merchant, connect, eventually, listening, tell

SCHEMAS = Path(__file__).parents[2] / "docs/events/outbound"
CUSTOMERS, ORDERS = 50, 200


@pytest.fixture
def ear(deployed: Deployed, newcomer: Merchant) -> Iterator[Ear]:
    """Receive the product's events of the merchant."""
    with listening(deployed, newcomer) as ear:
        yield ear


def _phone(number: int) -> str:
    return f"09130010{number:02}"


def _event(merchant_id: str, number: int, source: str = "haravan", **order: Any) -> dict[str, Any]:
    buyer = number % CUSTOMERS
    snapshot = {
        "id": f"{source}-{number}",
        "number": f"#{number}",
        "version": 1,
        "placed_at": f"2026-{1 + number % 10:02}-{1 + number % 28:02}T03:00:00Z",
        "status": "completed",
        "total": 10_000 * (1 + number * 7 % 97),
        "paid": 10_000 * (1 + number * 7 % 97) - (5_000 if number % 10 == 0 else 0),
        "customer": {"phone": _phone(buyer), "name": f"Khách {buyer}"},
        **order,
    }
    return {
        "Source": source,
        "DetailType": "OrderPaid",
        "Detail": json.dumps(
            {
                "event_id": f"{source}-{number}-{snapshot['version']}",
                "merchant_id": merchant_id,
                "occurred_at": "2026-11-22T03:04:05Z",
                "order": snapshot,
            }
        ),
    }


def _poison(merchant_id: str) -> list[dict[str, Any]]:
    """Return an invalid order, one of an unknown merchant and one of an unconnected source."""
    return [
        _event(merchant_id, 900, total=-1),
        _event("nobody", 901),
        _event(merchant_id, 902, source="kiotviet"),
    ]


def _everyone(merchant: Merchant, sort: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query = {"sort": sort, "source": "haravan", "limit": "100"}
    while True:
        answer = merchant.manager.call("GET", "/customers", query=query)
        assert answer.status == 200, answer.body
        found += answer.body["items"]
        if not answer.body["next_cursor"]:
            return found
        query["cursor"] = answer.body["next_cursor"]


def _counted(merchant: Merchant) -> int:
    return sum(each["metrics"]["order_count"] for each in _everyone(merchant, "updated_at"))


def _ordered(deployed: Deployed, merchant: Merchant, count: int) -> list[dict[str, Any]]:
    """Publish `count` orders; return the customers once all are counted."""
    connect(merchant, "haravan")
    tell(deployed, [_event(merchant.id, number) for number in range(count)])
    eventually(lambda: _counted(merchant), lambda seen: seen == count)
    return _everyone(merchant, "updated_at")


def _dead(deployed: Deployed) -> int:
    attributes = deployed.client("sqs").get_queue_attributes(
        QueueUrl=deployed.outputs["RecordOrdersDeadLettersUrl"],
        AttributeNames=["ApproximateNumberOfMessages"],
    )
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


@pytest.mark.req("001-01", "001-02", "001-16", "001-17", "001-18", "001-19", "000-05", "000-06")
@pytest.mark.req("B-06", "B-18", "004-10")
def test_repeated_and_shuffled_orders_give_the_right_metrics(
    deployed: Deployed, newcomer: Merchant, ear: Ear
) -> None:
    connect(newcomer, "haravan")
    dead = _dead(deployed)
    orders = [_event(newcomer.id, number) for number in range(ORDERS)]
    poison = _poison(newcomer.id)
    events = [*orders, *orders, *poison]
    random.Random(5).shuffle(events)
    spent: Counter[str] = Counter()
    owed: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    placed: defaultdict[str, str] = defaultdict(str)
    for event in orders:
        order = json.loads(event["Detail"])["order"]
        phone = f"+84{order['customer']['phone'][1:]}"
        spent[phone] += order["total"]
        owed[phone] += order["total"] - order["paid"]
        counted[phone] += 1
        placed[phone] = max(placed[phone], order["placed_at"].replace("Z", ".000Z"))

    tell(deployed, events)

    eventually(lambda: _counted(newcomer), lambda seen: seen == ORDERS)
    eventually(lambda: _dead(deployed), lambda seen: seen == dead + len(poison))

    for sort, expected in (
        ("total_spent", spent),
        ("order_count", counted),
        ("debt", owed),
        ("last_order_at", placed),
    ):
        for sign in ("", "-"):
            listed = _everyone(newcomer, f"{sign}{sort}")
            values = [each["metrics"][sort] for each in listed]
            assert values == sorted(values, reverse=sign == "-")
            assert {each["phone"]: each["metrics"][sort] for each in listed} == {
                phone: expected[phone] for phone in spent
            }

    best = _everyone(newcomer, "-total_spent")[0]
    explained = newcomer.manager.call("GET", f"/customers/{best['id']}/metrics/explain").body
    assert (
        sum(each["total_spent"] for each in explained["items"]) == best["metrics"]["total_spent"]
    )
    assert explained["agrees"] is True

    received: dict[str, dict[str, Any]] = {}
    live = {each["id"]: each for each in _everyone(newcomer, "updated_at")}

    def has_received_all() -> bool:
        for event in ear.heard():
            schema = json.loads((SCHEMAS / f"{event['detail-type']}.json").read_text("utf-8"))
            Draft202012Validator(schema).validate(event["detail"])
            customer = event["detail"]["customer"]
            latest_seen = received.get(customer["id"], customer)
            received[customer["id"]] = max(
                latest_seen, customer, key=lambda each: each["revision"]
            )
        return all(
            received.get(each, {}).get("revision") == customer["revision"]
            for each, customer in live.items()
        )

    eventually(has_received_all, bool)
    assert {each: received[each]["metrics"] for each in live} == {
        each: customer["metrics"] for each, customer in live.items()
    }


@pytest.mark.req("004-10")
def test_redriven_dead_letters_are_recorded_after_the_fault_is_corrected(
    deployed: Deployed, newcomer: Merchant
) -> None:
    connect(newcomer, "haravan")
    dead = _dead(deployed)
    tell(deployed, _poison(newcomer.id))
    eventually(lambda: _dead(deployed), lambda seen: seen == dead + 3)
    connect(newcomer, "haravan", "kiotviet")

    redriven = dead_letters.redrive(deployed.stack, "orders")

    assert redriven.total() == dead + 3
    assert redriven >= Counter(invalid=1, unknown_merchant=1, source_not_connected=1)
    found = eventually(
        lambda: newcomer.manager.call(
            "POST", "/customers/lookup", {"phone": _phone(902 % CUSTOMERS)}
        ),
        lambda answer: answer.status == HTTPStatus.OK,
    ).body
    (order,) = newcomer.manager.call("GET", f"/customers/{found['id']}/orders").body["items"]
    assert order["source"] == "kiotviet"
    eventually(lambda: _dead(deployed), lambda seen: seen == dead + 2)


@pytest.mark.req("B-06")
def test_an_audit_finds_and_repairs_drifted_metrics(
    deployed: Deployed, newcomer: Merchant
) -> None:
    one, other = _ordered(deployed, newcomer, 2)
    table, merchant_id = deployed.outputs["TableName"], MerchantId(newcomer.id)
    deployed.client("dynamodb").update_item(
        TableName=table,
        Key=keys.of_customer(merchant_id, CustomerId(one["id"])),
        UpdateExpression="SET summary.total_spent = :wrong, total_spent = :wrong",
        ExpressionAttributeValues={":wrong": {"N": "1"}},
    )

    found = audits.audit(deployed.stack, merchant_id, repair=False)
    repaired = audits.audit(deployed.stack, merchant_id, repair=True)
    after = audits.audit(deployed.stack, merchant_id, repair=False)

    assert (found["drifted"], repaired["drifted"], repaired["repaired"]) == (1, 1, 1)
    assert (after["drifted"], after["checked"], found["checked"]) == (0, 2, 2)
    for each in (one, other):
        now = newcomer.manager.call("GET", f"/customers/{each['id']}").body
        assert now["metrics"]["total_spent"] == each["metrics"]["total_spent"]


@pytest.mark.req("004-05", "004-09", "D18", "000-09", "002-10")
def test_checkouts_interactions_notes_and_contact_cards_are_recorded(
    deployed: Deployed, newcomer: Merchant
) -> None:
    connect(newcomer, "haravan", "kiotviet")
    who = {"phone": "0913001099", "name": "Khách mới"}
    base = {"merchant_id": newcomer.id, "occurred_at": "2026-11-22T03:04:05Z"}
    met = {"kind": "flow", "item_id": "f-1", "channel": "zalo", "device": "phone"}
    details: dict[str, dict[str, Any]] = {
        "CheckoutStarted": {"checkout": {"id": "c-1", "total": 90_000}, "customer": who},
        "InteractionRecorded": {"interaction": met, "customer": who},
        "NoteRecorded": {"note": {"text": "Hẹn gọi lại"}, "customer": who},
        "CustomerSynced": {"customer": {**who, "gender": "female"}},
    }
    tell(
        deployed,
        [
            {
                "Source": "haravan",
                "DetailType": kind,
                "Detail": json.dumps({**base, "event_id": f"e-{kind}", **detail}),
            }
            for kind, detail in details.items()
        ],
    )
    manager = newcomer.manager

    def is_recorded() -> bool:
        answer = manager.call("POST", "/customers/lookup", {"phone": "0913001099"})
        if answer.status != 200:
            return False
        customer = answer.body
        overview = manager.call("GET", f"/customers/{customer['id']}/overview").body
        notes = manager.call("GET", f"/customers/{customer['id']}/notes").body["items"]
        return bool(
            customer["metrics"]["open_checkout_count"] == 1
            and customer["gender"] == "female"
            and overview["interactions"]["flow"] == 1
            and [note["text"] for note in notes] == ["Hẹn gọi lại"]
        )

    eventually(is_recorded, bool)


@pytest.mark.req("B-18")
def test_a_replay_publishes_current_customers_again(
    deployed: Deployed, newcomer: Merchant, ear: Ear
) -> None:
    latest = _ordered(deployed, newcomer, CUSTOMERS)[10:]
    live = {each["id"]: each["revision"] for each in latest}

    owner, body = newcomer.api("owner"), {"updated_from": latest[0]["updated_at"]}
    while True:
        answer = owner.call("POST", "/events/replay", body)
        assert answer.status == 202, answer.body
        if answer.body["next_cursor"] is None:
            break
        body["cursor"] = answer.body["next_cursor"]
    replayed: dict[str, int] = {}

    def has_received_everyone() -> bool:
        for detail in (event["detail"] for event in ear.heard()):
            if detail.get("replayed"):
                replayed[detail["customer"]["id"]] = detail["revision"]
        return live.items() <= replayed.items()

    eventually(has_received_everyone, bool)
