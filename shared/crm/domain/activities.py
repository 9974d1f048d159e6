"""One line of a customer's history: what happened, when, and who did it."""

from dataclasses import dataclass
from typing import Literal

from crm.domain.customer import Author, FieldChange

ActivityKind = Literal["created", "edited", "archived", "restored", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A line of the timeline; `id` is a ULID of `at`, so that lines sort by time."""

    id: str
    at: str
    kind: ActivityKind
    by: Author
    text: str | None = None
    changes: tuple[FieldChange, ...] = ()
