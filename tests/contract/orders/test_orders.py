"""Contract of `ports.Changesets` and `ports.Orders`: orders and the customers they name."""

from dataclasses import replace

import pytest

from crm.domain.customers.customer import Address, Identity
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import stamp
from crm.domain.orders.orders import OrderLine, OrderPosition, OrderQuery
from crm.domain.orders.rejections import Rejected
from crm.usecases.orders.interactions import sync_customer
from tests.builders import LAN, MERCHANT, OTHER_MERCHANT, a_customer, moment
from tests.order_builders import Backend, an_incoming_customer, an_order, placed

PHONE, EMAIL = "+84912345678", "anh@example.vn"


@pytest.mark.req("001-01", "D5", "004-10")
def test_an_order_of_an_unknown_person_creates_the_customer(backend: Backend) -> None:
    incoming = an_incoming_customer(
        phone="0912 345 678", email="Anh@Example.vn", name="Nguyễn Thị Ánh", external_id="1009"
    )

    customer_id = backend.take(an_order(), incoming)

    anh = backend.customers.get(MERCHANT, customer_id)
    assert (anh.full_name, anh.phone, anh.email) == ("Nguyễn Thị Ánh", PHONE, EMAIL)
    assert (anh.external_ids, anh.source, anh.code) == ({"haravan": "1009"}, "haravan", "KH000001")
    assert (anh.metrics.order_count, anh.metrics.total_spent) == (1, 250_000)
    holders = backend.customers.holders(MERCHANT, anh.identities())
    assert holders == dict.fromkeys(anh.identities(), customer_id)


@pytest.mark.req("001-02", "000-05", "000-06", "000-07", "002-18", "002-19")
def test_later_orders_attach_to_the_same_customer(backend: Backend) -> None:
    first = backend.take(an_order(1))
    second = backend.take(an_order(2, total=300_001, paid=0), an_incoming_customer("e-2"))

    assert first == second
    metrics = backend.metrics(first)
    assert (metrics.order_count, metrics.total_spent, metrics.debt) == (2, 550_001, 300_001)
    assert (metrics.first_order_at, metrics.last_order_at) == (placed(1), placed(2))
    assert (metrics.average_order_value, metrics.median_days_between_orders) == (275_001, 1)


@pytest.mark.req("B-06")
def test_an_event_delivered_twice_counts_once(backend: Backend) -> None:
    customer_id = backend.take(an_order())
    before = backend.customers.get(MERCHANT, customer_id)

    assert backend.take(an_order(), minutes=5) == customer_id

    assert backend.customers.get(MERCHANT, customer_id) == before


def test_an_older_version_changes_nothing(backend: Backend) -> None:
    customer_id = backend.take(an_order(version=3, total=100))
    backend.take(an_order(version=2, total=999))

    assert backend.metrics(customer_id).total_spent == 100
    assert backend.orders.history(MERCHANT, customer_id).orders[0].version == 3


@pytest.mark.req("000-05")
def test_cancelling_the_newest_order_makes_the_previous_one_the_newest(backend: Backend) -> None:
    customer_id = backend.take(an_order(1))
    backend.take(an_order(2))
    backend.take(an_order(2, version=2, status="cancelled"))

    metrics = backend.metrics(customer_id)
    assert (metrics.order_count, metrics.last_order_at) == (1, placed(1))
    assert metrics == backend.fold(customer_id)


def test_cancelling_the_first_order_leaves_the_second_as_the_first(backend: Backend) -> None:
    customer_id = backend.take(an_order(1))
    for number in range(2, 30):
        backend.take(an_order(number))
    backend.take(an_order(1, version=2, status="cancelled"))

    assert backend.metrics(customer_id).first_order_at == placed(2)
    assert backend.metrics(customer_id) == backend.fold(customer_id)


@pytest.mark.req("D20")
def test_a_cancelled_recent_order_is_replaced_by_an_older_one(backend: Backend) -> None:
    for number in range(30):
        backend.take(an_order(number))
    customer_id = backend.take(an_order(20, version=2, status="cancelled"))

    assert backend.metrics(customer_id) == backend.fold(customer_id)
    assert len(backend.metrics(customer_id).recent_order_days) == 24


def test_an_order_with_a_new_date_moves_to_that_date(backend: Backend) -> None:
    customer_id = backend.take(an_order(1, placed_at=placed(9)))
    backend.take(an_order(2))
    backend.take(an_order(1, version=2, placed_at=placed(1)))

    history = backend.orders.history(MERCHANT, customer_id)
    assert [order.placed_at for order in history.orders] == [placed(2), placed(1)]
    assert backend.metrics(customer_id) == backend.fold(customer_id)


def test_an_order_without_a_customer_counts_once_a_version_names_one(
    backend: Backend,
) -> None:
    nobody = an_incoming_customer("e-1", name="Khách lẻ")
    assert backend.take(an_order(version=2, total=200), nobody) == ""

    late = backend.take(an_order(version=1, total=100), an_incoming_customer("e-0"))

    assert backend.metrics(late).total_spent == 200
    assert backend.take(an_order(version=3, total=300), nobody) == late
    assert backend.metrics(late).total_spent == 300


def test_a_version_that_names_another_customer_does_not_move_the_order(
    backend: Backend,
) -> None:
    anh = backend.take(an_order(1))
    binh = backend.take(an_order(2), an_incoming_customer("e-2", phone="0987654321", name="Bình"))

    same = backend.take(
        an_order(1, version=2, total=100),
        an_incoming_customer("e-3", phone="0987654321", gender="male"),
    )

    assert same == anh
    assert backend.metrics(anh).total_spent == 100
    assert backend.metrics(binh).total_spent == 250_000
    assert backend.customers.get(MERCHANT, anh).gender is None


@pytest.mark.req("D4", "002-10", "002-11", "002-13")
def test_an_order_fills_blank_fields_but_not_phone_or_email(backend: Backend) -> None:
    backend.customers.add(MERCHANT, a_customer(phone=PHONE))
    incoming = an_incoming_customer(
        phone="0912345678", email=EMAIL, name="Ai Đó", gender="Nữ", external_id="1009"
    )

    customer_id = backend.take(an_order(), incoming, minutes=9)

    anh = backend.customers.get(MERCHANT, customer_id)
    assert (anh.full_name, anh.phone, anh.email) == ("Nguyễn Thị Ánh", PHONE, None)
    assert (anh.gender, anh.external_ids) == ("female", {"haravan": "1009"})
    assert (anh.version, anh.revision) == (2, 2)
    assert anh.provenance["gender"].source == "haravan"
    assert backend.customers.holders(MERCHANT, [Identity("ext", "haravan:1009")])


def test_an_order_that_fills_nothing_keeps_the_version(backend: Backend) -> None:
    backend.customers.add(MERCHANT, a_customer(phone=PHONE))

    customer_id = backend.take(an_order(), minutes=9)

    anh = backend.customers.get(MERCHANT, customer_id)
    assert (anh.version, anh.revision, anh.updated_at) == (1, 2, stamp(moment(9)))


@pytest.mark.req("B-17")
def test_an_edit_of_a_customer_read_before_an_order_still_succeeds(backend: Backend) -> None:
    backend.customers.add(MERCHANT, before := a_customer(phone=PHONE))
    backend.take(an_order())
    edited = before.edited(before.changes({"gender": "female"}), LAN, stamp(moment(5)))

    backend.customers.update(MERCHANT, before, edited)

    now = backend.customers.get(MERCHANT, before.id)
    assert (now.gender, now.metrics.order_count, now.revision) == ("female", 1, 3)


@pytest.mark.req("B-12")
def test_identities_of_two_customers_make_a_pair_and_the_phone_wins(backend: Backend) -> None:
    backend.customers.add(MERCHANT, a_customer(1, phone=PHONE))
    backend.customers.add(MERCHANT, a_customer(2, email=EMAIL, external_ids={"haravan": "1009"}))
    incoming = an_incoming_customer(phone="0912345678", email=EMAIL, external_id="1009")

    customer_id = backend.take(an_order(), incoming)

    assert customer_id == a_customer(1).id
    assert backend.customers.get(MERCHANT, customer_id).external_ids == {}
    assert backend.metrics(a_customer(2).id).order_count == 0


@pytest.mark.req("D1")
def test_an_order_of_an_archived_customer_restores_them(backend: Backend) -> None:
    backend.customers.add(MERCHANT, anh := a_customer(phone=PHONE))
    backend.customers.update(MERCHANT, anh, anh.moved_to("archived", stamp(moment(1))))

    customer_id = backend.take(an_order(), minutes=9)

    assert backend.customers.get(MERCHANT, customer_id).status == "active"


def test_an_event_of_an_unknown_merchant_or_source_is_rejected(backend: Backend) -> None:
    with pytest.raises(Rejected) as unknown:
        sync_customer(
            OTHER_MERCHANT,
            an_incoming_customer(),
            now=moment(),
            ports=backend.event_ports,
        )
    with pytest.raises(Rejected) as foreign:
        backend.take(an_order(source="sapo"), replace(an_incoming_customer(), source="sapo"))

    assert (unknown.value.reason, foreign.value.reason) == (
        "unknown_merchant",
        "source_not_connected",
    )


@pytest.mark.req("000-16", "000-17", "000-18", "003-05", "004-11")
def test_orders_are_paged_in_both_directions(backend: Backend) -> None:
    for number in range(3):
        backend.take(an_order(number, source="haravan" if number % 2 else "kiotviet"))
    customer_id = backend.take(an_order(3))

    def page(query: OrderQuery) -> tuple[list[str], bool, bool]:
        found = backend.orders.page(MERCHANT, customer_id, query)
        return [order.id for order in found.items], found.has_older, found.has_newer

    def beside(number: int) -> OrderPosition:
        order = an_order(number, source="haravan" if number % 2 else "kiotviet")
        return OrderPosition(order.placed_at, *order.key)

    assert page(OrderQuery()) == (["o-3", "o-2", "o-1", "o-0"], False, False)
    assert page(OrderQuery(limit=1)) == (["o-3"], True, False)
    assert page(OrderQuery(limit=1, beside=beside(3))) == (["o-2"], True, True)
    assert page(OrderQuery(limit=1, beside=beside(1))) == (["o-0"], False, True)
    assert page(OrderQuery(limit=1, beside=beside(0), newer=True)) == (["o-1"], True, True)
    assert page(OrderQuery(limit=2, beside=beside(1), newer=True)) == (["o-3", "o-2"], True, False)
    assert page(OrderQuery(limit=2, newer=True)) == (["o-1", "o-0"], False, True)
    assert page(OrderQuery(limit=9, newer=True)) == (["o-3", "o-2", "o-1", "o-0"], False, False)


def test_a_stored_order_equals_the_sent_one(backend: Backend) -> None:
    lines = tuple(OrderLine(f"sku-{n}", "Trà sen", 1.5, 10_000) for n in range(101))
    deliveries = an_order(
        channel="pos",
        refunded=1,
        checkout_id="c-1",
        shipping_address={"line": "12 Lý Thường Kiệt", "province": "Hà Nội"},
        lines=lines,
    )

    customer_id = backend.take(deliveries)

    (empty_table,) = backend.orders.page(MERCHANT, customer_id, OrderQuery()).items
    assert empty_table == replace(deliveries, lines=lines[:100], line_count=101)


@pytest.mark.req("002-08")
def test_an_order_fills_a_missing_address(backend: Backend) -> None:
    home = {"line": "12 Lý Thường Kiệt", "province": "Hà Nội"}
    incoming = an_incoming_customer()
    values = {
        **incoming.person.values,
        "addresses": (Address(id="a-1", line=home["line"]),),
    }
    person = incoming.person._replace(values=values)

    customer_id = backend.take(an_order(), replace(incoming, person=person))

    assert backend.customers.get(MERCHANT, customer_id).addresses[0].line == "12 Lý Thường Kiệt"


@pytest.mark.req("001-22")
def test_an_order_shipped_elsewhere_keeps_the_customers_address(backend: Backend) -> None:
    def sent_to(number: int, line: str) -> CustomerId:
        incoming = an_incoming_customer(f"e-{number}")
        values = {
            **incoming.person.values,
            "addresses": (Address(id=f"a-{number}", line=line),),
        }
        person = incoming.person._replace(values=values)
        order = an_order(number, shipping_address={"line": line})
        return backend.take(order, replace(incoming, person=person))

    customer_id = sent_to(1, "12 Lý Thường Kiệt")
    sent_to(2, "5 Hàng Bài")

    profile = backend.customers.get(MERCHANT, customer_id)
    assert [each.line for each in profile.addresses] == ["12 Lý Thường Kiệt"]
    newest, _ = backend.orders.page(MERCHANT, customer_id, OrderQuery()).items
    assert newest.shipping_address == {"line": "5 Hàng Bài"}
