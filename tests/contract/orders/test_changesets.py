"""Contract of `ports.Changesets`: interactions, notes, opening balances, rebuilds, conflicts."""

from dataclasses import replace
from typing import Any

import pytest

from crm.domain.customers.activities import ActivityQuery
from crm.domain.customers.customer import Identity
from crm.domain.kernel.errors import Stale
from crm.domain.kernel.times import stamp
from crm.domain.merges.changeset import Changeset, CustomerMove, Lookup
from crm.domain.orders.checkouts import CheckoutKey
from crm.domain.orders.orders import Opening, OrderKey
from crm.usecases.orders.interactions import record_interaction, record_note
from crm.usecases.orders.metrics import add_opening, rebuild, reverse_opening
from tests.builders import LAN, MERCHANT, OTHER_MERCHANT, a_customer, moment
from tests.order_builders import Backend, an_incoming_customer, an_interaction, an_order, placed

PHONE = "+84912345678"


@pytest.mark.req("004-05", "004-06", "004-07", "004-09")
def test_interactions_are_counted_once_by_item_channel_and_device(backend: Backend) -> None:
    def meet(event: str, **fields: Any) -> None:
        record_interaction(
            MERCHANT,
            an_interaction(**fields),
            an_incoming_customer(event),
            now=moment(),
            ports=backend.event_ports,
        )

    customer_id = backend.take(an_order())
    meet("e-1")
    meet("e-1")
    meet("e-2", item_id="c-2", device=None)
    meet("e-3", kind="flow", item_id="f-1", item_name=None, channel="email")

    counted = backend.orders.interactions(MERCHANT, customer_id)
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
def test_a_note_of_a_platform_is_added_once_with_its_source(
    backend: Backend,
) -> None:
    for _ in range(2):
        record_note(
            MERCHANT,
            "Hẹn gọi lại",
            an_incoming_customer("n-1", phone="0912345678"),
            now=moment(),
            ports=backend.event_ports,
        )

    (customer_id,) = backend.customers.holders(MERCHANT, [Identity("phone", PHONE)]).values()
    query = ActivityQuery(since=stamp(moment(-1)), until=stamp(moment(1)), kind="note")
    (note,) = backend.activities.page(MERCHANT, customer_id, query).items
    assert (note.text, note.by.source) == ("Hẹn gọi lại", "haravan")


def test_a_changeset_over_a_changed_customer_is_stale_and_writes_nothing(
    backend: Backend,
) -> None:
    backend.customers.add(MERCHANT, seen := a_customer(phone=PHONE))
    backend.take(an_order())
    later = replace(seen, gender="female", revision=2)

    with pytest.raises(Stale):
        backend.changesets.write(MERCHANT, Changeset(customers=(CustomerMove(seen, later),)))

    assert backend.customers.get(MERCHANT, seen.id).gender is None


def test_a_lookup_finds_rows_of_its_own_merchant_only(backend: Backend) -> None:
    customer_id = backend.take(an_order(checkout_id="c-1"))
    lookup = Lookup(
        identities=(Identity("phone", PHONE),),
        order=OrderKey("haravan", "o-1"),
        checkout=CheckoutKey("haravan", "c-1"),
    )

    own, foreign = (
        backend.changesets.look_up(merchant_id, lookup)
        for merchant_id in (MERCHANT, OTHER_MERCHANT)
    )

    assert own.owner is not None
    assert (own.owner.customer_id, own.holders) == (
        customer_id,
        {Identity("phone", PHONE): customer_id},
    )
    assert own.checkout is not None
    assert (foreign.merchant, foreign.owner, foreign.holders) == (None, None, {})


@pytest.mark.req("B-16")
def test_an_opening_balance_counts_until_it_is_reversed(backend: Backend) -> None:
    customer_id = backend.take(an_order(5))
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
        add_opening(MERCHANT, customer_id, brought, now=moment(1), ports=backend.metrics_ports)
    with_it = backend.metrics(customer_id)
    assert (with_it.order_count, with_it.total_spent, with_it.debt) == (8, 9_250_000, 50_000)
    assert (with_it.first_order_at, with_it.last_order_at) == (placed(1), placed(5))
    assert backend.fold(customer_id) == with_it

    for _ in range(2):
        reverse_opening(
            MERCHANT, customer_id, brought.id, by=LAN, now=moment(2), ports=backend.metrics_ports
        )
    assert backend.metrics(customer_id) == backend.fold(customer_id)
    assert backend.metrics(customer_id).order_count == 1


@pytest.mark.req("B-06")
def test_a_rebuild_repairs_drifted_metrics_and_keeps_correct_ones(backend: Backend) -> None:
    customer_id, *_ = [backend.take(an_order(number)) for number in range(3)]
    right = backend.metrics(customer_id)
    anh = backend.customers.get(MERCHANT, customer_id)
    drifted = replace(
        anh, metrics=replace(right, total_spent=1, last_order_at=None), revision=anh.revision + 1
    )
    backend.changesets.write(MERCHANT, Changeset(customers=(CustomerMove(anh, drifted),)))

    repaired = rebuild(MERCHANT, customer_id, now=moment(5), ports=backend.metrics_ports)
    again = rebuild(MERCHANT, customer_id, now=moment(6), ports=backend.metrics_ports)

    assert (repaired.before.total_spent, repaired.after, again.before) == (1, right, right)
    assert backend.metrics(customer_id) == right
    assert backend.customers.get(MERCHANT, customer_id).revision == drifted.revision + 1
