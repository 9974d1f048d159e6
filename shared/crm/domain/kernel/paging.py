"""Where a page of a sorted list ends and the next one starts."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol


class Cursor(NamedTuple):
    """The last item of a page: the value that it is sorted by, and its id to break ties."""

    value: str | int
    tiebreak: str


class Page[Item](Protocol):
    """Some items of a list, and whether more follow."""

    @property
    def items(self) -> Sequence[Item]:
        """The items, in the order of the list."""
        ...

    @property
    def more(self) -> bool:
        """Whether items follow the last one."""
        ...


def items_of_pages[Item](read: Callable[[Item | None], Page[Item]]) -> Iterator[Item]:
    """Yield the items of all pages; `read` returns the page after an item, None for the first."""
    last: Item | None = None
    while True:
        page = read(last)
        yield from page.items
        if not page.more:
            return
        last = page.items[-1]
