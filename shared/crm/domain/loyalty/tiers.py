"""A member's tier under a program, and when it may fall.

window    review         the tier on a day is the best one reached
--------  -------------  --------------------------------------------------------------
lifetime  –              by the lifetime total
N months  rolling, drop  in the N months up to this one
N months  year, drop     in any N months that ended this year or with the last one
N months  keep           in any N months ever

Months count as a whole, so tiers fall at the start of a month. Tiers are computed from monthly
sums of orders: a cancelled or refunded order lowers its month, and possibly the tier.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from crm.domain.customers.customer import (
    UNRANKED,
    Customer,
    FieldChange,
    Membership,
    Month,
    Provenance,
)
from crm.domain.kernel.acts import Author
from crm.domain.kernel.times import day_of
from crm.domain.loyalty.programs import Program, Rung, day_start, months_later

_MONTHS_A_YEAR = 12
#: The source of automatic changes of tiers and groups.
SOURCE = "loyalty"


class Risk(NamedTuple):
    """The first day on which the tier falls if nothing more is bought, and to what."""

    on: date
    tier: str


class Retiering(NamedTuple):
    """A customer at the earned tier, and the fields that changed."""

    customer: Customer
    changes: tuple[FieldChange, ...]


def month_of(stamped: str, zone: str) -> str:
    """Return the month of a moment in the merchant's zone: "2026-11"."""
    return day_of(stamped, zone).isoformat()[:7]


def with_month(membership: Membership, month: str, spent: int, ranking_points: int) -> Membership:
    """Return a membership with amounts added to one month; empty months are dropped."""
    stored = membership.months.get(month, Month())
    summed = Month(stored.spent + spent, stored.ranking_points + ranking_points)
    months = {**membership.months, month: summed}
    kept = {name: each for name, each in sorted(months.items()) if each != Month()}
    return replace(membership, months=kept)


def worth(customer: Customer, program: Program, today: date) -> int:
    """Return the worth that decides the tier today, in VND or in ranking points."""
    if program.window_months is None:
        return (
            customer.metrics.total_spent
            if program.rank_by == "spent"
            else customer.membership.ranking_points
        )
    sums = _sums(customer.membership.months, program)
    last = _number(today.isoformat()[:7])
    first = _first_end(program, last, sums)
    # The best window ends in the first or last possible month, or in a month with orders.
    ends = {first, last, *(month for month in sums if first <= month <= last)}
    return max(_window(sums, end, program.window_months) for end in ends)


def tier_on(customer: Customer, program: Program, today: date) -> str:
    """Return the tier that a member earns on a day; `unranked` for a non-member."""
    if customer.membership.joined_at is None:
        return UNRANKED
    return program.earned_by(worth(customer, program, today))


def risk_after(customer: Customer, program: Program, today: date) -> Risk | None:
    """Return when today's tier falls without more orders; None for lifetime or kept tiers."""
    if program.window_months is None or program.review_rule == "keep":
        return None
    rank = program.rank(tier_on(customer, program, today))
    if rank == 0:
        return None
    start = today.replace(day=1)
    for months in range(1, program.window_months + _MONTHS_A_YEAR + 1):
        day = months_later(start, months)
        tier = tier_on(customer, program, day)
        if program.rank(tier) < rank:
            return Risk(day, tier)
    return None


def next_rung(customer: Customer, program: Program, today: date) -> tuple[Rung, int] | None:
    """Return the next tier and the worth still missing; None at the top or for a non-member."""
    above = program.above(customer.membership.tier)
    if customer.membership.joined_at is None or above is None:
        return None
    return above, max(0, above.least - worth(customer, program, today))


def retiered(customer: Customer, program: Program, zone: str, at: str) -> Retiering:
    """Move a member to the earned tier and its group, unless frozen.

    The group changes only with the tier, so that a group set by hand lasts until then.
    """
    membership = customer.membership
    if membership.joined_at is None or customer.skip_auto_group:
        reviewed = replace(membership, review_at=None)
        return Retiering(replace(customer, membership=reviewed), ())
    today = day_of(at, zone)
    tier = tier_on(customer, program, today)
    risk = risk_after(customer, program, today)
    review_at = _next_review(membership.review_at, day_start(risk.on, zone) if risk else None, at)
    after = replace(customer, membership=replace(membership, tier=tier, review_at=review_at))
    if tier == membership.tier:
        return Retiering(after, ())
    rung = program.rung(tier)
    change = FieldChange("tier", membership.tier, tier)
    return with_group(after, rung, change, Author(SOURCE, f"program:{program.version}"), at)


def _next_review(stored: str | None, falls_at: str | None, at: str) -> str | None:
    """Return when to review a tier next; a stored future day not after the fall stays.

    An order usually moves the fall to a later day. An early review reschedules itself, which is
    cheaper than updating the due index with every order.
    """
    if stored is not None and falls_at is not None and at < stored <= falls_at:
        return stored
    return falls_at


def with_group(
    customer: Customer, rung: Rung | None, change: FieldChange, by: Author, at: str
) -> Retiering:
    """Return a customer after a tier change, with the tier's group if it has one."""
    if rung is None or rung.group is None or rung.group == customer.group:
        return Retiering(customer, (change,))
    grouped = replace(
        customer,
        group=rung.group,
        version=customer.version + 1,
        provenance={**customer.provenance, "group": Provenance(*by, at)},
    )
    return Retiering(grouped, (change, FieldChange("group", customer.group, rung.group)))


def _sums(months: Mapping[str, Month], program: Program) -> dict[int, int]:
    by_spend = program.rank_by == "spent"
    return {
        _number(name): each.spent if by_spend else each.ranking_points
        for name, each in months.items()
    }


def _first_end(program: Program, last: int, sums: Mapping[int, int]) -> int:
    """Return the first month in which a window may end."""
    if program.review_rule == "keep":
        return min([last, *sums])
    if program.review_every == "year":
        return last - last % _MONTHS_A_YEAR - 1
    return last


def _window(sums: Mapping[int, int], end: int, months: int) -> int:
    return sum(each for month, each in sums.items() if end - months < month <= end)


def _number(month: str) -> int:
    """Return a month as a running number; January is a multiple of twelve."""
    return int(month[:4]) * _MONTHS_A_YEAR + int(month[5:7]) - 1
