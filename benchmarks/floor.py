"""The least units that DynamoDB can charge, by its rules for item sizes.

operation                 units
------------------------  ---------------------------------------------------------------------
reading a row             one for each 4 KB or part, half if eventually consistent; a missing row
                          counts as 4 KB
a query                   one for each 4 KB or part of all items examined, half as above
writing a row             one for each KB or part of the larger of before and after
writing an index entry    one for each KB or part when it is added, removed or its projection
                          changes; two writes when its key changes
in a transaction          twice as many
"""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

type Item = Mapping[str, Mapping[str, Any]]

_READ_BYTES, _WRITE_BYTES = 4_096, 1_024


def size_of(item: Item) -> int:
    """Return the size of a row in bytes as DynamoDB counts it."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def reading(items: Iterable[Item | None], *, consistent: bool = True) -> float:
    """Return the units of reading rows one by one; None stands for a missing row."""
    units = sum(max(1, ceil(size_of(item or {}) / _READ_BYTES)) for item in items)
    return units if consistent else units / 2


def querying(items: Iterable[Item], *, consistent: bool = False) -> float:
    """Return the units of a query that examines exactly these rows or entries."""
    units = max(1, ceil(sum(map(size_of, items)) / _READ_BYTES))
    return units if consistent else units / 2


class Indexes:
    """The indexes of a table, from its `create_table` definition."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self._primary = [key["AttributeName"] for key in definition["KeySchema"]]
        self._indexes: list[Mapping[str, Any]] = list(definition["GlobalSecondaryIndexes"])

    def writing(self, before: Item | None, after: Item | None) -> int:
        """Return the units of the index entries that change with a row."""
        return sum(self._entry_units(index, before, after) for index in self._indexes)

    def entry(self, name: str, item: Item) -> Item | None:
        """Return the entry of a row in an index, or None."""
        return self._entry(next(x for x in self._indexes if x["IndexName"] == name), item)

    def _entry_units(
        self, index: Mapping[str, Any], before: Item | None, after: Item | None
    ) -> int:
        old, new = self._entry(index, before), self._entry(index, after)
        if old == new:
            return 0
        if old is None or new is None:
            return _write_units(old or new or {})
        key = [each["AttributeName"] for each in index["KeySchema"]]
        if all(old[name] == new[name] for name in key):
            return max(_write_units(old), _write_units(new))
        return _write_units(old) + _write_units(new)

    def _entry(self, index: Mapping[str, Any], item: Item | None) -> Item | None:
        key = [each["AttributeName"] for each in index["KeySchema"]]
        if item is None or any(name not in item for name in key):
            return None
        projection = index["Projection"]
        if projection["ProjectionType"] == "ALL":
            return item
        names = {*self._primary, *key, *projection.get("NonKeyAttributes", ())}
        return {name: value for name, value in item.items() if name in names}


def writing(
    changes: Sequence[tuple[Item | None, Item | None]], indexes: Indexes, *, together: bool
) -> float:
    """Return the units of row changes, given before and after; `together` in one transaction."""
    units = sum(
        max(_write_units(before or {}), _write_units(after or {})) + indexes.writing(before, after)
        for before, after in changes
    )
    return units * 2 if together else units


def _write_units(item: Item) -> int:
    return max(1, ceil(size_of(item) / _WRITE_BYTES))


def _value_size(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(str(value).encode())
        case "N":
            number = str(value)
            digits = number.lstrip("-").replace(".", "").strip("0")
            return (len(digits) + 1) // 2 + 1 + number.startswith("-")
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(x) for name, x in value.items())
        case "L":
            return 3 + sum(1 + _value_size(each) for each in value)
        case _:
            return 1
