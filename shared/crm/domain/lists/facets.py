"""What customers are counted by: tags, groups, tiers and provinces."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import UNRANKED, Customer

FacetKind = Literal["tag", "group", "tier", "province"]


class Facet(NamedTuple):
    """One value that customers have in common: ("tag", "sỉ")."""

    kind: FacetKind
    value: str


def facets_of(customer: Customer | None) -> frozenset[Facet]:
    """Return what a customer is counted under; who is not active is counted under nothing.

    The unranked are no facet: a list of them shows who is no member too, and nobody counts those.
    """
    if customer is None or customer.status != "active":
        return frozenset()
    address, membership = customer.default_address, customer.membership
    found = {Facet("tag", tag) for tag in customer.tags}
    if customer.group:
        found.add(Facet("group", customer.group))
    if membership.joined_at and membership.tier != UNRANKED:
        found.add(Facet("tier", membership.tier))
    if address and address.province_code:
        found.add(Facet("province", address.province_code))
    return frozenset(found)


def moved(change: CustomerChange) -> tuple[frozenset[Facet], frozenset[Facet]]:
    """Return the facets that a change takes a customer out of, and those it puts it in."""
    old, new = facets_of(change.before), facets_of(change.after)
    return old - new, new - old


def touches_facets(changes: Iterable[CustomerChange]) -> list[CustomerChange]:
    """Return the changes that move anything, in their order."""
    return [change for change in changes if any(moved(change))]
