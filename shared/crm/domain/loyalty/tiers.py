"""The tier of a member: what the record comes to under a program, and when it may fall.

window    review         the tier of a day is the best that was reached
--------  -------------  --------------------------------------------------------------
lifetime  –              by everything
N months  rolling, drop  by the N months up to this one
N months  year, drop     in any N months that ended this year or with the last one
N months  keep           in any N months ever

A month counts whole, so tiers fall at the start of a month. All of it follows from sums by month
that move with the orders: a cancelled or refunded order lowers them, and the tier with them.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from crm.domain.customers.customer import (
    UNRANKED,
    Author,
    Customer,
    FieldChange,
    Membership,
    Month,
    Provenance,
)
from crm.domain.kernel.times import day_of
from crm.domain.loyalty.programs import Program, Rung, day_start, months_later

_MONTHS_A_YEAR = 12
#: Who moves tiers and groups by themselves.
SOURCE = "loyalty"


class Risk(NamedTuple):
    """The first day on which the tier falls if nothing more is bought, and to what."""

    on: date
    tier: str


class Retiering(NamedTuple):
    """A customer at the tier that the record comes to, and the fields that moved for it."""

    customer: Customer
    changes: tuple[FieldChange, ...]


def month_of(stamped: str, zone: str) -> str:
    """Return the month of a moment in the merchant's zone: "2026-11"."""
    return day_of(stamped, zone).isoformat()[:7]


def with_month(membership: Membership, month: str, spent: int, ranking_points: int) -> Membership:
    """Return a membership with more in one month; a month that comes to nothing is not kept."""
    known = membership.months.get(month, Month())
    summed = Month(known.spent + spent, known.ranking_points + ranking_points)
    months = {**membership.months, month: summed}
    kept = {name: each for name, each in sorted(months.items()) if each != Month()}
    return replace(membership, months=kept)


def worth(customer: Customer, program: Program, today: date) -> int:
    """Return what counts for the tier today, in VND or in ranking points."""
    if program.window_months is None:
        return (
            customer.metrics.total_spent
            if program.rank_by == "spent"
            else customer.membership.ranking_points
        )
    sums = _sums(customer.membership.months, program)
    last = _number(today.isoformat()[:7])
    first = _first_end(program, last, sums)
    # A window is worth most where it begins, or where a month joins it.
    ends = {first, last, *(month for month in sums if first <= month <= last)}
    return max(_window(sums, end, program.window_months) for end in ends)


def tier_on(customer: Customer, program: Program, today: date) -> str:
    """Return the tier that a member's record comes to on a day; `unranked` for no member."""
    if customer.membership.joined_at is None:
        return UNRANKED
    return program.earned_by(worth(customer, program, today))


def risk_after(customer: Customer, program: Program, today: date) -> Risk | None:
    """Return when the tier of today falls by itself; never for lifetimes and kept tiers."""
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
    """Return the tier above and what is missing to it; none for who stands at the top."""
    above = program.above(customer.membership.tier)
    if customer.membership.joined_at is None or above is None:
        return None
    return above, max(0, above.least - worth(customer, program, today))


def retiered(customer: Customer, program: Program, zone: str, at: str) -> Retiering:
    """Return a member at the tier that the record comes to, with its group; frozen ones stay.

    The group follows only when the tier moves, so that a label put by hand lasts until then.
    """
    membership = customer.membership
    if membership.joined_at is None or customer.skip_auto_group:
        reviewed = replace(membership, review_at=None)
        return Retiering(replace(customer, membership=reviewed), ())
    today = day_of(at, zone)
    tier = tier_on(customer, program, today)
    risk = risk_after(customer, program, today)
    review_at = _review(membership.review_at, day_start(risk.on, zone) if risk else None, at)
    after = replace(customer, membership=replace(membership, tier=tier, review_at=review_at))
    if tier == membership.tier:
        return Retiering(after, ())
    rung = program.rung(tier)
    change = FieldChange("tier", membership.tier, tier)
    return with_group(after, rung, change, Author(SOURCE, f"program:{program.version}"), at)


def _review(known: str | None, falls_at: str | None, at: str) -> str | None:
    """Return when to look at a tier again: a day that stands and is not too late stays.

    An order mostly moves the fall to a later day. A review that comes early moves itself, and is
    cheaper than an entry of the due index that moves with every order.
    """
    if known is not None and falls_at is not None and at < known <= falls_at:
        return known
    return falls_at


def with_group(
    customer: Customer, rung: Rung | None, change: FieldChange, by: Author, at: str
) -> Retiering:
    """Return a customer whose tier moved, with the group that the tier gives, if any."""
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
    """Return the first month that a window may have ended in."""
    if program.review_rule == "keep":
        return min([last, *sums])
    if program.review_every == "year":
        return last - last % _MONTHS_A_YEAR - 1
    return last


def _window(sums: Mapping[int, int], end: int, months: int) -> int:
    return sum(each for month, each in sums.items() if end - months < month <= end)


def _number(month: str) -> int:
    """Return a month as a number that counts on; January is a multiple of twelve."""
    return int(month[:4]) * _MONTHS_A_YEAR + int(month[5:7]) - 1
