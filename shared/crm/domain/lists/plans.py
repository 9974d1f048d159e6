"""How a list is read: the cheapest of the ways that give the right page, in read units.

plan     reads                                                        costs, about
-------  -----------------------------------------------------------  -------------------------
range    the page itself, from a part of a sort index                 0.115 · limit
facet    every member of a facet, sorted in memory                    0.5 · members
walk     a sort index in its order, passing over who does not match   0.115 · limit · all / members
nothing  nothing: no customer can match                               0

A walk that costs more than the budget of a page goes on in the next page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from crm.domain.lists.facets import Facet
from crm.domain.lists.filters import Conditions
from crm.domain.lists.sorting import SortKey

PlanName = Literal["range", "facet", "walk", "nothing"]

#: A listed customer is 940 bytes; a unit reads 8 KB of an index.
ROW_UNITS = 0.115
#: A customer's row is read alone, and eventually consistent.
MEMBER_UNITS = 0.5
#: More members than this are not sorted in memory.
MOST_MEMBERS = 2_000
#: A facet of so few members is read without asking how many customers there are.
FEW_MEMBERS = 100
#: Rows that one page of a walk looks at; a page that finds too little in them comes back short.
ROWS_A_PAGE = 4_000


@dataclass(frozen=True, slots=True)
class Plan:
    """A way to read a page, and what it is expected to cost."""

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
    """Return the cheapest plan for a page, given how many customers the facets and the book have.

    A facet that `members` does not know is not read.
    """
    if conditions.are_impossible:
        return Plan("nothing", sort)
    if not filters_of(conditions, sort):
        return Plan("range", sort, None, _rounded(ROW_UNITS * limit))
    known = {facet: members[facet] for facet in conditions.facets() if facet in members}
    if not known:
        return Plan("walk", sort, None, _rounded(ROW_UNITS * ROWS_A_PAGE))
    facet = min(known, key=lambda each: (known[each], each))
    gathering = MEMBER_UNITS * known[facet]
    walking = walk_units(limit, known[facet], everyone)
    if known[facet] <= MOST_MEMBERS and gathering <= walking:
        return Plan("facet", sort, facet, _rounded(gathering))
    return Plan("walk", sort, None, _rounded(walking))


def small_facet(conditions: Conditions, sort: SortKey, facet: Facet, members: int) -> Plan | None:
    """Return the plan for a facet that was found to be so small that nothing else is cheaper."""
    if members > FEW_MEMBERS or not filters_of(conditions, sort):
        return None
    return Plan("facet", sort, facet, _rounded(MEMBER_UNITS * members))


def filters_of(conditions: Conditions, sort: SortKey) -> list[object]:
    """Return the conditions that a range of the sort index does not answer."""
    own = conditions.range_of(sort)
    return [each for each in conditions.all if each is not own]


def walk_units(limit: int, members: int, everyone: int) -> float:
    """Return what a walk costs that finds `limit` of so many members among everyone."""
    return ROW_UNITS * limit * max(everyone, members) / max(members, 1)


def _rounded(units: float) -> float:
    return round(units, 1)
