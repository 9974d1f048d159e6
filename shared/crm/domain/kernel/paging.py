"""A position in a sorted list."""

from typing import NamedTuple

from crm.domain.kernel.ids import CustomerId


class Position(NamedTuple):
    """The last customer of a page: its sort value, and its id to break ties."""

    value: str | int
    id: CustomerId
