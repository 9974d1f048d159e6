"""A request with a key takes effect once, whatever call or answer is lost."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NoReturn

import pytest

from crm.domain.idempotency.requests import (
    ATTEMPT_LASTS,
    KEPT,
    Attempt,
    IdempotentRequest,
    repeatable_ids,
)
from crm.domain.kernel.errors import Busy, Conflict, CrmError, Invalid, NotFound
from crm.domain.kernel.ids import CustomerId, UserId
from crm.usecases.customers.customers import create_customer, get_customer
from crm.usecases.idempotency.answer_once import Made, Steps, answer_once
from tests.builders import MERCHANT, an_act, moment
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.idempotency import InMemoryIdempotencyRecords

REQUEST = IdempotentRequest(UserId("user-lan"), "POST /customers", "key-1")


class Lost(Exception):
    """The process died, or its answer was lost."""


def _no_fault() -> None:
    """Do nothing."""


def _lost() -> NoReturn:
    raise Lost


@dataclass
class Shop:
    """Create customers through `answer_once`, with an optional fault before or after the write."""

    backend: InMemoryCustomers = field(default_factory=InMemoryCustomers)
    requests: InMemoryIdempotencyRecords = field(default_factory=InMemoryIdempotencyRecords)
    acted: int = 0
    ids: set[CustomerId] = field(default_factory=set)

    def create(
        self,
        minutes: float = 0,
        *,
        phone: str | None = "0912345678",
        content: str = "hash-1",
        before: Callable[[], None] = _no_fault,
        after: Callable[[], None] = _no_fault,
    ) -> Made[str]:
        def act(attempt: Attempt) -> Made[str]:
            self.acted += 1
            before()
            customer = create_customer(
                MERCHANT,
                CustomerId(attempt.created_id),
                {"full_name": "Ánh", "phone": phone},
                act=attempt.act,
                customers=self.backend,
            )
            self.ids.add(customer.id)
            after()
            return Made(customer.id, 201, customer.id, f"/customers/{customer.id}")

        def show(customer_id: str | None) -> str:
            return get_customer(MERCHANT, CustomerId(customer_id or ""), customers=self.backend).id

        def find(customer_id: str) -> Made[str]:
            return Made(show(customer_id), 201, customer_id, f"/customers/{customer_id}")

        steps = Steps(act, show, find)
        act_now = an_act(now=moment(minutes))
        return answer_once(MERCHANT, REQUEST, content, steps, act=act_now, requests=self.requests)

    @property
    def customers(self) -> int:
        return len(self.backend.get_many(MERCHANT, self.ids))


@pytest.mark.req("B-17")
def test_a_repeated_request_is_answered_with_the_same_resource() -> None:
    shop = Shop()
    first = shop.create()
    again = shop.create(5)

    assert again == first._replace(replayed=True)
    assert (shop.acted, shop.customers) == (1, 1)


@pytest.mark.req("B-17")
def test_a_retry_after_a_lost_commit_answer_replays_it_and_creates_nothing() -> None:
    shop = Shop()
    with pytest.raises(Lost):
        shop.create(after=_lost)

    again = shop.create(0.01)

    assert (again.replayed, again.status, again.location) == (
        True,
        201,
        f"/customers/{again.resource_id}",
    )
    assert (shop.acted, shop.customers) == (1, 1)
    assert shop.create(1) == again


@pytest.mark.req("B-17")
def test_a_retry_performs_a_request_that_was_lost_before_the_commit() -> None:
    shop = Shop()
    with pytest.raises(Lost):
        shop.create(before=_lost)

    again = shop.create(0.01)

    assert not again.replayed
    assert (shop.acted, shop.customers) == (2, 1)
    assert shop.create(1) == again._replace(replayed=True)


@pytest.mark.req("B-17")
def test_every_attempt_gets_the_same_author_time_and_ids() -> None:
    attempts = []

    def act(attempt: Attempt) -> Made[str]:
        same = attempt.act
        attempts.append((attempt.created_id, same.new_id(), same.new_id(), same.now, same.by))
        raise Lost

    def nowhere(_: str | None) -> NoReturn:
        raise NotFound("customer_not_found")

    requests, steps = InMemoryIdempotencyRecords(), Steps(act, nowhere, nowhere)
    for minutes in range(4):
        act_now = an_act(now=moment(minutes))
        with pytest.raises(Lost):
            answer_once(MERCHANT, REQUEST, "hash-1", steps, act=act_now, requests=requests)

    assert len(attempts) == 4
    assert len(set(attempts)) == 1
    created_id, *others, now, by = attempts[0]
    assert created_id == repeatable_ids(MERCHANT, REQUEST)(moment(0))
    assert len({created_id, *others}) == 3
    assert (now, by) == (moment(0), an_act().by)


@pytest.mark.req("B-17")
def test_a_request_in_progress_is_not_taken_over_before_its_attempt_times_out() -> None:
    shop = Shop()

    def die() -> NoReturn:
        # A killed process does not mark its attempt as given up.
        raise SystemExit

    with pytest.raises(SystemExit):
        shop.create(after=die)
    lasts = ATTEMPT_LASTS / timedelta(minutes=1)
    with pytest.raises(Conflict) as refusal:
        shop.create(lasts - 0.01)
    assert refusal.value.code == "idempotency_in_progress"

    assert shop.create(lasts).replayed
    assert shop.customers == 1


@pytest.mark.req("B-17")
def test_a_key_is_refused_with_another_request() -> None:
    shop = Shop()
    shop.create()

    with pytest.raises(Invalid) as refusal:
        shop.create(1, content="hash-2")
    assert refusal.value.code == "idempotency_key_reused"
    assert shop.customers == 1


def _refuse(error: CrmError) -> Callable[[], None]:
    def refuse() -> None:
        raise error

    return refuse


def test_a_refused_request_can_be_corrected_with_the_same_key() -> None:
    shop = Shop()
    with pytest.raises(Invalid):
        shop.create(before=_refuse(Invalid("invalid_fields")))

    assert shop.create(content="hash-2").status == 201


def test_a_retry_completes_a_request_that_failed_on_a_busy_table() -> None:
    shop = Shop()
    with pytest.raises(Busy):
        shop.create(after=_refuse(Busy("busy")))

    assert shop.create(0.01).replayed
    assert shop.customers == 1


def test_a_key_can_be_reused_after_a_day() -> None:
    shop = Shop()
    shop.create()
    tomorrow = KEPT / timedelta(minutes=1)

    assert not shop.create(tomorrow, phone=None).replayed
    assert shop.customers == 2
