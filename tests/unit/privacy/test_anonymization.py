"""The fields of a customer that an erasure keeps or blanks; every field must be classified."""

from dataclasses import fields, replace

import pytest

from crm.domain.customers.anonymization import (
    KEPT,
    KEPT_STANDALONE,
    erased,
    identities_of_person,
    is_erased,
)
from crm.domain.customers.customer import (
    Address,
    Consent,
    Customer,
    InvoiceProfile,
    Provenance,
    StandaloneValues,
)
from crm.domain.customers.fields import FIELDS
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import stamp
from tests.builders import a_customer, customer_id, moment

AT = stamp(moment(60))
#: An attribute of customers that callers cannot write must be added here or to KEPT.
FORGOTTEN = {
    *(each.name for each in FIELDS if each.in_erasure == "forgotten"),
    "provenance",
    "restricted_by",
}
FORGOTTEN_STANDALONE = {"group", "blank", "filled"}


def a_full_customer() -> Customer:
    """Return a customer with a value in every personal field."""
    return a_customer(
        1,
        phone="+84912345678",
        email="anh@example.vn",
        birthday="1990-05-17",
        gender="female",
        marketing_consent=Consent(accepted=True, at=AT, source="quầy", evidence="phiếu 12"),
        has_account=True,
        group="vip",
        skip_auto_group=True,
        tags=("sỉ",),
        card_code="TV0001",
        external_ids={"haravan": "1009"},
        note="Gọi sau 18 giờ",
        addresses=(Address(id="a-1", line="12 Lý Thường Kiệt"),),
        invoice_profile=InvoiceProfile(kind="individual", name="Ánh", code="001190000001"),
        provenance={"note": Provenance("web", "lan", AT)},
        metrics=Metrics(order_count=3, total_spent=750_000, recent_order_days=("2026-11-20",)),
        restricted_by="01J0",
        version=7,
        revision=31,
    )


@pytest.mark.req("B-14", "D1")
def test_every_field_of_a_customer_is_either_kept_or_forgotten() -> None:
    assert {field.name for field in fields(Customer)} == KEPT | FORGOTTEN
    assert KEPT.isdisjoint(FORGOTTEN)
    assert {
        field.name for field in fields(StandaloneValues)
    } - KEPT_STANDALONE <= FORGOTTEN_STANDALONE


@pytest.mark.req("B-14", "D1")
def test_forgotten_fields_are_blank_and_kept_fields_unchanged() -> None:
    before, after = a_full_customer(), erased(a_full_customer(), AT)

    blank = Customer(**{name: getattr(after, name) for name in KEPT})
    assert after == blank
    changed = {"status", "status_since", "version", "revision", "updated_at"}
    assert all(getattr(after, name) == getattr(before, name) for name in KEPT - changed)
    assert (after.status, after.version, after.revision) == ("erased", 8, 32)
    assert after.updated_at == AT
    assert [each.kind for each in after.identities()] == ["code"]
    assert {each.kind for each in identities_of_person(before)} == {
        "phone",
        "email",
        "card",
        "ext",
    }


@pytest.mark.req("B-14")
def test_erasing_an_erased_customer_changes_nothing() -> None:
    first = erased(a_full_customer(), AT)

    assert is_erased(first)
    assert erased(first, stamp(moment(90))) is first
    assert not is_erased(a_full_customer())


@pytest.mark.req("B-14", "D2")
def test_a_merged_record_stays_merged_and_keeps_its_standalone_metrics() -> None:
    survivor = customer_id(2)
    own = StandaloneValues(
        metrics=Metrics(order_count=1),
        membership=a_full_customer().membership,
        group="vip",
        since=AT,
    )
    merged = replace(
        a_full_customer(),
        status="merged",
        merged_into=survivor,
        siblings=(CustomerId("01J9"),),
        returns_to="active",
        standalone_values=own,
    )

    after = erased(merged, AT)

    assert (after.status, after.merged_into, after.siblings) == (
        "merged",
        survivor,
        merged.siblings,
    )
    assert after.standalone_values == replace(own, group=None)
    assert is_erased(after)
