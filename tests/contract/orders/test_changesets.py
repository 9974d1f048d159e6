"""What `ports.Changesets` and `ports.Orders` promise, whoever provides them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crm.domain.customers.activities import ActivityQuery
from crm.domain.customers.customer import Address, Identity
from crm.domain.kernel.errors import Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.merges.changeset import Changeset, CustomerMove, Lookup
from crm.domain.orders.checkouts import Checkout, CheckoutKey
from crm.domain.orders.orders import Opening, OrderKey, OrderLine, OrderPosition, OrderQuery
from crm.domain.orders.rejections import Rejected
from crm.usecases.orders.checkouts import end_checkout, expire_checkouts, start_checkout
from crm.usecases.orders.interactions import record_interaction, record_note, sync_customer
from crm.usecases.orders.metrics import bring_opening, rebuild, take_opening_back
from tests.builders import LAN, MERCHANT, OTHER_MERCHANT, a_customer, moment
from tests.order_builders import Backend, an_incoming_customer, an_interaction, an_order, placed

PHONE, EMAIL = "+84912345678", "anh@example.vn"


def _asked(**named: Any) -> Lookup:
    return Lookup(**named)


@pytest.mark.req("001-01", "D5", "004-10")
def test_an_order_of_someone_unknown_creates_them(backend: Backend) -> None:
    incoming = an_incoming_customer(
        phone="0912 345 678", email="Anh@Example.vn", name="Nguyễn Thị Ánh", external_id="1009"
    )

    whose = backend.take(an_order(), incoming)

    anh = backend.customers.get(MERCHANT, whose)
    assert (anh.full_name, anh.phone, anh.email) == ("Nguyễn Thị Ánh", PHONE, EMAIL)
    assert (anh.external_ids, anh.source, anh.code) == ({"haravan": "1009"}, "haravan", "KH000001")
    assert (anh.metrics.order_count, anh.metrics.total_spent) == (1, 250_000)
    held = backend.customers.holders(MERCHANT, anh.identities())
    assert held == dict.fromkeys(anh.identities(), whose)


@pytest.mark.req("001-02", "000-05", "000-06", "000-07", "002-18", "002-19")
def test_later_orders_attach_to_the_same_customer(backend: Backend) -> None:
    first = backend.take(an_order(1))
    second = backend.take(an_order(2, total=300_001, paid=0), an_incoming_customer("e-2"))

    assert first == second
    ports = backend.metrics(first)
    assert (ports.order_count, ports.total_spent, ports.debt) == (2, 550_001, 300_001)
    assert (ports.first_order_at, ports.last_order_at) == (placed(1), placed(2))
    assert (ports.average_order_value, ports.median_days_between_orders) == (275_001, 1)


@pytest.mark.req("B-06")
def test_an_event_told_twice_counts_once(backend: Backend) -> None:
    whose = backend.take(an_order())
    before = backend.customers.get(MERCHANT, whose)

    assert backend.take(an_order(), minutes=5) == whose

    assert backend.customers.get(MERCHANT, whose) == before


def test_a_version_that_goes_back_changes_nothing(backend: Backend) -> None:
    whose = backend.take(an_order(version=3, total=100))
    backend.take(an_order(version=2, total=999))

    assert backend.metrics(whose).total_spent == 100
    assert backend.orders.history(MERCHANT, whose).orders[0].version == 3


@pytest.mark.req("000-05")
def test_cancelling_the_newest_order_brings_the_one_before_back(backend: Backend) -> None:
    whose = backend.take(an_order(1))
    backend.take(an_order(2))
    backend.take(an_order(2, version=2, status="cancelled"))

    ports = backend.metrics(whose)
    assert (ports.order_count, ports.last_order_at) == (1, placed(1))
    assert ports == backend.fold(whose)


def test_cancelling_the_first_order_leaves_the_second_as_the_first(backend: Backend) -> None:
    whose = backend.take(an_order(1))
    for number in range(2, 30):
        backend.take(an_order(number))
    backend.take(an_order(1, version=2, status="cancelled"))

    assert backend.metrics(whose).first_order_at == placed(2)
    assert backend.metrics(whose) == backend.fold(whose)


@pytest.mark.req("D20")
def test_an_order_that_leaves_the_window_lets_an_older_one_in(backend: Backend) -> None:
    for number in range(30):
        backend.take(an_order(number))
    whose = backend.take(an_order(20, version=2, status="cancelled"))

    assert backend.metrics(whose) == backend.fold(whose)
    assert len(backend.metrics(whose).recent_order_days) == 24


def test_an_order_that_was_placed_otherwise_moves_to_its_new_moment(backend: Backend) -> None:
    whose = backend.take(an_order(1, placed_at=placed(9)))
    backend.take(an_order(2))
    backend.take(an_order(1, version=2, placed_at=placed(1)))

    history = backend.orders.history(MERCHANT, whose)
    assert [order.placed_at for order in history.orders] == [placed(2), placed(1)]
    assert backend.metrics(whose) == backend.fold(whose)


def test_an_order_that_names_nobody_counts_for_no_one_until_a_version_names_somebody(
    backend: Backend,
) -> None:
    nobody = an_incoming_customer("e-1", name="Khách lẻ")
    assert backend.take(an_order(version=2, total=200), nobody) == ""

    late = backend.take(an_order(version=1, total=100), an_incoming_customer("e-0"))

    assert backend.metrics(late).total_spent == 200
    assert backend.take(an_order(version=3, total=300), nobody) == late
    assert backend.metrics(late).total_spent == 300


def test_a_later_version_that_names_another_customer_does_not_move_the_order(
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
def test_a_known_customer_gets_blanks_filled_and_keeps_phone_and_email(backend: Backend) -> None:
    backend.customers.add(MERCHANT, a_customer(phone=PHONE))
    incoming = an_incoming_customer(
        phone="0912345678", email=EMAIL, name="Ai Đó", gender="Nữ", external_id="1009"
    )

    whose = backend.take(an_order(), incoming, minutes=9)

    anh = backend.customers.get(MERCHANT, whose)
    assert (anh.full_name, anh.phone, anh.email) == ("Nguyễn Thị Ánh", PHONE, None)
    assert (anh.gender, anh.external_ids) == ("female", {"haravan": "1009"})
    assert (anh.version, anh.revision) == (2, 2)
    assert anh.provenance["gender"].source == "haravan"
    assert backend.customers.holders(MERCHANT, [Identity("ext", "haravan:1009")])


def test_an_order_that_fills_nothing_leaves_the_version(backend: Backend) -> None:
    backend.customers.add(MERCHANT, a_customer(phone=PHONE))

    whose = backend.take(an_order(), minutes=9)

    anh = backend.customers.get(MERCHANT, whose)
    assert (anh.version, anh.revision, anh.updated_at) == (1, 2, stamp(moment(9)))


@pytest.mark.req("B-17")
def test_orders_do_not_fail_an_edit_that_saw_the_customer_before_them(backend: Backend) -> None:
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

    whose = backend.take(an_order(), incoming)

    assert whose == a_customer(1).id
    assert backend.customers.get(MERCHANT, whose).external_ids == {}
    assert backend.metrics(a_customer(2).id).order_count == 0


@pytest.mark.req("D1")
def test_an_order_of_an_archived_customer_restores_them(backend: Backend) -> None:
    backend.customers.add(MERCHANT, anh := a_customer(phone=PHONE))
    backend.customers.update(MERCHANT, anh, anh.moved_to("archived", stamp(moment(1))))

    whose = backend.take(an_order(), minutes=9)

    assert backend.customers.get(MERCHANT, whose).status == "active"


def test_an_event_of_an_unknown_merchant_or_source_is_rejected(backend: Backend) -> None:
    with pytest.raises(Rejected) as unknown:
        sync_customer(
            OTHER_MERCHANT,
            an_incoming_customer(),
            now=moment(),
            new_id=backend.ids,
            customers=backend.customers,
            changesets=backend.changesets,
        )
    with pytest.raises(Rejected) as foreign:
        backend.take(an_order(source="sapo"), replace(an_incoming_customer(), source="sapo"))

    assert (unknown.value.reason, foreign.value.reason) == (
        "unknown_merchant",
        "source_not_connected",
    )


@pytest.mark.req("000-16", "000-17", "000-18", "003-05", "004-11")
def test_orders_page_one_by_one_both_ways(backend: Backend) -> None:
    for number in range(3):
        backend.take(an_order(number, source="haravan" if number % 2 else "kiotviet"))
    whose = backend.take(an_order(3))

    def page(query: OrderQuery) -> tuple[list[str], bool, bool]:
        found = backend.orders.page(MERCHANT, whose, query)
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


def test_an_order_is_read_back_as_it_was_told(backend: Backend) -> None:
    lines = tuple(OrderLine(f"sku-{n}", "Trà sen", 1.5, 10_000) for n in range(101))
    told = an_order(
        channel="pos",
        refunded=1,
        checkout_id="c-1",
        shipping_address={"line": "12 Lý Thường Kiệt", "province": "Hà Nội"},
        lines=lines,
    )

    whose = backend.take(told)

    (kept,) = backend.orders.page(MERCHANT, whose, OrderQuery()).items
    assert kept == replace(told, lines=lines[:100], line_count=101)


@pytest.mark.req("002-08")
def test_an_address_is_filled_where_there_is_none(backend: Backend) -> None:
    lived_in = {"line": "12 Lý Thường Kiệt", "province": "Hà Nội"}
    incoming = an_incoming_customer()
    person = {**incoming.person, "addresses": (Address(id="a-1", line=lived_in["line"]),)}

    whose = backend.take(an_order(), replace(incoming, person=person))

    assert backend.customers.get(MERCHANT, whose).addresses[0].line == "12 Lý Thường Kiệt"


@pytest.mark.req("001-22")
def test_an_order_that_goes_elsewhere_leaves_the_address_of_its_customer(backend: Backend) -> None:
    def sent_to(number: int, line: str) -> CustomerId:
        person = {
            **an_incoming_customer().person,
            "addresses": (Address(id=f"a-{number}", line=line),),
        }
        order = an_order(number, shipping_address={"line": line})
        return backend.take(order, replace(an_incoming_customer(f"e-{number}"), person=person))

    whose = sent_to(1, "12 Lý Thường Kiệt")
    sent_to(2, "5 Hàng Bài")

    profile = backend.customers.get(MERCHANT, whose)
    assert [each.line for each in profile.addresses] == ["12 Lý Thường Kiệt"]
    newest, _ = backend.orders.page(MERCHANT, whose, OrderQuery()).items
    assert newest.shipping_address == {"line": "5 Hàng Bài"}


# ------------------------------------------------------------------ checkouts


def _start(backend: Backend, checkout_id: str = "c-1", at: str = "", **person: Any) -> None:
    started = Checkout(
        source="haravan", id=checkout_id, status="open", total=90_000, at=at or stamp(moment())
    )
    start_checkout(
        MERCHANT,
        started,
        an_incoming_customer(f"start-{checkout_id}", **person),
        now=moment(),
        new_id=backend.ids,
        customers=backend.customers,
        changesets=backend.changesets,
    )


def _end(backend: Backend, checkout_id: str = "c-1") -> None:
    end_checkout(
        MERCHANT,
        CheckoutKey("haravan", checkout_id),
        source="haravan",
        at=stamp(moment(3)),
        now=moment(3),
        changesets=backend.changesets,
    )


@pytest.mark.req("D18")
def test_a_checkout_counts_as_open_once_until_it_expires(backend: Backend) -> None:
    whose = backend.take(an_order())
    _start(backend)
    _start(backend)
    assert backend.metrics(whose).open_checkout_count == 1

    _end(backend)
    _end(backend)
    assert backend.metrics(whose).open_checkout_count == 0


@pytest.mark.req("D18")
@pytest.mark.parametrize("steps", ["checkout, order", "order, checkout"])
def test_an_order_closes_its_checkout_in_whichever_order_they_come(
    backend: Backend, steps: str
) -> None:
    order = an_order(checkout_id="c-1")
    for step in steps.split(", "):
        if step == "checkout":
            _start(backend)
        else:
            backend.take(order)

    whose = backend.take(order)
    assert backend.metrics(whose).open_checkout_count == 0
    assert backend.metrics(whose).order_count == 1


@pytest.mark.req("D18")
def test_an_order_of_somebody_else_closes_the_checkout_of_whoever_began_it(
    backend: Backend,
) -> None:
    _start(backend, phone="0987654321", name="Bình")
    (binh,) = backend.customers.holders(MERCHANT, [Identity("phone", "+84987654321")]).values()
    assert backend.metrics(binh).open_checkout_count == 1

    backend.take(an_order(checkout_id="c-1"))

    assert backend.metrics(binh).open_checkout_count == 0


@pytest.mark.req("D18")
def test_a_checkout_that_expired_before_it_was_heard_of_never_opens(backend: Backend) -> None:
    whose = backend.take(an_order())
    _end(backend)
    _start(backend)

    assert backend.metrics(whose).open_checkout_count == 0


# ------------------------------------------------------------------ interactions and notes


@pytest.mark.req("004-05", "004-06", "004-07", "004-09")
def test_interactions_are_counted_once_by_item_channel_and_device(backend: Backend) -> None:
    def meet(event: str, **fields: Any) -> None:
        record_interaction(
            MERCHANT,
            an_interaction(**fields),
            an_incoming_customer(event),
            now=moment(),
            new_id=backend.ids,
            customers=backend.customers,
            changesets=backend.changesets,
        )

    whose = backend.take(an_order())
    meet("e-1")
    meet("e-1")
    meet("e-2", item_id="c-2", device=None)
    meet("e-3", kind="flow", item_id="f-1", item_name=None, channel="email")

    counted = backend.orders.interactions(MERCHANT, whose)
    assert (counted.count("campaign"), counted.count("flow"), counted.count("sequence")) == (
        2,
        1,
        0,
    )
    assert sorted(counted.channels) == [("email", 1), ("zalo", 2)]
    assert counted.devices == (("phone", 2),)
    assert {(item.kind, item.item_id, item.item_name) for item in counted.items} == {
        ("campaign", "c-1", "Tết"),
        ("campaign", "c-2", "Tết"),
        ("flow", "f-1", "f-1"),
    }


@pytest.mark.req("000-09")
def test_a_note_from_elsewhere_stands_in_the_history_once_with_its_source(
    backend: Backend,
) -> None:
    for _ in range(2):
        record_note(
            MERCHANT,
            "Hẹn gọi lại",
            an_incoming_customer("n-1", phone="0912345678"),
            now=moment(),
            new_id=backend.ids,
            customers=backend.customers,
            changesets=backend.changesets,
        )

    (whose,) = backend.customers.holders(MERCHANT, [Identity("phone", PHONE)]).values()
    query = ActivityQuery(since=stamp(moment(-1)), until=stamp(moment(1)), kind="note")
    (note,) = backend.activities.page(MERCHANT, whose, query).items
    assert (note.text, note.by.source) == ("Hẹn gọi lại", "haravan")


# ------------------------------------------------------------------ one transaction


def test_a_movement_over_what_moved_meanwhile_is_stale_and_writes_nothing(
    backend: Backend,
) -> None:
    backend.customers.add(MERCHANT, seen := a_customer(phone=PHONE))
    backend.take(an_order())
    later = replace(seen, gender="female", revision=2)

    with pytest.raises(Stale):
        backend.changesets.write(MERCHANT, Changeset(customers=(CustomerMove(seen, later),)))

    assert backend.customers.get(MERCHANT, seen.id).gender is None


def test_what_is_known_of_an_event_is_the_merchants_own(backend: Backend) -> None:
    whose = backend.take(an_order(checkout_id="c-1"))
    lookup = _asked(
        identities=(Identity("phone", PHONE),),
        order=OrderKey("haravan", "o-1"),
        checkout=CheckoutKey("haravan", "c-1"),
    )

    own, foreign = (
        backend.changesets.look_up(merchant_id, lookup)
        for merchant_id in (MERCHANT, OTHER_MERCHANT)
    )

    assert own.owner is not None
    assert (own.owner.customer_id, own.holders) == (whose, {Identity("phone", PHONE): whose})
    assert own.checkout is not None
    assert (foreign.merchant, foreign.owner, foreign.holders) == (None, None, {})


@pytest.mark.req("D18")
def test_checkouts_expire_after_thirty_days(backend: Backend) -> None:
    _start(backend, "c-1", at=stamp(moment() - timedelta(days=31)))
    _start(backend, "c-2", at=stamp(moment() - timedelta(days=29)))
    (whose,) = backend.customers.holders(MERCHANT, [Identity("phone", PHONE)]).values()

    closed = [
        expire_checkouts(moment(), due=backend.due, changesets=backend.changesets)
        for _ in range(2)
    ]

    assert closed == [1, 0]
    assert backend.metrics(whose).open_checkout_count == 1


def test_a_checkout_that_cannot_be_closed_holds_up_no_other(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("c-1", "c-2"):
        _start(backend, name, at=stamp(moment() - timedelta(days=31)))
    (whose,) = backend.customers.holders(MERCHANT, [Identity("phone", PHONE)]).values()
    write = backend.changesets.write

    def refusing(merchant_id: MerchantId, changeset: Changeset) -> None:
        if changeset.checkout is not None and changeset.checkout.after.id == "c-1":
            raise ValueError("defect")
        write(merchant_id, changeset)

    with monkeypatch.context() as broken:
        broken.setattr(backend.changesets, "write", refusing)
        with pytest.raises(ValueError, match="defect"):
            expire_checkouts(moment(), due=backend.due, changesets=backend.changesets)
    assert backend.metrics(whose).open_checkout_count == 1

    assert expire_checkouts(moment(), due=backend.due, changesets=backend.changesets) == 1
    assert backend.metrics(whose).open_checkout_count == 0


@pytest.mark.req("B-16")
def test_an_opening_balance_counts_until_it_is_taken_back(backend: Backend) -> None:
    whose = backend.take(an_order(5))
    brought = Opening(
        id="01M80T21Q0APA6DAKK2JP6JJ87",
        at=stamp(moment()),
        by=LAN,
        order_count=7,
        total_spent=9_000_000,
        debt=50_000,
        points=12,
        last_order_at=placed(1),
    )
    for _ in range(2):
        bring_opening(MERCHANT, whose, brought, now=moment(1), ports=backend.metrics_ports)
    with_it = backend.metrics(whose)
    assert (with_it.order_count, with_it.total_spent, with_it.debt) == (8, 9_250_000, 50_000)
    assert (with_it.first_order_at, with_it.last_order_at) == (placed(1), placed(5))
    assert backend.fold(whose) == with_it

    for _ in range(2):
        take_opening_back(
            MERCHANT, whose, brought.id, by=LAN, now=moment(2), ports=backend.metrics_ports
        )
    assert backend.metrics(whose) == backend.fold(whose)
    assert backend.metrics(whose).order_count == 1


@pytest.mark.req("B-06")
def test_a_rebuild_repairs_figures_that_drifted_and_leaves_right_ones(backend: Backend) -> None:
    whose, *_ = [backend.take(an_order(number)) for number in range(3)]
    right = backend.metrics(whose)
    anh = backend.customers.get(MERCHANT, whose)
    drifted = replace(
        anh, metrics=replace(right, total_spent=1, last_order_at=None), revision=anh.revision + 1
    )
    backend.changesets.write(MERCHANT, Changeset(customers=(CustomerMove(anh, drifted),)))

    repaired = rebuild(MERCHANT, whose, now=moment(5), ports=backend.metrics_ports)
    again = rebuild(MERCHANT, whose, now=moment(6), ports=backend.metrics_ports)

    assert (repaired.before.total_spent, repaired.after, again.before) == (1, right, right)
    assert backend.metrics(whose) == right
    assert backend.customers.get(MERCHANT, whose).revision == drifted.revision + 1
