"""Outbound events of a write to a customer's row."""

from crm.domain.customers.changes import CustomerChange
from crm.domain.events.outbound import events_of
from crm.domain.kernel.times import stamp
from crm.usecases.events.stream_changes import announce_changes
from tests.builders import LAN, MERCHANT, a_change, a_customer, moment
from tests.fakes.events import RecordedEvents


def _edited(**fields: object) -> CustomerChange:
    before = a_customer()
    after = before.edited(before.changes(fields), LAN, stamp(moment(5)))
    return a_change(before, after)


def test_the_event_of_a_new_customer_has_the_whole_customer() -> None:
    (event,) = events_of(a_change(None, a_customer(phone="+84912345678")))

    assert event.kind == "CustomerCreated"
    assert event.detail["customer"]["phone"] == "+84912345678"
    assert event.detail["merchant_id"] == MERCHANT
    assert event.detail["revision"] == 1


def test_the_event_of_an_edit_has_the_changed_fields_and_the_revision() -> None:
    (event,) = events_of(_edited(gender="female", birthday="--05-17"))

    assert event.kind == "CustomerUpdated"
    assert event.detail["changed"] == ["birthday", "gender"]
    assert event.detail["revision"] == 2


def test_archiving_and_restoring_have_events_of_their_own() -> None:
    active = a_customer()
    archived = active.moved_to("archived", stamp(moment(1)))
    restored = archived.moved_to("active", stamp(moment(2)))

    changes = [a_change(active, archived), a_change(archived, restored)]

    kinds = [event.kind for change in changes for event in events_of(change)]
    assert kinds == ["CustomerArchived", "CustomerRestored"]


def test_a_write_without_a_public_change_has_no_event() -> None:
    anh = a_customer()
    events = RecordedEvents()

    refused = announce_changes([a_change(anh, anh)], events=events)

    assert (refused, events.published) == (None, [])


def test_the_same_write_has_the_same_event_id() -> None:
    change = _edited(gender="female")
    (first,), (second,) = (events_of(change) for _ in range(2))

    assert first.detail["event_id"] == second.detail["event_id"]


def test_refused_events_are_retried_from_the_first_one_on() -> None:
    changes = [_edited(gender="female")._replace(sequence=str(n)) for n in range(4)]

    assert announce_changes(changes, events=RecordedEvents(1, 3)) == "1"
    assert announce_changes(changes, events=RecordedEvents()) is None
