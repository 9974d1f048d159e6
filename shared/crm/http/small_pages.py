"""Pages of collections that are small enough to read in full."""

from bisect import bisect
from collections.abc import Callable, Sequence

from aws_lambda_powertools.event_handler import Response

from crm.domain.kernel.paging import Cursor
from crm.http.cursors import ListCursors
from crm.http.responses import answer_page


def answer_small_page[Item](
    cursors: ListCursors,
    found: Sequence[Item],
    name_of: Callable[[Item], str],
    shown: Callable[[Item], object],
    *,
    limit: int,
    cursor: str,
) -> Response[str]:
    """Answer a page of the items found, those after the cursor.

    A cursor holds the name of the last item seen, as `name_of` returns it, and how many items came
    up to it. `shown` returns an item as JSON.
    """
    start, last = 0, cursors.read(cursor)
    if last is not None:
        names = [name_of(each) for each in found]
        start = _start(names, last=str(last.value), place=int(last.tiebreak))
    page, end = found[start : start + limit], start + limit
    following = cursors.after(
        page, lambda item: Cursor(name_of(item), str(end)), more=end < len(found)
    )
    return answer_page([shown(each) for each in page], following)


def _start(names: Sequence[str], *, last: str, place: int) -> int:
    """Return where a page starts behind the item of a cursor, which stood just before `place`.

    Where that item is gone, the next one in the order of names follows; where items stand in
    another order, whatever has come to its place.
    """
    if last in names:
        return names.index(last) + 1
    return bisect(names, last) if names == sorted(names) else place - 1
