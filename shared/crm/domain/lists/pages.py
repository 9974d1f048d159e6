"""What a reader of a list asks for, and the page that answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from crm.domain.customers.customer import Customer
from crm.domain.customers.listed import NEVER, ListedCustomer
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.paging import Position
from crm.domain.lists.filters import Conditions, value_of
from crm.domain.lists.plans import Plan
from crm.domain.lists.sorting import SortKey


class WalkedPage(NamedTuple):
    """Some customers of a bucket by id, as last written; no `last` means that it ends here."""

    customers: Sequence[Customer]
    last: CustomerId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """Which customers, in which order, from where."""

    sort: SortKey = "updated_at"
    descending: bool = True
    conditions: Conditions = field(default_factory=Conditions)
    limit: int = 50
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some customers in order, where the next ones start if there may be any, and how they came.

    A page of a walk may hold fewer than were asked for, or none, and still name where to go on.
    """

    items: tuple[ListedCustomer, ...]
    next: Position | None
    plan: Plan
    rows_read: int = 0


def position_of(listed: ListedCustomer, sort: SortKey) -> Position:
    """Return where a customer stands in a list; who never bought stands at one end."""
    value = value_of(listed, sort)
    return Position(NEVER if value is None else value, listed.customer.id)


@dataclass(frozen=True, slots=True)
class Found:
    """The customers that a search found, the best first; `truncated` if there may be more."""

    items: tuple[ListedCustomer, ...]
    truncated: bool
