"""Conditions of a list as expressions over the rows of the list indexes."""

from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

from crm.aws.dynamodb.attributes import attribute
from crm.domain.customers.listed import NEVER
from crm.domain.lists.filters import BornIn, Condition, Flag, HasTag, OneOf, Within
from crm.domain.lists.sorting import SortKey

#: Where the projected map holds what a condition is about, if not under the same name.
_PATHS = {
    "member": ("summary", "joined_at"),
    "marketing_consent": ("summary", "consent", "accepted"),
}
#: What an operator IN takes.
_VALUES_AN_OPERATOR = 100
#: The first moment that is one: who never bought is in no range of days.
_FIRST_MOMENT = NEVER[:-1] + "1"


class Expression:
    """Expression attribute names and values, gathered while conditions are spelled."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, dict[str, Any]] = {}

    def value(self, plain: Any) -> str:  # noqa: ANN401 - any value that a row may hold
        """Return the placeholder of a value."""
        name = f":v{len(self.values)}"
        self.values[name] = attribute(plain)
        return name

    def path(self, *parts: str) -> str:
        """Return a path of placeholders."""
        self.names.update({f"#{part}": part for part in parts})
        return ".".join(f"#{part}" for part in parts)

    def key_range(self, sort: SortKey, within: Within) -> str:
        """Return the condition on an index's sort key, to be joined to the one on its hash."""
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
        """Return the filter of conditions that must all hold."""
        return " AND ".join(part for each in conditions for part in self._parts(each))

    def _parts(self, condition: Condition) -> Iterator[str]:
        match condition:
            case Within(field, low, high):
                path = self.path("summary", field)
                if low is not None:
                    yield f"{path} >= {self.value(low)}"
                if high is not None:
                    yield f"{path} <= {self.value(high)}"
            case OneOf(field, values):
                yield self._one_of(self.path("summary", field), values)
            case HasTag(tag):
                yield f"contains({self.path('summary', 'tags')}, {self.value(tag)})"
            case Flag(field, wanted):
                path = self.path(*_PATHS.get(field, ("summary", field)))
                yield f"attribute_{'exists' if wanted else 'not_exists'}({path})"
            case BornIn(month):
                birthday = self.path("summary", "birthday")
                yield f"contains({birthday}, {self.value(f'-{month:02}-')})"

    def _one_of(self, path: str, values: tuple[str, ...]) -> str:
        named = [self.value(value) for value in values]
        parts = [
            f"{path} IN ({', '.join(some)})"
            for some in batched(named, _VALUES_AN_OPERATOR, strict=False)
        ]
        if "unranked" in values:
            parts.append(f"attribute_not_exists({path})")  # the row of who is no member has none
        return f"({' OR '.join(parts)})"
