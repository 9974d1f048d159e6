"""See to what is due, one thing after the other, whatever becomes of one of them.

What was seen to is due no more. What fails stays due and holds no other up: its failure is raised
when the rest is done, or when time is up and nothing was done, so that whoever calls again and
again always gets further or is told.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Done(NamedTuple):
    """How many due things were seen to, and whether that was all of them."""

    done: int
    is_done: bool


def see_to_each[Due](
    due: Iterable[Due], process_due: Callable[[Due], None], goes_on: Callable[[], bool]
) -> Done:
    """See to due things for as long as `goes_on` says."""
    done, failure = 0, None
    for each in due:
        if not goes_on():
            if failure is not None and not done:
                raise failure
            return Done(done, is_done=False)
        try:
            process_due(each)
        except Exception as error:  # noqa: BLE001 - whatever it is, others are due as well
            failure = failure or error
        else:
            done += 1
    if failure is not None:
        raise failure
    return Done(done, is_done=True)
