"""Contract of `ports.Customers`, for every adapter."""

from dataclasses import replace
from typing import Any

import pytest

from crm.domain.customers.activities import Edit
from crm.domain.customers.customer import Address, Consent, Customer, Identity, InvoiceProfile
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import DuplicateCustomer, Invalid, NotFound, Stale
from crm.domain.kernel.times import stamp
from crm.ports.customers import Customers
from tests.builders import (
    LAN,
    MERCHANT,
    OTHER_MERCHANT,
    a_customer,
    an_activity,
    customer_id,
    moment,
)

PHONE, EMAIL = "+84912345678", "anh@example.vn"


@pytest.mark.req("000-01")
def test_a_customer_is_read_back_as_it_was_stored(customers: Customers) -> None:
    whole = a_customer(
        phone=PHONE,
        email=EMAIL,
        birthday="--05-17",
        gender="female",
        marketing_consent=Consent(
            accepted=True, at=stamp(moment()), source="web", evidence="tick"
        ),
        has_account=True,
        group="vip",
        skip_auto_group=True,
        tags=("hà nội", "sỉ"),
        card_code="TV0001",
        external_ids={"haravan": "1009"},
        note="Thích màu xanh",
        addresses=(
            Address(id="a-1", line="12 Lý Thường Kiệt", province_code="01", is_default=True),
        ),
        invoice_profile=InvoiceProfile(kind="company", name="Công ty A", code="0100233488"),
        metrics=Metrics(
            order_count=2,
            total_spent=250_000,
            median_days_between_orders=1.5,
            last_order_at=stamp(moment()),
            recent_order_days=("2026-11-20",),
        ),
    )
    customers.add(MERCHANT, whole)

    assert customers.get(MERCHANT, whole.id) == whole


def test_an_unknown_customer_is_not_found(customers: Customers) -> None:
    with pytest.raises(NotFound):
        customers.get(MERCHANT, customer_id(9))


@pytest.mark.req("002-01")
def test_a_customer_is_invisible_to_other_merchants(customers: Customers) -> None:
    anh = a_customer(phone=PHONE)
    customers.add(MERCHANT, anh)

    with pytest.raises(NotFound):
        customers.get(OTHER_MERCHANT, anh.id)
    assert customers.get_many(OTHER_MERCHANT, [anh.id]) == {}
    assert customers.holders(OTHER_MERCHANT, [Identity("phone", PHONE)]) == {}


def test_two_merchants_may_each_have_the_same_person(customers: Customers) -> None:
    customers.add(MERCHANT, a_customer(phone=PHONE))
    customers.add(OTHER_MERCHANT, a_customer(merchant_id=OTHER_MERCHANT, phone=PHONE))

    assert customers.holders(MERCHANT, [Identity("phone", PHONE)]) == {
        Identity("phone", PHONE): customer_id()
    }


def test_a_repeated_creation_stores_one_customer(customers: Customers) -> None:
    anh = a_customer(phone=PHONE)
    customers.add(MERCHANT, anh, an_activity())
    customers.add(MERCHANT, anh, an_activity())

    assert customers.get(MERCHANT, anh.id) == anh


@pytest.mark.req("001-30")
@pytest.mark.parametrize(
    ("identity", "field"),
    [
        ({"phone": PHONE}, "phone"),
        ({"email": EMAIL}, "email"),
        ({"card_code": "TV0001"}, "card_code"),
        ({"external_ids": {"haravan": "1009"}}, "external_ids"),
    ],
)
def test_a_taken_identity_names_its_holder_and_nothing_is_stored(
    customers: Customers, identity: dict[str, object], field: str
) -> None:
    customers.add(MERCHANT, a_customer(1, **identity))

    with pytest.raises(DuplicateCustomer) as refusal:
        customers.add(MERCHANT, a_customer(2, **identity))

    assert refusal.value.params == {
        "field": field,
        "existing_customer_id": customer_id(1),
        "archived": False,
    }
    assert customers.get_many(MERCHANT, [customer_id(2)]) == {}


@pytest.mark.req("D1")
def test_an_archived_customer_keeps_its_identities(customers: Customers) -> None:
    anh = a_customer(1, phone=PHONE)
    customers.add(MERCHANT, anh)
    customers.update(MERCHANT, anh, anh.moved_to("archived", stamp(moment(5))))

    with pytest.raises(DuplicateCustomer) as refusal:
        customers.add(MERCHANT, a_customer(2, phone=PHONE))
    assert refusal.value.params["archived"] is True


@pytest.mark.req("B-17")
def test_an_edit_of_the_latest_version_is_written(customers: Customers) -> None:
    before = a_customer(phone=PHONE, tags=("sỉ",), birthday="1990-05-17")
    customers.add(MERCHANT, before)
    changes = before.changes({"phone": "+84987654321", "birthday": None, "gender": "female"})
    after = before.edited(changes, LAN, stamp(moment(5)))

    customers.update(MERCHANT, before, after, an_activity(changes=changes))

    assert customers.get(MERCHANT, before.id) == after
    assert after.version == 2
    assert customers.holders(
        MERCHANT, [Identity("phone", PHONE), Identity("phone", "+84987654321")]
    ) == {Identity("phone", "+84987654321"): before.id}


@pytest.mark.req("B-17")
def test_an_edit_of_an_old_version_is_refused_and_changes_nothing(
    customers: Customers,
) -> None:
    before = a_customer(phone=PHONE)
    customers.add(MERCHANT, before)
    first = before.edited(before.changes({"gender": "female"}), LAN, stamp(moment(5)))
    second = before.edited(before.changes({"phone": "+84987654321"}), LAN, stamp(moment(6)))
    customers.update(MERCHANT, before, first)

    with pytest.raises(Stale) as refusal:
        customers.update(MERCHANT, before, second)

    assert refusal.value.params["current_version"] == 2
    assert customers.get(MERCHANT, before.id) == first
    assert customers.holders(MERCHANT, [Identity("phone", "+84987654321")]) == {}


def test_an_edit_to_an_identity_of_another_customer_is_refused(customers: Customers) -> None:
    customers.add(MERCHANT, a_customer(1, phone=PHONE))
    before = a_customer(2, phone="+84987654321")
    customers.add(MERCHANT, before)
    after = before.edited(before.changes({"phone": PHONE}), LAN, stamp(moment(5)))

    with pytest.raises(DuplicateCustomer) as refusal:
        customers.update(MERCHANT, before, after)

    assert refusal.value.params["existing_customer_id"] == customer_id(1)
    assert customers.get(MERCHANT, before.id) == before


@pytest.mark.req("001-31", "D3")
def test_an_allowed_duplicate_becomes_a_further_holder(customers: Customers) -> None:
    customers.add(MERCHANT, a_customer(1, phone=PHONE, email=EMAIL))
    customers.add(MERCHANT, a_customer(2, phone=PHONE), allow_duplicate=True)

    assert customers.get(MERCHANT, customer_id(2)).phone == PHONE
    assert customers.holders(MERCHANT, [Identity("phone", PHONE)]) == {
        Identity("phone", PHONE): customer_id(1)
    }


def test_a_customer_that_may_be_a_duplicate_claims_free_identities(customers: Customers) -> None:
    customers.add(MERCHANT, a_customer(1, phone=PHONE), allow_duplicate=True)

    assert customers.holders(MERCHANT, [Identity("phone", PHONE)]) == {
        Identity("phone", PHONE): customer_id(1)
    }


@pytest.mark.req("D3")
def test_when_the_holder_releases_an_identity_the_oldest_further_holder_takes_it_over(
    customers: Customers,
) -> None:
    first = a_customer(1, phone=PHONE)
    customers.add(MERCHANT, first)
    for number in (2, 3):
        customers.add(MERCHANT, a_customer(number, phone=PHONE), allow_duplicate=True)
    phone = Identity("phone", PHONE)

    customers.update(
        MERCHANT, first, first.edited(first.changes({"phone": None}), LAN, stamp(moment(5)))
    )
    assert customers.holders(MERCHANT, [phone]) == {phone: customer_id(2)}

    second = customers.get(MERCHANT, customer_id(2))
    customers.update(
        MERCHANT, second, second.edited(second.changes({"phone": None}), LAN, stamp(moment(6)))
    )
    assert customers.holders(MERCHANT, [phone]) == {phone: customer_id(3)}

    third = customers.get(MERCHANT, customer_id(3))
    customers.update(
        MERCHANT, third, third.edited(third.changes({"phone": None}), LAN, stamp(moment(7)))
    )
    assert customers.holders(MERCHANT, [phone]) == {}


def test_a_further_holder_may_release_an_identity_and_the_holder_stays(
    customers: Customers,
) -> None:
    first = a_customer(1, phone=PHONE)
    second = a_customer(2, phone=PHONE)
    customers.add(MERCHANT, first)
    customers.add(MERCHANT, second, allow_duplicate=True)
    phone = Identity("phone", PHONE)

    customers.update(
        MERCHANT, second, second.edited(second.changes({"phone": None}), LAN, stamp(moment(5)))
    )
    assert customers.holders(MERCHANT, [phone]) == {phone: first.id}

    customers.update(
        MERCHANT, first, first.edited(first.changes({"phone": None}), LAN, stamp(moment(6)))
    )
    assert customers.holders(MERCHANT, [phone]) == {}


def test_a_code_number_is_reserved_only_once(customers: Customers) -> None:
    assert customers.reserve_codes(MERCHANT, 1) == 1
    assert customers.reserve_codes(MERCHANT, 500) == 2
    assert customers.reserve_codes(MERCHANT, 1) == 502
    assert customers.reserve_codes(OTHER_MERCHANT, 1) == 1


def test_add_all_stores_many_customers_and_returns_the_refused_ones(customers: Customers) -> None:
    customers.add(MERCHANT, a_customer(1, phone=PHONE))
    many = [
        a_customer(number, phone=f"+84900000{number:03d}", created_by=Author("import", "i:1"))
        for number in range(2, 72)
    ]
    many[40] = replace(many[40], phone=PHONE)

    refused = customers.add_all(MERCHANT, many)

    duplicate = refused[many[40].id]
    assert isinstance(duplicate, DuplicateCustomer)
    assert duplicate.params["existing_customer_id"] == customer_id(1)
    assert len(refused) == 1
    kept = customers.get_many(MERCHANT, [each.id for each in many])
    assert set(kept) == {each.id for each in many} - {many[40].id}
    assert customers.add_all(MERCHANT, many).keys() == refused.keys()


@pytest.mark.req("D7")
def test_add_all_refuses_customers_of_an_unknown_group_and_stores_the_others(
    customers: Customers,
) -> None:
    many = [a_customer(number, group="vip" if number % 2 else "loyal") for number in range(1, 7)]
    many[3] = replace(many[3], group="stranger")

    refused = customers.add_all(MERCHANT, many)

    assert {each: type(why) for each, why in refused.items()} == {many[3].id: Invalid}
    assert len(customers.get_many(MERCHANT, [each.id for each in many])) == 5


def edits(*people: Customer, **values: Any) -> list[Edit]:
    """Return an edit of each customer to these values, with its history line."""
    made = []
    for before in people:
        changes = before.changes(values)
        at = stamp(moment(5))
        line = an_activity(5, kind="edited", changes=changes)
        made.append(Edit(before, before.edited(changes, LAN, at), line))
    return made


@pytest.mark.req("001-30", "B-13")
def test_update_all_writes_many_edits(customers: Customers) -> None:
    people = [a_customer(number, phone=f"+84900000{number:03d}") for number in range(1, 71)]
    customers.add_all(MERCHANT, people)

    assert not customers.update_all(MERCHANT, edits(*people, note="sỉ", group="vip"))

    after = customers.get_many(MERCHANT, [each.id for each in people])
    assert {(each.note, each.group, each.version) for each in after.values()} == {("sỉ", "vip", 2)}


def test_update_all_returns_the_refused_edits_and_writes_the_others(
    customers: Customers,
) -> None:
    people = [a_customer(number, phone=f"+84900000{number:03d}") for number in range(1, 8)]
    customers.add_all(MERCHANT, people)
    stale, taken, grouped, swapped, *others = people
    (moved,) = edits(stale, note="trước")
    customers.update(MERCHANT, *moved)

    refused = customers.update_all(
        MERCHANT,
        [
            *edits(stale, note="sau"),
            *edits(taken, phone=swapped.phone),
            *edits(grouped, group="stranger"),
            *edits(swapped, phone="+84900000999"),
            *edits(*others, note="sau"),
        ],
    )

    assert set(refused) == {stale.id, taken.id, grouped.id}
    now = customers.get_many(MERCHANT, [each.id for each in people])
    assert now[stale.id].note == "trước"
    assert now[taken.id].phone == taken.phone
    assert now[swapped.id].phone == "+84900000999"
    assert {now[each.id].note for each in others} == {"sau"}
    holders = customers.holders(MERCHANT, [Identity("phone", "+84900000999")])
    assert [*holders.values()] == [swapped.id]


def test_add_all_may_allow_duplicates(customers: Customers) -> None:
    customers.add(MERCHANT, a_customer(1, phone=PHONE))

    refused = customers.add_all(
        MERCHANT, [a_customer(2, phone=PHONE), a_customer(3, phone=PHONE)], allow_duplicate=True
    )

    assert refused == {}
    assert set(customers.get_many(MERCHANT, [customer_id(2), customer_id(3)])) == {
        customer_id(2),
        customer_id(3),
    }


@pytest.mark.req("003-07", "D7")
def test_an_unknown_group_is_refused_and_nothing_is_stored(
    customers: Customers,
) -> None:
    with pytest.raises(Invalid):
        customers.add(MERCHANT, a_customer(1, group="stranger", phone=PHONE))
    assert customers.get_many(MERCHANT, [customer_id(1)]) == {}

    before = a_customer(2, group="vip")
    customers.add(MERCHANT, before)
    after = before.edited(before.changes({"group": "stranger"}), LAN, stamp(moment(5)))
    with pytest.raises(Invalid):
        customers.update(MERCHANT, before, after)
    assert customers.get(MERCHANT, before.id).group == "vip"
