"""The events on the bus match the committed schemas."""

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from crm.bus.inbound import INBOUND
from crm.bus.messages import read_message
from crm.bus.outbound import OUTBOUND, CustomerEvent
from crm.domain.customers.anonymization import erased
from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import Address, Customer, Expiring, InvoiceProfile, Points
from crm.domain.events.customer_events import replayed_event
from crm.domain.events.job_events import Job, JobChange
from crm.domain.events.outbound import EVENTS, events_of
from crm.domain.imports.progress import Counts
from crm.domain.kernel.jobs import Failure
from crm.domain.kernel.times import stamp
from gates import events
from tests.builders import LAN, MERCHANT, a_change, a_customer, customer_id, moment
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


type Change = CustomerChange | JobChange


def _customer_changes() -> dict[str, list[Change]]:
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
    merged = replace(restored, merged_from={customer_id(2): "01M"})
    return {
        "CustomerCreated": [a_change(None, created)],
        "CustomerUpdated": [a_change(created, edited)],
        "CustomerArchived": [a_change(edited, archived)],
        "CustomerRestored": [a_change(archived, restored)],
        "CustomerMerged": [a_change(restored, merged)],
        "CustomerUnmerged": [a_change(merged, restored)],
        "CustomerErased": [a_change(restored, erased(restored, stamp(moment(4))))],
    }


def _membership_changes() -> dict[str, list[Change]]:
    points = Points(available=40, live=40)
    soon = Expiring(10, stamp(moment(60)))

    def change(before: Customer, after: Customer) -> list[Change]:
        return [a_change(before, after)]

    member = a_member(points=points)
    return {
        "TierChanged": change(member, a_member(points=points, tier="gold")),
        "PointsEarned": change(a_member(), member),
        "PointsRedeemed": change(member, a_member(points=Points(available=10, used=30, live=40))),
        "PointsExpiring": change(member, a_member(points=points, expiring=soon)),
    }


def _ended(*jobs: Job) -> list[Change]:
    return [JobChange(merchant_id=MERCHANT, sequence="1", before=None, after=job) for job in jobs]


def _job_changes() -> dict[str, list[Change]]:
    """Return jobs with every possible end."""
    counts, at = Counts({"created": 3, "invalid": 1}), stamp(moment(9))
    failed = Failure("import_stopped")
    return {
        "ImportFinished": _ended(
            a_finished_job(counts, at),
            a_job(kind="points").failed(failed, Counts(), at),
            a_job().cancelled(at),
        ),
        "ExportFinished": _ended(
            an_export(status="reading").writing(3, at).finished(at),
            an_export().failed(Failure("export_stopped"), at),
            an_export().cancelled(at),
        ),
    }


#: Changes that make each event. An event without a row here fails a test.
SAMPLES: Mapping[str, list[Change]] = {
    **_customer_changes(),
    **_membership_changes(),
    **_job_changes(),
}


#: What the detail of a customer's event adds to the envelope, the fields that changed and the
#: customer. An event without a row here adds nothing.
ADDED: Mapping[str, Mapping[str, Any]] = {
    "CustomerMerged": {"merged_ids": [customer_id(2)]},
    "CustomerUnmerged": {"unmerged_ids": [customer_id(2)]},
    "TierChanged": {"was": "unranked", "now": "gold"},
    "PointsEarned": {"points": 40},
    "PointsRedeemed": {"points": 30},
    "PointsExpiring": {"points": 10, "expires_at": stamp(moment(60))},
}


def _kinds(change: Change) -> list[str]:
    return [event.kind for event in events_of(change)]


@pytest.mark.req("B-18")
def test_every_outbound_event_has_a_model_and_a_sample() -> None:
    names = sorted(spec.name for spec in EVENTS)

    assert sorted(OUTBOUND) == names
    assert sorted(SAMPLES) == names


@pytest.mark.req("B-18")
@pytest.mark.parametrize("name", [spec.name for spec in EVENTS])
def test_an_outbound_event_is_made_by_its_change_and_matches_its_model_and_schema(
    name: str,
) -> None:
    for change in SAMPLES[name]:
        (event,) = (event for event in events_of(change) if event.kind == name)
        detail = json.loads(json.dumps(event.detail))
        OUTBOUND[name].model_validate(detail)
        _schema("outbound", name).validate(detail)


@pytest.mark.parametrize("name", [*_customer_changes(), *_membership_changes()])
def test_the_event_of_a_customer_adds_to_the_envelope_what_it_is_about(name: str) -> None:
    for change in SAMPLES[name]:
        (event,) = (event for event in events_of(change) if event.kind == name)
        added = event.detail.keys() - CustomerEvent.model_fields.keys()
        assert {each: event.detail[each] for each in added} == ADDED.get(name, {})


def test_no_two_outbound_events_are_made_by_the_same_changes() -> None:
    changes = [change for sample in SAMPLES.values() for change in sample]
    made = {name: [name in _kinds(change) for change in changes] for name in SAMPLES}

    same = [pair for pair in combinations(made, 2) if made[pair[0]] == made[pair[1]]]

    assert same == []


@pytest.mark.req("B-18")
def test_a_replayed_event_matches_its_schema() -> None:
    for (change,) in _customer_changes().values():
        assert isinstance(change, CustomerChange)
        assert change.after is not None
        event = replayed_event(change.after, moment(9))
        _schema("outbound", event.kind).validate(json.loads(json.dumps(event.detail)))
