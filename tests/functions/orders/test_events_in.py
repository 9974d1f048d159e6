"""The functions that consume inbound events, their dead letters, and the order routes."""

import copy
import logging
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from crm.domain.customers.customer import Customer, Identity
from crm.domain.orders.interactions import Interactions
from crm.domain.orders.rejections import REASONS
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.orders import orders
from crm.runtime.intake import dead_letters
from functions.expire_checkouts.handler import lambda_handler as expire_checkouts
from functions.record_checkouts.handler import lambda_handler as record_checkouts
from functions.record_customer_syncs.handler import lambda_handler as record_customer_syncs
from functions.record_interactions.handler import lambda_handler as record_interactions
from functions.record_orders.handler import lambda_handler as record_orders
from functions.timeline_api.handler import lambda_handler as timeline_api
from tests.builders import MERCHANT
from tests.functions.queues import batch, sample
from tests.functions.requests import CONTEXT, Client
from tests.order_builders import HOA

PHONE = Identity("phone", "+84912345678")
ANSWERED: dict[str, Any] = {"batchItemFailures": []}
type ReadDeadLetters = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def merchant() -> None:
    merchants().add(MERCHANT, HOA)


@pytest.fixture
def read_dead_letters(monkeypatch: pytest.MonkeyPatch) -> ReadDeadLetters:
    """Read the body and attributes of each dead letter."""
    queues = boto3.client("sqs")
    url = queues.create_queue(QueueName="dead-letters")["QueueUrl"]
    monkeypatch.setattr(dead_letters(), "_url", url)

    def read() -> list[dict[str, Any]]:
        answer = queues.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [
            {
                "body": message["Body"],
                **{
                    name: value["StringValue"]
                    for name, value in message.get("MessageAttributes", {}).items()
                },
            }
            for message in answer.get("Messages", [])
        ]

    return read


def _anh() -> Customer:
    (customer_id,) = customers().holders(MERCHANT, [PHONE]).values()
    return customers().get(MERCHANT, customer_id)


def _changed(name: str, path: str, value: Any) -> dict[str, Any]:
    """Return a sample event with the field at `path` set to `value`, or removed for `...`."""
    event = copy.deepcopy(sample(name))
    *parts, last = path.split(".")
    inside = event
    for part in parts:
        inside = inside[part]
    if value is ...:
        del inside[last]
    else:
        inside[last] = value
    return event


@pytest.mark.req("001-01", "001-02", "000-02", "004-04")
def test_the_last_version_of_an_order_determines_the_metrics() -> None:
    names = ("created", "paid", "updated", "refunded")
    events = [sample(f"order_{name}") for name in names]

    assert record_orders(batch(*events, *events), CONTEXT) == ANSWERED

    metrics = _anh().metrics
    assert (metrics.order_count, metrics.total_spent, metrics.debt) == (1, 250_000, 0)
    assert metrics.last_order_at == "2026-11-22T03:04:05.000Z"

    assert record_orders(batch(sample("order_cancelled")), CONTEXT) == ANSWERED
    assert _anh().metrics.order_count == 0
    assert _anh().metrics.last_order_at is None


@pytest.mark.req("D18")
def test_an_order_closes_its_checkout() -> None:
    record_checkouts(batch(sample("checkout_started")), CONTEXT)
    assert _anh().metrics.open_checkout_count == 1

    record_orders(batch(sample("order_created")), CONTEXT)
    assert _anh().metrics.open_checkout_count == 0


@pytest.mark.req("D18")
def test_an_expired_event_closes_the_checkout() -> None:
    record_checkouts(batch(sample("checkout_started"), sample("checkout_expired")), CONTEXT)

    assert _anh().metrics.open_checkout_count == 0


@pytest.mark.req("D18")
def test_the_daily_sweep_closes_an_old_checkout() -> None:
    old = _changed("checkout_started", "detail.occurred_at", "2025-01-01T00:00:00Z")
    record_checkouts(batch(old), CONTEXT)
    assert _anh().metrics.open_checkout_count == 1

    expire_checkouts({}, CONTEXT)

    assert _anh().metrics.open_checkout_count == 0


@pytest.mark.req("004-09", "000-09")
def test_interactions_and_notes_are_recorded_once() -> None:
    events = [sample("interaction_recorded"), sample("note_recorded")]

    assert record_interactions(batch(*events, *events), CONTEXT) == ANSWERED

    counted: Interactions = orders().interactions(MERCHANT, _anh().id)
    assert [(item.item_id, item.times) for item in counted.items] == [("tet-2027", 1)]


@pytest.mark.req("002-09", "002-10", "004-10")
def test_a_customer_sync_creates_the_customer() -> None:
    record_customer_syncs(batch(sample("customer_synced")), CONTEXT)

    anh = _anh()
    assert (anh.birthday, anh.gender, anh.email) == ("1990-05-17", "female", "anh@example.vn")


@pytest.mark.parametrize(
    ("path", "value", "reason", "fields"),
    [
        ("detail.order.total", -1, "invalid", "order.total"),
        ("detail.order.total", "250000", "invalid", "order.total"),
        ("detail.order.total", 1.5, "invalid", "order.total"),
        ("detail.order.total", ..., "invalid", "order.total"),
        ("detail.order.refunded", 300_000, "invalid", "order"),
        ("detail.order.status", "shipped", "invalid", "order.status"),
        ("detail.order.version", ..., "invalid", "order.version"),
        ("detail.order.placed_at", "2026-11-22 10:04", "invalid", "order.placed_at"),
        ("detail.order.placed_at", "hôm qua", "invalid", "order.placed_at"),
        ("detail.order.customer.phone", 912345678, "invalid", "order.customer.phone"),
        ("detail.order.items", [{"quantity": "hai"}], "invalid", "order.items.0.quantity"),
        ("detail.event_id", "", "invalid", "event_id"),
        ("detail.merchant_id", "m#1", "invalid", "merchant_id"),
        ("detail.merchant_id", "m-9", "unknown_merchant", None),
        ("source", "sapo", "source_not_connected", None),
        ("source", "khach-quen", "invalid", "source"),
        ("source", "Không phải nền tảng", "invalid", "source"),
        ("detail-type", "OrderEaten", "invalid", "detail-type"),
        ("detail-type", "CustomerSynced", "invalid", "customer"),
        ("detail", "Nguyễn Thị Ánh", "invalid", "detail"),
        ("detail.order.items", [{"name": "x" * 900}] * 230, "too_large", None),
    ],
)
def test_an_invalid_event_becomes_a_dead_letter_with_a_reason_and_no_personal_data(
    read_dead_letters: ReadDeadLetters, path: str, value: Any, reason: str, fields: str | None
) -> None:
    event = _changed("order_created", path, value)
    (record,) = batch(event)["Records"]

    assert record_orders(batch(event), CONTEXT) == ANSWERED

    (dead_letter,) = read_dead_letters()
    assert dead_letter.pop("body") == record["body"]
    assert dead_letter == ({"reason": reason, "fields": fields} if fields else {"reason": reason})
    assert dead_letter["reason"] in REASONS
    assert customers().holders(MERCHANT, [PHONE]) == {}


@pytest.mark.parametrize("body", ["", "no JSON", "[]", "null", '{"detail": 1}', "1" * 5_000])
def test_a_body_that_is_not_an_event_becomes_a_dead_letter(
    read_dead_letters: ReadDeadLetters, body: str
) -> None:
    assert record_orders(batch(body), CONTEXT) == ANSWERED

    (dead_letter,) = read_dead_letters()
    assert (dead_letter["body"], dead_letter["reason"]) == (body, "invalid")


def test_an_invalid_event_does_not_stop_the_batch(read_dead_letters: ReadDeadLetters) -> None:
    invalid = _changed("order_created", "detail.order.total", -1)

    assert record_orders(batch(invalid, sample("order_created"), "x"), CONTEXT) == ANSWERED

    assert len(read_dead_letters()) == 2
    assert _anh().metrics.order_count == 1


def test_unknown_fields_are_ignored() -> None:
    event = _changed("order_created", "detail.order.loyalty", {"points": 12})
    event["detail"]["weather"] = "mưa"

    assert record_orders(batch(event), CONTEXT) == ANSWERED
    assert _anh().metrics.order_count == 1


@pytest.mark.parametrize("phone", ["", "0000", "khách lẻ", "09xx xxx 678"])
def test_an_unreadable_phone_counts_as_blank(phone: str) -> None:
    event = _changed("order_created", "detail.order.customer.phone", phone)

    assert record_orders(batch(event), CONTEXT) == ANSWERED

    holders = customers().holders(MERCHANT, [Identity("email", "anh@example.vn")])
    (customer_id,) = holders.values()
    assert customers().get(MERCHANT, customer_id).phone is None


def test_a_failed_event_is_redelivered_and_no_personal_data_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Nguyễn Thị Ánh 0912345678")

    monkeypatch.setattr("functions.record_orders.handler.record_order", fail)

    with caplog.at_level(logging.DEBUG):
        answer = record_orders(batch(sample("order_created")), CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-0"}]}
    assert "0912345678" not in caplog.text


# ------------------------------------------------------------------ over HTTP


def _get(path: str, role: str = "manager", **query: str) -> dict[str, Any]:
    answer = Client(timeline_api, role=role).send(
        "GET", f"/customers/{_anh().id}/{path}", query=query or None
    )
    assert answer.status == 200, answer.body
    body: dict[str, Any] = answer.body
    return body


def _orders(count: int) -> None:
    for number in range(count):
        event = _changed("order_created", "detail.order.id", str(number))
        event["detail"]["order"]["placed_at"] = f"2026-11-{10 + number}T03:00:00Z"
        record_orders(batch(event), CONTEXT)


@pytest.mark.req("000-16", "000-17", "000-18", "003-05", "004-11")
def test_orders_are_paged_forward_and_back() -> None:
    _orders(3)

    newest = _get("orders", limit="1")
    older = _get("orders", limit="1", cursor=newest["next_cursor"])
    oldest = _get("orders", limit="1", cursor=older["next_cursor"])
    back = _get("orders", limit="1", cursor=oldest["previous_cursor"], direction="previous")

    ids = [page["items"][0]["id"] for page in (newest, older, oldest, back)]
    assert ids == ["2", "1", "0", "1"]
    assert (newest["previous_cursor"], oldest["next_cursor"]) == (None, None)
    first = _get("orders", limit="1", direction="previous")
    second = _get("orders", limit="1", cursor=first["previous_cursor"], direction="previous")
    assert [first["items"][0]["id"], second["items"][0]["id"]] == ["0", "1"]
    assert (first["next_cursor"], bool(second["next_cursor"])) == (None, True)
    assert newest["items"][0]["items"][0]["name"] == "Trà sen Tây Hồ 100 g"
    assert [each["id"] for each in _get("orders")["items"]] == ["2", "1", "0"]


@pytest.mark.req("002-01")
def test_a_viewer_sees_masked_contacts_in_an_order() -> None:
    _orders(1)

    (order,) = _get("orders", role="viewer")["items"]

    assert order["shipping_address"]["phone"] == "09xx xxx 678"
    assert "Ánh" not in str(order["shipping_address"])
    assert order["shipping_address"]["province"] == "Hà Nội"


@pytest.mark.req("B-06")
def test_explain_lists_contributions_that_sum_to_the_metrics() -> None:
    _orders(3)

    body = _get("metrics/explain")

    assert [each["order_id"] for each in body["items"]] == ["2", "1", "0"]
    assert sum(each["total_spent"] for each in body["items"]) == body["totals"]["total_spent"]
    assert body["totals"] == body["metrics"]
    assert (body["agrees"], body["next_cursor"]) == (True, None)
    assert body["opening_balances"]["order_count"] == 0

    first = _get("metrics/explain", limit="2")
    rest = _get("metrics/explain", limit="2", cursor=first["next_cursor"])
    assert [*first["items"], *rest["items"]] == body["items"]


@pytest.mark.req("B-06")
def test_a_rebuild_requires_settings_manage_and_keeps_correct_metrics() -> None:
    _orders(2)
    path = f"/customers/{_anh().id}/metrics/rebuild"

    refused = Client(timeline_api).send("POST", path)
    done = Client(timeline_api, role="owner").send("POST", path)

    assert (refused.status, done.status) == (403, 200)
    assert done.body["repaired"] is False
    assert done.body["after"]["order_count"] == 2


@pytest.mark.req("004-01", "004-04", "004-05", "004-06", "004-07", "004-08", "D10")
def test_the_overview_shows_revenue_interactions_and_shares() -> None:
    _orders(2)
    for number, channel in enumerate(("zalo", "zalo", "email")):
        event = _changed("interaction_recorded", "detail.event_id", f"i-{number}")
        event["detail"]["interaction"]["channel"] = channel
        record_interactions(batch(event), CONTEXT)

    body = _get("overview")

    assert body["metrics"]["total_spent"] == 500_000
    assert body["latest_order"]["id"] == "1"
    assert body["interactions"] == {"total": 3, "flow": 0, "sequence": 0, "campaign": 3}
    assert body["top_channels"] == [
        {"name": "zalo", "count": 2, "share": 0.6667},
        {"name": "email", "count": 1, "share": 0.3333},
    ]
    assert body["top_devices"] == [{"name": "phone", "count": 3, "share": 1.0}]
    counted = _get("interactions")
    assert counted["items"] == [
        {"kind": "campaign", "item_id": "tet-2027", "item_name": "Tết 2027", "count": 3}
    ]


@pytest.mark.parametrize("path", ["orders", "overview", "interactions", "metrics/explain"])
def test_a_customer_of_another_merchant_is_not_found(path: str) -> None:
    _orders(1)

    answer = Client(timeline_api, merchant_id="m-2").send("GET", f"/customers/{_anh().id}/{path}")

    assert answer.status == 404
