"""What an erasure leaves of a customer, whatever fields a customer comes to have."""

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
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import stamp
from tests.builders import a_customer, customer_id, moment

AT = stamp(moment(60))
#: Whoever gives customers a new field says here, or in KEPT, whether it is of the person.
FORGOTTEN = {
    "full_name",
    "family_name",
    "given_name",
    "phone",
    "email",
    "birthday",
    "gender",
    "marketing_consent",
    "has_account",
    "group",
    "skip_auto_group",
    "tags",
    "card_code",
    "external_ids",
    "note",
    "addresses",
    "invoice_profile",
    "provenance",
    "restricted_by",
}
FORGOTTEN_STANDALONE = {"group", "blank", "filled"}


def everything() -> Customer:
    """Return a customer with a value in every field that is of the person."""
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
def test_what_is_forgotten_is_blank_and_what_is_kept_is_as_it_was() -> None:
    before, after = everything(), erased(everything(), AT)

    blank = Customer(**{name: getattr(after, name) for name in KEPT})
    assert after == blank
    moved = {"status", "status_since", "version", "revision", "updated_at"}
    assert all(getattr(after, name) == getattr(before, name) for name in KEPT - moved)
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
def test_who_is_erased_already_stays_as_they_are() -> None:
    once = erased(everything(), AT)

    assert is_erased(once)
    assert erased(once, stamp(moment(90))) is once
    assert not is_erased(everything())


@pytest.mark.req("B-14", "D2")
def test_a_record_that_was_merged_stays_merged_and_keeps_its_own_figures() -> None:
    survivor = customer_id(2)
    own = StandaloneValues(
        metrics=Metrics(order_count=1), membership=everything().membership, group="vip", since=AT
    )
    merged = replace(
        everything(),
        status="merged",
        merged_into=survivor,
        siblings=(CustomerId("01J9"),),
        returns_to="active",
        own=own,
    )

    after = erased(merged, AT)

    assert (after.status, after.merged_into, after.siblings) == (
        "merged",
        survivor,
        merged.siblings,
    )
    assert after.own == replace(own, group=None)
    assert is_erased(after)
