"""One line of a customer's history: what happened, when, and who did it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, Literal, NamedTuple

from crm.domain.customers.customer import Customer, FieldChange
from crm.domain.kernel.acts import Author

ActivityKind = Literal[
    "created",
    "edited",
    "archived",
    "restored",
    "note",
    "order",
    "checkout",
    "interaction",
    "opening",
    "opening_reversed",
    "exported",
    "export_fetched",
    "enrolled",
    "tier",
    "merged",
    "unmerged",
    "erased",
    "privacy_requested",
    "privacy_decided",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A line of the timeline; `id` is a ULID made at `at`, so that lines sort by time."""

    id: str
    at: str
    kind: ActivityKind
    by: Author
    text: str | None = None
    changes: tuple[FieldChange, ...] = ()


class Edit(NamedTuple):
    """A customer before and after an edit, and the history line that records it."""

    before: Customer
    after: Customer
    line: Activity


class ActivityPosition(NamedTuple):
    """The last line of a page; the next page continues after it."""

    at: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityQuery:
    """Selects lines from `since` to `until`, both included, of one kind or of all."""

    since: str
    until: str
    kind: ActivityKind | None = None
    limit: int = 50
    after: ActivityPosition | None = None


class ActivityPage(NamedTuple):
    """Lines, newest first, and the position of the next page if there may be one."""

    items: tuple[Activity, ...]
    next: ActivityPosition | None


def plain_changes(changes: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    """Return the changes as the history stores them: JSON values, objects without nulls."""
    return tuple(FieldChange(name, _plain(old), _plain(new)) for name, old, new in changes)


def _plain(value: Any) -> Any:  # noqa: ANN401 - the value of any field
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(each) for name, each in asdict(value).items() if each is not None}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value
