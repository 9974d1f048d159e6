"""A position in a sorted list."""

from typing import NamedTuple

from crm.domain.kernel.ids import CustomerId


class Position(NamedTuple):
    """The last customer a reader has seen: the value it is sorted by, and its id for ties."""

    value: str | int
    id: CustomerId
