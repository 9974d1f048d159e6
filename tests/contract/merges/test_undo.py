"""Undoing merges in every engine: both records return as if never merged."""

from dataclasses import replace

import pytest

from crm.domain.customers.customer import Address, Consent, Identity
from crm.domain.kernel.errors import Conflict, NotFound
from crm.domain.kernel.times import stamp
from crm.domain.orders.buyers import read_person
from crm.domain.orders.checkouts import Checkout
from crm.usecases.customers.customers import edit_customer
from crm.usecases.orders.checkouts import end_checkout, start_checkout
from tests.builders import MERCHANT, a_customer, an_act, customer_id, moment
from tests.merge_builders import keep_customers, merge, phone, plain, take_order, undo
from tests.order_builders import Backend, an_incoming_customer, an_order

A, B, C = (customer_id(number) for number in (1, 2, 3))


@pytest.mark.req("B-05", "D2")
def test_an_immediate_undo_restores_every_field_of_both_records(backend: Backend) -> None:
    keep_customers(backend, 1)
    address = Address(id="a-1", line="12 Lý Thường Kiệt", province_code="01", is_default=True)
    full = a_customer(
        2,
        phone=phone(2),
        email="anh@example.vn",
        birthday="1990-05-17",
        gender="female",
        tags=("sỉ", "vip"),
        card_code="TV0002",
        external_ids={"haravan": "1009"},
        note="Gọi buổi sáng",
        has_account=True,
        addresses=(address,),
        marketing_consent=Consent(accepted=False, at=stamp(moment()), source="phone"),
    )
    backend.customers.add(MERCHANT, full)
    take_order(backend, 1, of=1)
    take_order(backend, 2, of=2)
    before = [backend.customers.get(MERCHANT, each) for each in (A, B)]

    made = merge(backend, A, B, {"phone": "loser"})
    merged = backend.customers.get(MERCHANT, A)
    assert (merged.phone, merged.email, merged.tags) == (phone(2), full.email, full.tags)
    assert merged.addresses == full.addresses
    assert undo(backend, made.id).status == "undone"

    after = [backend.customers.get(MERCHANT, each) for each in (A, B)]
    assert list(map(plain, after)) == list(map(plain, before))
    identities = dict.fromkeys(full.identities(), B)
    assert backend.customers.holders(MERCHANT, identities) == identities
    assert backend.customers.holders(MERCHANT, [Identity("phone", phone(1))]) == {
        Identity("phone", phone(1)): A
    }


@pytest.mark.req("B-05")
def test_records_merged_into_a_loser_move_with_it_and_return_with_it(backend: Backend) -> None:
    keep_customers(backend, 1, 2, 3)
    for number in (1, 2, 3):
        take_order(backend, number, of=number)
    first = merge(backend, A, B)
    before = [backend.customers.get(MERCHANT, each) for each in (A, B, C)]

    second = merge(backend, C, A, minutes=61)

    assert backend.metrics(C).order_count == 3
    assert backend.customers.get(MERCHANT, B).merged_into == C
    take_order(backend, 4, of=2)
    assert backend.metrics(C).order_count == 4
    with pytest.raises(Conflict) as refused:
        undo(backend, first.id)
    assert (refused.value.code, refused.value.params["merge_id"]) == ("merge_not_last", second.id)

    undo(backend, second.id)

    assert [backend.metrics(each).order_count for each in (A, B, C)] == [3, 2, 1]
    assert backend.customers.get(MERCHANT, B).merged_into == A
    assert plain(backend.customers.get(MERCHANT, C)) == plain(before[2])
    undo(backend, first.id, minutes=130)
    assert [backend.metrics(each).order_count for each in (A, B, C)] == [1, 2, 1]


@pytest.mark.req("B-05")
def test_merges_of_one_survivor_can_be_undone_in_any_order(backend: Backend) -> None:
    keep_customers(backend, 1)
    backend.customers.add(MERCHANT, a_customer(2, phone=phone(2), tags=("b",), note="B"))
    backend.customers.add(MERCHANT, a_customer(3, phone=phone(3), tags=("c",), note="C"))
    before = backend.customers.get(MERCHANT, A)
    first = merge(backend, A, B)
    second = merge(backend, A, C, minutes=61)
    assert (backend.customers.get(MERCHANT, A).tags, before.tags) == (("b", "c"), ())

    undo(backend, first.id)

    now = backend.customers.get(MERCHANT, A)
    # The result of the second merge without the first.
    assert (now.tags, now.note) == (("c",), "C")
    undo(backend, second.id, minutes=130)
    assert plain(backend.customers.get(MERCHANT, A)) == plain(before)


@pytest.mark.req("B-05")
def test_an_undo_keeps_fields_changed_since_the_merge_and_their_claims(backend: Backend) -> None:
    keep_customers(backend, 1, 2)
    made = merge(backend, A, B, {"phone": "loser"})
    seen = backend.customers.get(MERCHANT, A)
    edit_customer(
        MERCHANT,
        A,
        {"phone": phone(9), "gender": "nữ"},
        seen_version=seen.version,
        act=an_act(now=moment(70), ids=backend.ids),
        customers=backend.customers,
    )

    undo(backend, made.id)

    survivor, loser = (backend.customers.get(MERCHANT, each) for each in (A, B))
    assert (survivor.phone, survivor.gender, loser.phone) == (phone(9), "female", phone(2))
    identities = [Identity("phone", phone(number)) for number in (1, 2, 9)]
    assert backend.customers.holders(MERCHANT, identities) == {identities[1]: B, identities[2]: A}


@pytest.mark.req("B-05")
def test_an_identity_that_both_records_show_after_an_undo_is_shared(backend: Backend) -> None:
    keep_customers(backend, 1, 2)
    made = merge(backend, A, B)
    seen = backend.customers.get(MERCHANT, A)
    edit_customer(
        MERCHANT,
        A,
        {"phone": phone(2)},
        seen_version=seen.version,
        act=an_act(now=moment(70), ids=backend.ids),
        customers=backend.customers,
    )
    undo(backend, made.id)
    shared = Identity("phone", phone(2))
    assert backend.customers.holders(MERCHANT, [shared]) == {shared: B}

    loser = backend.customers.get(MERCHANT, B)
    edit_customer(
        MERCHANT,
        B,
        {"phone": None},
        seen_version=loser.version,
        act=an_act(now=moment(130), ids=backend.ids),
        customers=backend.customers,
    )

    assert backend.customers.holders(MERCHANT, [shared]) == {shared: A}


def test_an_event_fills_both_merged_records_and_after_an_undo_only_its_own(
    backend: Backend,
) -> None:
    keep_customers(backend, 1, 2)
    made = merge(backend, A, B)
    incoming = an_incoming_customer("e-9", phone=phone(2), external_id="77", gender="nữ")

    backend.take(an_order(5), incoming, minutes=70)

    external = Identity("ext", "haravan:77")
    survivor, loser = (backend.customers.get(MERCHANT, each) for each in (A, B))
    assert survivor.external_ids == loser.external_ids == {"haravan": "77"}
    assert backend.customers.holders(MERCHANT, [external]) == {external: B}
    undo(backend, made.id)
    assert backend.customers.get(MERCHANT, A).external_ids == {}
    assert backend.customers.get(MERCHANT, B).external_ids == {"haravan": "77"}


@pytest.mark.req("B-05", "D4")
def test_after_an_undo_each_record_has_the_addresses_of_its_own_orders(
    backend: Backend,
) -> None:
    keep_customers(backend, 1, 2)
    made = merge(backend, A, B)
    for of, street in ((2, "12 Lý Thường Kiệt"), (1, "5 Hàng Bài")):
        person = {"phone": phone(of), "name": "Ánh"}
        at = stamp(moment(70 + of))
        incoming = replace(
            an_incoming_customer(f"e-{of}", at=at, **person),
            person=read_person("haravan", person, {"line": street}, at=at),
        )
        backend.take(an_order(of), incoming, minutes=70 + of)
    (shown,) = backend.customers.get(MERCHANT, A).addresses
    assert shown.line == "12 Lý Thường Kiệt"

    undo(backend, made.id)

    lines = [backend.customers.get(MERCHANT, each).addresses[0].line for each in (A, B)]
    assert lines == ["5 Hàng Bài", "12 Lý Thường Kiệt"]


def test_checkouts_of_a_merged_record_count_for_both_records(backend: Backend) -> None:
    keep_customers(backend, 1, 2)
    made = merge(backend, A, B)
    start_checkout(
        MERCHANT,
        Checkout(source="haravan", id="c-1", status="open", at=stamp(moment(61))),
        an_incoming_customer("e-1", phone=phone(2)),
        now=moment(61),
        ports=backend.event_ports,
    )
    assert [backend.metrics(each).open_checkout_count for each in (A, B)] == [1, 1]
    undo(backend, made.id)
    assert [backend.metrics(each).open_checkout_count for each in (A, B)] == [0, 1]
    again = merge(backend, A, B, minutes=130)
    end_checkout(
        MERCHANT,
        Checkout(source="haravan", id="c-1", status="open", at="").key,
        source="haravan",
        at=stamp(moment(131)),
        now=moment(131),
        changesets=backend.changesets,
    )
    assert [backend.metrics(each).open_checkout_count for each in (A, B)] == [0, 0]
    assert undo(backend, again.id, minutes=140).status == "undone"


@pytest.mark.req("B-05")
def test_an_archived_survivor_is_active_while_merged_with_an_active_loser(
    backend: Backend,
) -> None:
    keep_customers(backend, 1, status="archived", status_since=stamp(moment(3)))
    keep_customers(backend, 2)
    before = backend.customers.get(MERCHANT, A)

    made = merge(backend, A, B)

    assert backend.customers.get(MERCHANT, A).status == "active"
    undo(backend, made.id)
    assert plain(backend.customers.get(MERCHANT, A)) == plain(before)


@pytest.mark.req("B-05")
def test_an_archived_loser_returns_archived_unless_an_event_named_it(backend: Backend) -> None:
    keep_customers(backend, 1)
    keep_customers(backend, 2, 3, status="archived", status_since=stamp(moment(3)))
    first, second = merge(backend, A, B), merge(backend, A, C, minutes=61)
    take_order(backend, 1, of=3)

    undo(backend, first.id)
    undo(backend, second.id)

    assert backend.customers.get(MERCHANT, B).status == "archived"
    assert backend.customers.get(MERCHANT, C).status == "active"


def test_a_merge_can_be_undone_once_within_thirty_days(backend: Backend) -> None:
    keep_customers(backend, 1, 2)
    made = merge(backend, A, B)
    month = 30 * 24 * 60

    with pytest.raises(Conflict) as refused:
        undo(backend, made.id, minutes=60 + month + 1)
    assert refused.value.code == "merge_too_old"
    first = undo(backend, made.id, minutes=60 + month - 1)
    assert undo(backend, made.id, minutes=60 + month + 5) == first
    with pytest.raises(NotFound):
        undo(backend, "01J0")
