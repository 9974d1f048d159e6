"""Queries of lists, and the pages that answer them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from crm.domain.customers.customer import Customer
from crm.domain.customers.listed import NEVER, ListedCustomer
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.paging import Cursor
from crm.domain.lists.conditions import SORTED_BY, Conditions
from crm.domain.lists.plans import Plan
from crm.domain.lists.sorting import SortKey


class WalkedPage(NamedTuple):
    """Customers of a bucket by id, as last written; `last` is None on the bucket's last page."""

    customers: Sequence[Customer]
    last: CustomerId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """A request for a page: conditions, order, size and position."""

    sort: SortKey = "updated_at"
    descending: bool = True
    conditions: Conditions = field(default_factory=Conditions)
    limit: int = 50
    after: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of customers, the position of the next page if there may be one, and the plan.

    A page of a walk may hold fewer customers than the limit, or none, and still have a next page.
    """

    items: tuple[ListedCustomer, ...]
    next: Cursor | None
    plan: Plan
    rows_read: int = 0


def position_of(listed: ListedCustomer, sort: SortKey) -> Cursor:
    """Return a customer's position in a list; customers without orders are at one end."""
    value = SORTED_BY[sort].of(listed)
    return Cursor(NEVER if value is None else value, listed.customer.id)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Customers that match a search, the best first; `truncated` if there may be more."""

    items: tuple[ListedCustomer, ...]
    truncated: bool
