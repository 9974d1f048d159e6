"""Builders of persons with several records; a test names only what it is about."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crm.domain.customers.customer import Customer
from crm.domain.kernel.errors import Busy, Stale
from crm.domain.kernel.ids import CustomerId
from crm.domain.merges.merge import Merge
from crm.usecases.merges.merges import Partner, merge_customers, undo_merge
from tests.builders import MERCHANT, a_customer, an_act, customer_id, moment
from tests.order_builders import Backend, an_incoming_customer, an_order

PHONES = tuple(f"+849123456{number:02d}" for number in range(100))


def phone(number: int) -> str:
    """Return the phone of the n-th customer."""
    return PHONES[number]


def keep_customers(backend: Backend, *numbers: int, **fields: Any) -> list[CustomerId]:
    """Store customers who each have their own phone; return their ids."""
    for number in numbers:
        backend.customers.add(MERCHANT, a_customer(number, phone=phone(number), **fields))
    return [customer_id(number) for number in numbers]


def take_order(backend: Backend, number: int, of: int, **fields: Any) -> CustomerId:
    """Record an order that names the phone of a customer."""
    order = an_order(number, **fields)
    return backend.take(
        order, an_incoming_customer(f"{order.id}-{order.version}", phone=phone(of))
    )


def merge(
    backend: Backend,
    survivor: CustomerId,
    loser: CustomerId,
    keep: Mapping[str, str] | None = None,
    *,
    minutes: float = 60,
) -> Merge:
    """Merge two customers, an hour after noon."""
    act = an_act(now=moment(minutes), ids=backend.ids)
    return merge_customers(
        MERCHANT,
        act.new_id(),
        survivor,
        Partner(loser),
        keep or {},
        act=act,
        ports=backend.merge_ports,
    )


def undo(backend: Backend, merge_id: str, *, minutes: float = 120) -> Merge:
    """Undo a merge, two hours after noon."""
    return undo_merge(
        MERCHANT, merge_id, act=an_act(now=moment(minutes)), ports=backend.merge_ports
    )


def retry(action: Any, *args: Any, **named: Any) -> Any:
    """Retry on conflict, as a queue or a person does."""
    for _ in range(200):
        try:
            return action(*args, **named)
        except (Busy, Stale):
            continue
    raise AssertionError("every attempt met a conflict")


def plain(customer: Customer) -> Customer:
    """Return a customer without the fields that every write changes."""
    return replace(customer, version=0, revision=0, updated_at="")
