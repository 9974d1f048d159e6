"""Contract of `ports.Changesets` and `ports.DueCheckouts`: checkouts."""

from datetime import timedelta
from typing import Any

import pytest

from crm.domain.customers.customer import Identity
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.merges.changeset import Changeset
from crm.domain.orders.checkouts import Checkout, CheckoutKey
from crm.usecases.orders.checkouts import end_checkout, expire_checkouts, start_checkout
from tests.builders import MERCHANT, moment
from tests.order_builders import Backend, an_incoming_customer, an_order

PHONE = "+84912345678"


def _start(backend: Backend, checkout_id: str = "c-1", at: str = "", **person: Any) -> None:
    started = Checkout(
        source="haravan", id=checkout_id, status="open", total=90_000, at=at or stamp(moment())
    )
    start_checkout(
        MERCHANT,
        started,
        an_incoming_customer(f"start-{checkout_id}", **person),
        now=moment(),
        ports=backend.event_ports,
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
    customer_id = backend.take(an_order())
    _start(backend)
    _start(backend)
    assert backend.metrics(customer_id).open_checkout_count == 1

    _end(backend)
    _end(backend)
    assert backend.metrics(customer_id).open_checkout_count == 0


@pytest.mark.req("D18")
@pytest.mark.parametrize("steps", ["checkout, order", "order, checkout"])
def test_an_order_closes_its_checkout_in_either_order_of_arrival(
    backend: Backend, steps: str
) -> None:
    order = an_order(checkout_id="c-1")
    for step in steps.split(", "):
        if step == "checkout":
            _start(backend)
        else:
            backend.take(order)

    customer_id = backend.take(order)
    assert backend.metrics(customer_id).open_checkout_count == 0
    assert backend.metrics(customer_id).order_count == 1


@pytest.mark.req("D18")
def test_an_order_of_another_customer_closes_the_checkout(
    backend: Backend,
) -> None:
    _start(backend, phone="0987654321", name="Bình")
    (binh,) = backend.customers.holders(MERCHANT, [Identity("phone", "+84987654321")]).values()
    assert backend.metrics(binh).open_checkout_count == 1

    backend.take(an_order(checkout_id="c-1"))

    assert backend.metrics(binh).open_checkout_count == 0


@pytest.mark.req("D18")
def test_a_checkout_that_ended_before_its_start_arrives_never_opens(backend: Backend) -> None:
    customer_id = backend.take(an_order())
    _end(backend)
    _start(backend)

    assert backend.metrics(customer_id).open_checkout_count == 0


@pytest.mark.req("D18")
def test_checkouts_expire_after_thirty_days(backend: Backend) -> None:
    _start(backend, "c-1", at=stamp(moment() - timedelta(days=31)))
    _start(backend, "c-2", at=stamp(moment() - timedelta(days=29)))
    (customer_id,) = backend.customers.holders(MERCHANT, [Identity("phone", PHONE)]).values()

    closed = [
        expire_checkouts(moment(), due=backend.due, changesets=backend.changesets)
        for _ in range(2)
    ]

    assert closed == [1, 0]
    assert backend.metrics(customer_id).open_checkout_count == 1


def test_a_checkout_that_fails_to_close_does_not_stop_the_others(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("c-1", "c-2"):
        _start(backend, name, at=stamp(moment() - timedelta(days=31)))
    (customer_id,) = backend.customers.holders(MERCHANT, [Identity("phone", PHONE)]).values()
    write = backend.changesets.write

    def refusing(merchant_id: MerchantId, changeset: Changeset) -> None:
        if changeset.checkout is not None and changeset.checkout.after.id == "c-1":
            raise ValueError("defect")
        write(merchant_id, changeset)

    with monkeypatch.context() as broken:
        broken.setattr(backend.changesets, "write", refusing)
        with pytest.raises(ValueError, match="defect"):
            expire_checkouts(moment(), due=backend.due, changesets=backend.changesets)
    assert backend.metrics(customer_id).open_checkout_count == 1

    assert expire_checkouts(moment(), due=backend.due, changesets=backend.changesets) == 1
    assert backend.metrics(customer_id).open_checkout_count == 0
