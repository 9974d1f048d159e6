"""Events over HTTP: sending and replaying them."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest

from crm.domain.kernel.times import stamp
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.events import events as events_adapter
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.privacy import requests
from crm.usecases.privacy.erasure import ErasureStartPorts, erase_customer
from functions.events_api.handler import lambda_handler
from tests.builders import MERCHANT, Ids, a_customer, an_act, moment
from tests.fakes.privacy import RecordedErasures
from tests.functions.queues import sample
from tests.functions.requests import Client
from tests.import_builders import FINGERPRINTS
from tests.order_builders import HOA

type PublishedEvents = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def merchant() -> None:
    merchants().add(MERCHANT, HOA)


@pytest.fixture
def published_events(monkeypatch: pytest.MonkeyPatch) -> PublishedEvents:
    """Read the events on the bus, through a queue that receives all of them."""
    name = "bus-of-the-test"
    monkeypatch.setattr(events_adapter(), "_bus", name)
    events, queues = boto3.client("events"), boto3.client("sqs")
    events.create_event_bus(Name=name)
    url = queues.create_queue(QueueName="published")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    events.put_rule(Name="all", EventBusName=name, EventPattern='{"account": [{"exists": true}]}')
    events.put_targets(
        Rule="all",
        EventBusName=name,
        Targets=[{"Id": "published", "Arn": arn["Attributes"]["QueueArn"]}],
    )

    def read() -> list[dict[str, Any]]:
        answer = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    return read


def _event_body(name: str = "order_paid", **detail: Any) -> dict[str, Any]:
    event = sample(name)
    own = {key: value for key, value in event["detail"].items() if key != "merchant_id"}
    return {"detail_type": event["detail-type"], "source": "haravan", "detail": {**own, **detail}}


def _service() -> Client:
    return Client(lambda_handler, role="service")


def test_a_program_sends_events_for_its_own_merchant(published_events: PublishedEvents) -> None:
    foreign = _event_body(merchant_id="m-2")

    answer = _service().send("POST", "/events", {"events": [_event_body(), foreign]})

    assert answer.status == 202
    assert answer.body["items"] == [{"event_id": "haravan-order_paid", "accepted": True}] * 2
    published = published_events()
    assert [event["detail"]["merchant_id"] for event in published] == ["m-1", "m-1"]
    assert [(event["source"], event["detail-type"]) for event in published] == [
        ("haravan", "OrderPaid")
    ] * 2


@pytest.mark.parametrize("role", ["owner", "manager", "staff", "viewer"])
def test_only_services_send_events(role: str) -> None:
    answer = Client(lambda_handler, role=role).send("POST", "/events", {"events": [_event_body()]})

    assert answer.status == 403


@pytest.mark.parametrize(
    ("fault", "field", "code"),
    [
        ({"detail_type": "OrderEaten"}, "events.0.detail_type", "event_field_invalid"),
        ({"source": "khach-quen"}, "events.0.source", "event_field_invalid"),
        ({"source": "sapo"}, "events.0.source", "source_not_connected"),
        ({"detail": {}}, "events.0.detail.event_id", "event_field_invalid"),
    ],
)
def test_an_event_that_a_queue_would_reject_is_refused(
    published_events: PublishedEvents, fault: dict[str, Any], field: str, code: str
) -> None:
    answer = _service().send(
        "POST", "/events", {"events": [{**_event_body(), **fault}, _event_body()]}
    )

    assert answer.status == 422
    assert (field, code) in {(each["field"], each["code"]) for each in answer.body["errors"]}
    assert published_events() == []


@pytest.mark.parametrize("count", [0, 11])
def test_a_request_takes_one_to_ten_events(count: int) -> None:
    answer = _service().send("POST", "/events", {"events": [_event_body()] * count})

    assert answer.status == 422


def test_an_event_beyond_200_kilobytes_is_refused() -> None:
    answer = _service().send("POST", "/events", {"events": [_event_body(more="x" * 205_000)]})

    assert answer.status == 413


@pytest.mark.req("B-18")
def test_a_replay_publishes_active_and_archived_customers_updated_in_a_time_range(
    published_events: PublishedEvents,
) -> None:
    for number in range(4):
        customers().add(MERCHANT, a_customer(number))
    gone = a_customer(1).moved_to("archived", stamp(moment(2.5)))
    customers().update(MERCHANT, a_customer(1), gone)
    time_range = {"updated_from": stamp(moment(2)), "updated_to": stamp(moment(2.9))}

    answer = Client(lambda_handler, role="owner").send("POST", "/events/replay", time_range)

    assert (answer.status, answer.body) == (202, {"published": 2, "next_cursor": None})
    published = {event["detail"]["customer"]["id"]: event for event in published_events()}
    assert published.keys() == {a_customer(2).id, gone.id}
    assert published[gone.id]["detail-type"] == "CustomerArchived"
    assert all(event["detail"]["replayed"] for event in published.values())
    assert published[gone.id]["detail"]["revision"] == 2


@pytest.mark.req("B-18", "D1")
def test_a_replay_publishes_erased_customers(
    published_events: PublishedEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.usecases.events.publishing._A_PAGE", 1)
    for number in range(4):
        customers().add(MERCHANT, a_customer(number))
    for number in (1, 2, 3):
        erase_customer(
            MERCHANT,
            a_customer(number).id,
            request_id=None,
            act=an_act(now=moment(600 * number), ids=Ids(f"desk-{number}")),
            ports=ErasureStartPorts(
                fingerprints=FINGERPRINTS,
                customers=customers(),
                merchants=merchants(),
                requests=requests(),
                runs=RecordedErasures(),
            ),
        )
    time_range = {"updated_from": stamp(moment(1200)), "updated_to": stamp(moment(2400))}

    answer = Client(lambda_handler, role="owner").send("POST", "/events/replay", time_range)

    assert (answer.status, answer.body) == (202, {"published": 2, "next_cursor": None})
    published = {event["detail"]["customer"]["id"]: event for event in published_events()}
    assert published.keys() == {a_customer(2).id, a_customer(3).id}
    assert {event["detail-type"] for event in published.values()} == {"CustomerErased"}
    assert {event["detail"]["customer"]["full_name"] for event in published.values()} == {None}


@pytest.mark.req("B-18", "B-05")
def test_a_replay_publishes_a_survivor_with_its_merged_ids(
    published_events: PublishedEvents,
) -> None:
    customers().add(MERCHANT, replace(a_customer(), merged_from={a_customer(1).id: "merge"}))

    Client(lambda_handler, role="owner").send(
        "POST", "/events/replay", {"updated_from": "2026-11-22"}
    )

    (event,) = published_events()
    assert event["detail-type"] == "CustomerMerged"
    assert event["detail"]["merged_ids"] == [a_customer(1).id]


def test_a_replay_continues_where_it_stopped(
    published_events: PublishedEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.usecases.events.publishing.REPLAYED_AT_ONCE", 2)
    monkeypatch.setattr("crm.usecases.events.publishing._A_PAGE", 1)
    for number in range(5):
        customers().add(MERCHANT, a_customer(number))
    owner = Client(lambda_handler, role="owner")
    body = {"updated_from": "2026-11-22"}
    seen: list[str] = []
    while True:
        answer = owner.send("POST", "/events/replay", body)
        assert answer.status == 202, answer.body
        seen += [event["detail"]["customer"]["id"] for event in published_events()]
        if answer.body["next_cursor"] is None:
            break
        body["cursor"] = answer.body["next_cursor"]

    assert sorted(seen) == sorted(a_customer(number).id for number in range(5))


def test_a_replay_requires_settings_manage() -> None:
    answer = Client(lambda_handler).send("POST", "/events/replay", {"updated_from": "2026-11-22"})

    assert answer.status == 403
