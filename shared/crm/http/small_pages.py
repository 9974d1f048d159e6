"""Pages of collections that are small enough to read in full."""

from bisect import bisect
from collections.abc import Sequence
from typing import NamedTuple

from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.paging import Cursor
from crm.http.cursors import Cursors


class SmallPage[Item](NamedTuple):
    """A page of items, and the cursor of the next page if there is one."""

    items: Sequence[Item]
    next_cursor: str | None


def small_page[Item](
    merchant_id: MerchantId,
    cursors: Cursors,
    collection: str,
    items: Sequence[tuple[str, Item]],
    *,
    limit: int,
    cursor: str,
) -> SmallPage[Item]:
    """Return the items after a cursor; each is paired with its sort key."""
    binding = {"collection": collection}
    start = 0
    if cursor:
        position = cursors.read(merchant_id, binding, cursor)
        start = _start(
            [name for name, _ in items], last=str(position.value), place=int(position.tiebreak)
        )
    page = items[start : start + limit]
    following = None
    if start + limit < len(items):
        seen = Cursor(page[-1][0], str(start + limit))
        following = cursors.write(merchant_id, binding, seen)
    return SmallPage([item for _, item in page], following)


def _start(names: Sequence[str], *, last: str, place: int) -> int:
    """Return where a page starts behind the item of a cursor, which stood just before `place`.

    Where that item is gone, the next one in the order of names follows; where items stand in
    another order, whatever has come to its place.
    """
    if last in names:
        return names.index(last) + 1
    return bisect(names, last) if names == sorted(names) else place - 1
