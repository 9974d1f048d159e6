"""Saved views: a named filter, order and columns, shared or private."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from crm.domain.customers.columns import DEFAULT_LIST_COLUMNS
from crm.domain.kernel.ids import UserId
from crm.domain.lists.filters import Filter
from crm.domain.messages.catalogue import Locale, text

LONGEST_VIEW_NAME = 80
#: Views of a merchant; listing reads them all to select those that a person may see.
MOST_VIEWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view; one without an owner is a default view, which cannot be changed."""

    id: str
    name: str
    filter: Filter = field(default_factory=Filter)
    sort: str = "-updated_at"
    columns: tuple[str, ...] = DEFAULT_LIST_COLUMNS
    shared: bool = False
    owner: UserId | None = None
    version: int = 1
    created_at: str | None = None
    updated_at: str | None = None

    def is_seen_by(self, user_id: UserId) -> bool:
        """Tell whether a person of the merchant may see the view."""
        return self.shared or self.owner == user_id

    @property
    def is_default(self) -> bool:
        """Tell whether every merchant has the view."""
        return self.owner is None


#: The five views of 002-15; the members' list has the first three too (002-05).
_DEFAULTS = {
    "bought_7d": (Filter(segment="bought_7d"), "-last_order_at"),
    "bought_30d": (Filter(segment="bought_30d"), "-last_order_at"),
    "lapsed": (Filter(segment="lapsed"), "-last_order_at"),
    "members": (Filter(member=True), "-updated_at"),
    "non_members": (Filter(member=False), "-updated_at"),
}


def default_views(locale: Locale) -> Iterator[View]:
    """Yield the views that every merchant has, with names in a language."""
    for view_id, (criteria, sort) in _DEFAULTS.items():
        name = text(f"view_{view_id}", locale)
        yield View(id=view_id, name=name, filter=criteria, sort=sort, shared=True)
