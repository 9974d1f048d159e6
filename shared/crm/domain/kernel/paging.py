"""Where a page of a sorted list ends and the next one starts."""

from typing import NamedTuple


class Cursor(NamedTuple):
    """The last item of a page: the value that it is sorted by, and its id to break ties."""

    value: str | int
    tiebreak: str
