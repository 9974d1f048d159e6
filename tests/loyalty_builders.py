"""Builders of programs, members and loyalty contexts; a test names only what it is about."""

from typing import Any

from crm.domain.customers.customer import Customer, Membership
from crm.domain.kernel.times import DEFAULT_ZONE
from crm.domain.loyalty.membership import LoyaltyContext
from crm.domain.loyalty.programs import Program, Rung
from tests.builders import LAN, a_customer
from tests.order_builders import placed

SILVER = Rung(code="silver", name="Bạc", least=1_000_000, vnd_per_point=10_000)
GOLD = Rung(code="gold", name="Vàng", least=5_000_000, vnd_per_point=5_000, group="vip")


def a_program(**fields: Any) -> Program:
    """Return an active program: silver from 1 million, gold from 5, a point for 10,000 đồng."""
    ordinary: dict[str, Any] = {
        "version": 1,
        "enrolment": "automatic",
        "rungs": (SILVER, GOLD),
        "since": placed(-400),
        "activated_at": placed(-400),
    }
    return Program(**{**ordinary, **fields})


def a_loyalty_context(
    program: Program | None = None, *, days: float = 0, seed: str = "e-1"
) -> LoyaltyContext:
    """Return the context of an event some days after noon."""
    return LoyaltyContext(
        program=program or a_program(), zone=DEFAULT_ZONE, at=placed(days), by=LAN, seed=seed
    )


def a_member(number: int = 1, **membership: Any) -> Customer:
    """Return a customer who joined 400 days before noon."""
    joined = {"joined_at": placed(-400), **membership}
    return a_customer(number, membership=Membership(**joined))
