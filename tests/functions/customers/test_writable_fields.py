"""Every writable field goes all the way: no place that a new field needs is forgotten silently."""

import json
from dataclasses import replace
from typing import Any

import pytest

from crm.bus.resources import CustomerAnswer
from crm.domain.customers.activities import plain_changes
from crm.domain.customers.anonymization import erased
from crm.domain.customers.column import Field, Text
from crm.domain.customers.columns import ENTRIES, WRITABLE_COLUMNS, WRITTEN_FIELDS
from crm.domain.customers.customer import Customer, FieldChange
from crm.domain.customers.fields import FIELD, FIELD_OF, WRITABLE
from crm.domain.customers.masking import masked_customer
from crm.domain.customers.reading import read_fields
from crm.domain.customers.representation import customer_shape
from crm.domain.events.outbound import events_of
from crm.domain.imports.values import values_for
from crm.domain.kernel.errors import Invalid
from crm.domain.kernel.times import day_of, stamp
from crm.domain.merges.merge import (
    CHOOSABLE,
    POOLED,
    Merge,
    choices,
    with_merged_fields,
    without_merged_fields,
)
from crm.domain.spreadsheets.cells import row_reader
from crm.http.customers.models import CustomerWrite, ListedCustomerAnswer
from functions.customers_api.handler import lambda_handler as customers_api
from functions.lists_api.handler import lambda_handler as lists_api
from functions.timeline_api.handler import lambda_handler as timeline_api
from tests.builders import LAN, a_change, a_customer, moment
from tests.field_samples import SAMPLES, value_of, values_of
from tests.functions.requests import Client, Handler

BLANK = a_customer(full_name=None, family_name=None, given_name=None)
AT = stamp(moment(30))
NAMED = {"full_name": "Ánh"}

every_field = pytest.mark.parametrize("name", WRITABLE)


def _with_sample(name: str) -> Customer:
    return replace(BLANK, **values_of(name))


def _created(name: str) -> dict[str, Any]:
    """Create a customer with the sample of a field over HTTP; return it as it is read back."""
    api = Client(customers_api)
    created = api.send("POST", "/customers", {**NAMED, name: SAMPLES[name].raw})
    assert created.status == 201, created.body
    body: dict[str, Any] = api.send("GET", f"/customers/{created.body['id']}").body
    return body


def test_the_table_the_record_the_models_and_the_samples_name_the_same_fields() -> None:
    assert set(CustomerWrite.model_fields) == set(WRITABLE)
    assert set(SAMPLES) == set(WRITABLE)
    assert set(WRITABLE) <= set(CustomerAnswer.model_fields)
    assert {name for name in WRITABLE if getattr(BLANK, name) != FIELD[name].empty} == set()


@every_field
def test_a_field_is_accepted_stored_and_read_back(name: str) -> None:
    body = _created(name)

    CustomerAnswer.model_validate(body)
    # The moment of the request is in a consent and in the ids of addresses.
    assert _timeless(body[name]) == _timeless(customer_shape(_with_sample(name))[name])
    assert body[name] != customer_shape(BLANK)[name]


def _timeless(shape: Any) -> Any:
    if isinstance(shape, list):
        return [_timeless(each) for each in shape]
    if isinstance(shape, dict):
        return {name: each for name, each in shape.items() if name not in {"id", "at"}}
    return shape


@every_field
def test_a_field_is_longer_than_its_limit_in_no_record(name: str) -> None:
    longest = FIELD[name].longest
    if longest is None:
        return

    with pytest.raises(Invalid):
        read_fields({name: "x" * (longest + 1)}, today=day_of(AT), at=AT)


@every_field
def test_a_field_is_in_lists_or_the_table_says_why_not(name: str) -> None:
    body = _created(name)

    (listed,) = Client(lists_api).send("GET", "/customers").body["items"]

    ListedCustomerAnswer.model_validate(listed)
    assert (name in listed) == (FIELD[name].unlisted is None)
    assert name not in listed or listed[name] == body[name]


@every_field
def test_a_field_is_in_a_column_of_files_or_the_table_says_why_not(name: str) -> None:
    assert (name in WRITTEN_FIELDS) == (FIELD[name].no_column is None)
    columns = [column for column, entry in ENTRIES.items() if entry.field == name]
    if not columns:
        return

    cells = dict(zip(columns, row_reader(columns, "UTC")(_with_sample(name)), strict=True))

    filled = {column: cell for column, cell in cells.items() if cell is not None}
    assert filled
    assert name in values_for(filled, AT)
    lengths = {
        entry.reading.longest
        for entry in ENTRIES.values()
        if entry.target == Field(name) and isinstance(entry.reading, Text)
    }
    assert lengths <= {FIELD[name].longest}


@every_field
def test_a_field_is_masked_everywhere_or_nowhere(name: str) -> None:
    secret = SAMPLES[name].secret
    api = Client(customers_api)
    where = f"/customers/{api.send('POST', '/customers', NAMED).body['id']}"
    edited = api.send("PATCH", where, {name: SAMPLES[name].raw}, If_Match='"1"')
    assert edited.status == 200, edited.body

    seen = {
        "detail": _seen_by_both(customers_api, where),
        "list": _seen_by_both(lists_api, "/customers"),
        "history": _seen_by_both(timeline_api, f"{where}/activities"),
    }

    if secret is None:
        assert all(plain == shown for plain, shown in seen.values())
        return
    assert all(secret in seen[place][0] for place in ("detail", "history"))
    assert not any(secret in shown for _, shown in seen.values())
    exported = row_reader([each.id for each in WRITABLE_COLUMNS], "UTC")
    assert secret not in str(exported(masked_customer(_with_sample(name))))


def _seen_by_both(handler: Handler, path: str) -> tuple[str, str]:
    """Return the answer to a manager, and to a viewer, who sees no contacts."""
    manager, viewer = (
        json.dumps(Client(handler, role=role).send("GET", path).body, ensure_ascii=False)
        for role in ("manager", "viewer")
    )
    return manager, viewer


@every_field
def test_a_field_is_in_the_history_and_returns_from_it(name: str) -> None:
    value = value_of(name)
    (line,) = plain_changes((FieldChange(name, None, value),))

    assert FIELD[name].decode(json.loads(json.dumps(line.new))) == value


@every_field
def test_a_field_is_chosen_or_pooled_by_a_merge_and_returns_to_blank_by_its_undo(
    name: str,
) -> None:
    survivor, loser = BLANK, replace(_with_sample(name), id=a_customer(2).id)
    choosable = FIELD[name].part_of
    keep: dict[str, Any] = {choosable: "loser"} if choosable in CHOOSABLE else {}
    assert bool(keep) != (name in POOLED)
    assert choosable in {each.field for each in choices(survivor, loser, keep)}

    merged = with_merged_fields(survivor, loser, keep, "01J0", AT)

    assert getattr(merged, name) == value_of(name)
    merge = Merge(
        id="01J0",
        survivor_id=survivor.id,
        loser_id=loser.id,
        at=AT,
        by=LAN,
        keep=keep,
        survivor=survivor,
        loser=loser,
    )
    undone = without_merged_fields(merged, merge, [loser], [merge])
    assert getattr(undone, name) == FIELD[name].empty


@every_field
def test_a_field_is_forgotten_by_an_erasure_or_the_table_says_that_it_is_kept(name: str) -> None:
    after = erased(_with_sample(name), AT)

    kept = FIELD[name].in_erasure == "kept"
    assert getattr(after, name) == (value_of(name) if kept else FIELD[name].empty)
    assert not (kept and FIELD[name].mask)


@every_field
def test_a_changed_field_is_named_and_shown_by_the_outbound_event(name: str) -> None:
    after = BLANK.edited(BLANK.changes({name: value_of(name)}), LAN, AT)

    (event,) = events_of(a_change(BLANK, after))

    assert name in event.detail["changed"]
    CustomerAnswer.model_validate(event.detail["customer"])
    assert event.detail["customer"][name] == customer_shape(after)[name]
    assert after.provenance_of(name) == (*LAN, AT)


@every_field
def test_a_field_claims_the_identity_that_the_table_names(name: str) -> None:
    kinds = {each.kind for each in _with_sample(name).identities()} - {"code"}

    assert kinds == {FIELD[name].identity} - {None}
    assert all(FIELD_OF[kind] == name for kind in kinds)
