"""Translate conditions of a list to expressions over the rows of the list indexes."""

from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

from crm.aws.dynamodb.attributes import attribute
from crm.domain.customers.listed import NEVER
from crm.domain.lists.conditions import (
    Attribute,
    BornIn,
    Condition,
    Flag,
    HasTag,
    OneOf,
    Within,
)
from crm.domain.lists.sorting import SortKey

#: Values that one operator IN takes.
_VALUES_AN_OPERATOR = 100
#: The earliest real timestamp, so that ranges of days exclude customers without orders.
_FIRST_MOMENT = NEVER[:-1] + "1"


class Expression:
    """Expression attribute names and values, collected while conditions are translated."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, dict[str, Any]] = {}

    def value(self, plain: Any) -> str:  # noqa: ANN401 - any value that a row may hold
        """Add a value and return its placeholder."""
        name = f":v{len(self.values)}"
        self.values[name] = attribute(plain)
        return name

    def path(self, *parts: str) -> str:
        """Add the names of a path and return the path as placeholders."""
        self.names.update({f"#{part}": part for part in parts})
        return ".".join(f"#{part}" for part in parts)

    def key_range(self, sort: SortKey, within: Within) -> str:
        """Return the key condition on an index's sort key."""
        low = within.low
        if sort == "last_order_at" and low is None:
            low = _FIRST_MOMENT
        name = self.path(sort)
        if low is None:
            return f"{name} <= {self.value(within.high)}"
        if within.high is None:
            return f"{name} >= {self.value(low)}"
        return f"{name} BETWEEN {self.value(low)} AND {self.value(within.high)}"

    def filtering(self, conditions: Iterable[Condition]) -> str:
        """Return the filter expression of conditions, joined by AND."""
        return " AND ".join(part for each in conditions for part in self._parts(each))

    def _parts(self, condition: Condition) -> Iterator[str]:
        match condition:
            case Within(attribute, low, high):
                path = self._stored(attribute)
                if low is not None:
                    yield f"{path} >= {self.value(low)}"
                if high is not None:
                    yield f"{path} <= {self.value(high)}"
            case OneOf(attribute, values):
                yield self._one_of(attribute, values)
            case HasTag(tag):
                yield f"contains({self.path('summary', 'tags')}, {self.value(tag)})"
            case Flag(attribute, wanted):
                path = self._stored(attribute)
                yield f"attribute_{'exists' if wanted else 'not_exists'}({path})"
            case BornIn(month):
                birthday = self.path("summary", "birthday")
                yield f"contains({birthday}, {self.value(f'-{month:02}-')})"

    def _stored(self, attribute: Attribute) -> str:
        return self.path("summary", *attribute.path.split("."))

    def _one_of(self, attribute: Attribute, values: tuple[str, ...]) -> str:
        path = self._stored(attribute)
        placeholders = [self.value(value) for value in values]
        parts = [
            f"{path} IN ({', '.join(some)})"
            for some in batched(placeholders, _VALUES_AN_OPERATOR, strict=False)
        ]
        if attribute.absent in values:
            parts.append(f"attribute_not_exists({path})")
        return f"({' OR '.join(parts)})"
