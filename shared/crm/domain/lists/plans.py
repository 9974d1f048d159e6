"""Plans for reading a page of a list; the cheapest in read units is used.

plan     reads                                                        approximate cost
-------  -----------------------------------------------------------  -------------------------
range    the page itself, from a part of a sort index                 0.115 · limit
facet    every member of a facet, sorted in memory                    0.5 · members
walk     a sort index in its order, skipping customers without match  0.115 · limit · all / members
nothing  no rows: no customer can match                               0

A walk that exceeds the budget of one page continues in the next page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from crm.domain.lists.conditions import Conditions
from crm.domain.lists.facets import Facet
from crm.domain.lists.sorting import SortKey

PlanName = Literal["range", "facet", "walk", "nothing"]

#: A listed customer has 940 bytes; a unit reads 8 KB of an index.
ROW_UNITS = 0.115
#: A customer's row is a separate, eventually consistent read.
MEMBER_UNITS = 0.5
#: Members of a facet that are sorted in memory at most.
MOST_MEMBERS = 2_000
#: A facet with at most so many members is read without counting customers.
FEW_MEMBERS = 100
#: Rows that one page of a walk reads; if too few of them match, the page is short.
ROWS_A_PAGE = 4_000


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan for reading a page, with its expected read units."""

    name: PlanName
    sort: SortKey
    facet: Facet | None = None
    units: float = 0


def plan_of(
    conditions: Conditions,
    sort: SortKey,
    limit: int,
    *,
    members: Mapping[Facet, int],
    everyone: int,
) -> Plan:
    """Return the cheapest plan for a page, given the number of members and of all customers.

    A facet without a number in `members` is not read.
    """
    if conditions.are_impossible:
        return Plan("nothing", sort)
    if not filters_of(conditions, sort):
        return Plan("range", sort, None, _rounded(ROW_UNITS * limit))
    counted = {facet: members[facet] for facet in conditions.facets() if facet in members}
    if not counted:
        return Plan("walk", sort, None, _rounded(ROW_UNITS * ROWS_A_PAGE))
    facet = min(counted, key=lambda each: (counted[each], each))
    gathering = MEMBER_UNITS * counted[facet]
    walking = walk_units(limit, counted[facet], everyone)
    if counted[facet] <= MOST_MEMBERS and gathering <= walking:
        return Plan("facet", sort, facet, _rounded(gathering))
    return Plan("walk", sort, None, _rounded(walking))


def small_facet(conditions: Conditions, sort: SortKey, facet: Facet, members: int) -> Plan | None:
    """Return the plan of reading a facet if it is so small that no plan is cheaper, else None."""
    if members > FEW_MEMBERS or not filters_of(conditions, sort):
        return None
    return Plan("facet", sort, facet, _rounded(MEMBER_UNITS * members))


def filters_of(conditions: Conditions, sort: SortKey) -> list[object]:
    """Return the conditions that the range of the sort index does not cover."""
    covered = conditions.range_of(sort)
    return [each for each in conditions.all if each is not covered]


def walk_units(limit: int, members: int, everyone: int) -> float:
    """Return the read units of a walk until it finds `limit` of the members among everyone."""
    return ROW_UNITS * limit * max(everyone, members) / max(members, 1)


def _rounded(units: float) -> float:
    return round(units, 1)
