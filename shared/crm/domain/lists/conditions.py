"""Conditions on customers in lists, over the attributes that a listed customer has."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from crm.domain.customers.listed import ListedCustomer
from crm.domain.lists.facets import Facet, FacetKind
from crm.domain.lists.sorting import SortKey
from crm.domain.values.birthdays import birth_month


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """A value of a listed customer, and its path in the map `summary` of the customer's row.

    A row does not store blank and false values. `absent` is the value of a customer whose row
    stores none, if it is not None. Customers who share a value are members of a facet if the
    attribute has one.
    """

    path: str
    of: Callable[[ListedCustomer], str | int | bool | None]
    facet: FacetKind | None = None
    absent: str | None = None


TOTAL_SPENT = Attribute("total_spent", lambda each: each.customer.metrics.total_spent)
ORDER_COUNT = Attribute("order_count", lambda each: each.customer.metrics.order_count)
DEBT = Attribute("debt", lambda each: each.customer.metrics.debt)
LAST_ORDER_AT = Attribute("last_order_at", lambda each: each.customer.metrics.last_order_at)
CREATED_AT = Attribute("created_at", lambda each: each.customer.created_at)
UPDATED_AT = Attribute("updated_at", lambda each: each.customer.updated_at)

SORTED_BY: Mapping[SortKey, Attribute] = {
    "updated_at": UPDATED_AT,
    "order_count": ORDER_COUNT,
    "last_order_at": LAST_ORDER_AT,
    "debt": DEBT,
    "total_spent": TOTAL_SPENT,
}


class Within(NamedTuple):
    """A value from `low` to `high`, both included; a customer without a value does not match."""

    attribute: Attribute
    low: str | int | None
    high: str | int | None

    def holds(self, listed: ListedCustomer) -> bool:
        """Tell whether the customer's value is in the range."""
        value = self.attribute.of(listed)
        return value is not None and self.takes(value)

    def takes(self, value: str | int) -> bool:
        """Tell whether a value is in the range."""
        return not self.is_before(value) and not self.is_after(value)

    def is_before(self, value: str | int) -> bool:
        """Tell whether a value is below the range."""
        return self.low is not None and value < self.low  # type: ignore[operator]

    def is_after(self, value: str | int) -> bool:
        """Tell whether a value is above the range."""
        return self.high is not None and value > self.high  # type: ignore[operator]

    @property
    def is_empty(self) -> bool:
        """Tell whether no value can be in the range."""
        return self.low is not None and self.is_after(self.low)

    def overlap(self, other: "Within") -> "Within":
        """Return the range of the values that are in both ranges of an attribute."""
        low = other.low if self.low is None or other.is_before(self.low) else self.low
        high = other.high if self.high is None or other.is_after(self.high) else self.high
        return Within(self.attribute, low, high)


class OneOf(NamedTuple):
    """A text that equals one of several values."""

    attribute: Attribute
    values: tuple[str, ...]

    def holds(self, listed: ListedCustomer) -> bool:
        """Tell whether the customer's value is one of them."""
        return self.attribute.of(listed) in self.values


class HasTag(NamedTuple):
    """A tag that a customer has."""

    tag: str

    def holds(self, listed: ListedCustomer) -> bool:
        """Tell whether the customer has the tag."""
        return self.tag in listed.customer.tags


class Flag(NamedTuple):
    """A value that is neither absent nor false, or one that is."""

    attribute: Attribute
    wanted: bool

    def holds(self, listed: ListedCustomer) -> bool:
        """Tell whether the customer has such a value, as wanted."""
        return bool(self.attribute.of(listed)) is self.wanted


class BornIn(NamedTuple):
    """The month of a birthday, 1 to 12."""

    month: int

    def holds(self, listed: ListedCustomer) -> bool:
        """Tell whether the customer's birthday is known and in the month."""
        birthday = listed.customer.birthday
        return birthday is not None and birth_month(birthday) == self.month


type Condition = Within | OneOf | HasTag | Flag | BornIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Conditions that active customers, or the archived ones, must all meet."""

    archived: bool = False
    all: tuple[Condition, ...] = ()

    def hold(self, listed: ListedCustomer) -> bool:
        """Tell whether a customer has the status and meets all conditions."""
        wanted = "archived" if self.archived else "active"
        return listed.customer.status == wanted and all(each.holds(listed) for each in self.all)

    @property
    def are_impossible(self) -> bool:
        """Tell whether no customer can meet them."""
        return any(isinstance(each, Within) and each.is_empty for each in self.all)

    def range_of(self, sort: SortKey) -> Within | None:
        """Return the range of the value that a list is sorted by, or None."""
        attribute = SORTED_BY[sort]
        ranges = (each for each in self.all if isinstance(each, Within))
        return next((each for each in ranges if each.attribute is attribute), None)

    def facets(self) -> tuple[Facet, ...]:
        """Return the facets that every matching customer belongs to, tags last."""
        if self.archived:
            return ()
        found = [facet for each in self.all if (facet := _facet_of(each))]
        return tuple(sorted(found, key=lambda each: each.kind == "tag"))


def joined(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return the conditions with one range for each attribute: the overlap of its ranges."""
    ranges: dict[Attribute, Within] = {}
    others: list[Condition] = []
    for each in conditions:
        if not isinstance(each, Within):
            others.append(each)
        elif each.attribute in ranges:
            ranges[each.attribute] = ranges[each.attribute].overlap(each)
        else:
            ranges[each.attribute] = each
    return (*ranges.values(), *others)


def _facet_of(condition: Condition) -> Facet | None:
    """Return the facet that a condition selects, or None."""
    if isinstance(condition, HasTag):
        return Facet("tag", condition.tag)
    if isinstance(condition, OneOf) and len(condition.values) == 1:
        kind, (value,) = condition.attribute.facet, condition.values
        if kind is not None and value != condition.attribute.absent:
            return Facet(kind, value)
    return None
