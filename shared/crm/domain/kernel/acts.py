"""Who does something, when, and how the ids of what it creates are made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from crm.domain.kernel.times import stamp

#: Returns a new id for something created at a moment.
type NewId = Callable[[datetime], str]


class Author(NamedTuple):
    """Who made a change: a source ("web", "import", "order", "sync") and an actor inside it."""

    source: str
    actor: str


@dataclass(frozen=True, slots=True)
class Act:
    """The author and the moment of what a caller asks for, and the source of its new ids."""

    by: Author
    now: datetime
    ids: NewId

    @property
    def at(self) -> str:
        """The moment as a timestamp."""
        return stamp(self.now)

    def new_id(self) -> str:
        """Return the next new id; ids sort by the moment."""
        return self.ids(self.now)
