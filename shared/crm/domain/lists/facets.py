"""Facets that customers are counted by: tags, groups, tiers and provinces."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import UNRANKED, Customer

FacetKind = Literal["tag", "group", "tier", "province"]


class Facet(NamedTuple):
    """A value that customers share: ("tag", "sỉ")."""

    kind: FacetKind
    value: str


def facets_of(customer: Customer | None) -> frozenset[Facet]:
    """Return the facets of a customer; a customer that is not active has none.

    The unranked tier is no facet: its list includes customers who are not members, and those are
    not counted.
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


def facets_left_and_joined(
    change: CustomerChange,
) -> tuple[frozenset[Facet], frozenset[Facet]]:
    """Return the facets that a customer leaves with a change, and those it joins."""
    old, new = facets_of(change.before), facets_of(change.after)
    return old - new, new - old


def changes_moving_facets(changes: Iterable[CustomerChange]) -> list[CustomerChange]:
    """Return the changes in which a customer leaves or joins a facet, in order."""
    return [change for change in changes if any(facets_left_and_joined(change))]
