"""Process due items one by one; a failure does not stop the rest.

A processed item is no longer due. A failed item stays due, and its error is raised after the
rest is processed, or when time runs out and nothing was processed. A caller that repeats the call
therefore either makes progress or gets the error.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple


class ProcessedItems(NamedTuple):
    """How many due items were processed, and whether that was all of them."""

    done: int
    is_done: bool


def process_each[Due](
    due: Iterable[Due], process_due: Callable[[Due], None], goes_on: Callable[[], bool]
) -> ProcessedItems:
    """Process due items while `goes_on` returns True; raise the first error as described above."""
    done, failure = 0, None
    for each in due:
        if not goes_on():
            if failure is not None and not done:
                raise failure
            return ProcessedItems(done, is_done=False)
        try:
            process_due(each)
        except Exception as error:  # noqa: BLE001 - no error may hold up the other items
            failure = failure or error
        else:
            done += 1
    if failure is not None:
        raise failure
    return ProcessedItems(done, is_done=True)
