"""The events on the bus match the committed schemas."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from crm.bus.inbound import INBOUND
from crm.bus.messages import read_message
from crm.bus.outbound import OUTBOUND
from crm.domain.customers.anonymization import erased
from crm.domain.customers.customer import Address, Customer, Expiring, InvoiceProfile, Points
from crm.domain.events.customer_events import event_of, replayed_event
from crm.domain.events.job_events import Job, JobChange, job_event
from crm.domain.events.loyalty_events import loyalty_events
from crm.domain.imports.progress import Counts
from crm.domain.kernel.jobs import Failure
from crm.domain.kernel.times import stamp
from gates import events
from tests.builders import LAN, MERCHANT, a_customer, customer_id, moment
from tests.export_builders import an_export
from tests.import_builders import a_finished_job, a_job
from tests.loyalty_builders import a_member

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs/events"
EXAMPLES = sorted((ROOT / "events/bus").glob("*.json"))


def _schema(way: str, kind: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / way / f"{kind}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def _example(file: Path) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return event


@pytest.mark.req("B-18")
def test_the_committed_schemas_equal_the_generated_ones() -> None:
    assert list(events.differences(SCHEMAS)) == []


def test_an_outdated_and_a_surplus_schema_are_reported(tmp_path: Path) -> None:
    events.main(str(tmp_path))
    (tmp_path / "inbound" / "OrderPaid.json").write_text("{}")
    (tmp_path / "inbound" / "OrderEaten.json").write_text("{}")

    assert len(list(events.differences(tmp_path))) == 2


def test_every_inbound_event_has_an_example() -> None:
    assert {_example(file)["detail-type"] for file in EXAMPLES} == INBOUND.keys()


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_matches_its_schema_and_can_be_read(file: Path) -> None:
    event = _example(file)

    _schema("inbound", event["detail-type"]).validate(event["detail"])
    assert read_message(file.read_text(encoding="utf-8")).kind == event["detail-type"]


def _histories() -> list[tuple[Customer | None, Customer]]:
    created = a_customer(
        phone="+84912345678",
        birthday="1990-05-17",
        gender="female",
        tags=("sỉ",),
        external_ids={"haravan": "1009"},
        addresses=(Address(id="a-1", line="12 Lý Thường Kiệt", is_default=True),),
        invoice_profile=InvoiceProfile(kind="company", name="Công ty A", code="0100233488"),
    )
    edited = created.edited(created.changes({"note": "Mới"}), LAN, stamp(moment(1)))
    archived = edited.moved_to("archived", stamp(moment(2)))
    restored = archived.moved_to("active", stamp(moment(3)))
    anonymized = erased(restored, stamp(moment(4)))
    steps = [(None, created), (created, edited), (edited, archived), (archived, restored)]
    merged = replace(restored, merged_from={customer_id(2): "01M"})
    steps += [(restored, merged), (merged, restored)]
    return [*steps, (restored, anonymized)]


def _changed_member() -> Customer:
    """Return the member after every change that loyalty publishes."""
    return a_member(
        tier="gold",
        points=Points(available=10, used=30, live=40),
        expiring=Expiring(10, stamp(moment(60))),
    )


def _ended_jobs() -> list[Job]:
    """Return jobs with every possible end."""
    counts, at = Counts({"created": 3, "invalid": 1}), stamp(moment(9))
    failure = Failure("import_stopped")
    return [
        a_finished_job(counts, at),
        a_job(kind="points").failed(failure, Counts(), at),
        a_job().cancelled(at),
        an_export(status="reading").writing(3, at).finished(at),
        an_export().failed(Failure("export_stopped"), at),
        an_export().cancelled(at),
    ]


@pytest.mark.req("B-18")
def test_every_outbound_event_matches_its_schema() -> None:
    published = [event_of(before, after) for before, after in _histories()]
    published += [replayed_event(after, moment(9)) for _, after in _histories()]
    published += loyalty_events(a_member(), _changed_member())
    published += [
        job_event(JobChange(merchant_id=MERCHANT, sequence="1", before=None, after=job))
        for job in _ended_jobs()
    ]

    for event in published:
        assert event is not None
        _schema("outbound", event.kind).validate(json.loads(json.dumps(event.detail)))
    assert {event.kind for event in published if event} == OUTBOUND.keys()
