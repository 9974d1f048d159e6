"""Read the query of `GET /customers` and the filter of a view."""

from collections.abc import Mapping
from dataclasses import dataclass, field, make_dataclass
from datetime import date
from typing import Annotated, Any, get_args

from aws_lambda_powertools.event_handler.openapi.params import Query

from crm.domain.kernel.errors import Invalid, InvalidParameter, Problem
from crm.domain.lists.filters import (
    EARLIEST_DAY,
    FILTERS,
    KINDS,
    LATEST_DAY,
    Filter,
    FilterKind,
    FilterSpec,
    read_filter,
)
from crm.domain.lists.sorting import SortKey

_SORT_KEYS: dict[str, SortKey] = {key: key for key in get_args(SortKey)}
DEFAULT_SORT = "-updated_at"
#: More than any merchant's turnover, and exact as a JSON number.
MOST_VND = 10**15
_LONGEST_TEXT = 200

#: The bounds of a criterion's value, in a query and in a body.
BOUNDS: Mapping[FilterKind, Mapping[str, Any]] = {
    "text": {"max_length": _LONGEST_TEXT},
    "place": {"max_length": _LONGEST_TEXT},
    "month": {"ge": 1, "le": 12},
    "amount": {"ge": -MOST_VND, "le": MOST_VND},
    "count": {"ge": 0, "le": MOST_VND},
}
_TYPES: Mapping[FilterKind, object] = {
    "tags": list[str],
    "text": str,
    "place": str,
    "flag": bool,
    "month": int,
    "amount": int,
    "count": int,
    "day": str,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParameters:
    """The parameters of `GET /customers` beside the filters, which `LIST_PARAMETERS` adds."""

    sort: Annotated[
        str | None,
        Query(
            description="`updated_at`, `order_count`, `last_order_at`, `debt` or `total_spent`;"
            " `-` before it for descending. `-updated_at` if absent."
        ),
    ] = None
    limit: Annotated[int, Query(ge=1, le=100)] = 50
    cursor: Annotated[str, Query(description="`next_cursor` of the page before.")] = ""
    view: Annotated[
        str | None,
        Query(description="The id of a saved view; other parameters replace its own."),
    ] = None
    explain: Annotated[
        bool, Query(description="Tell how the page was read and what that cost.")
    ] = False

    def filter_values(self) -> dict[str, Any]:
        """Return the given filter parameters by name, as sent."""
        values = {spec.name: getattr(self, spec.name) for spec in FILTERS}
        return {name: value for name, value in values.items() if value is not None}


def _query_type(spec: FilterSpec) -> Any:  # noqa: ANN401 - a type with its query parameter
    plain: Any = spec.choices or _TYPES[spec.kind]
    bounds = BOUNDS.get(spec.kind, {})
    return Annotated[plain | None, Query(**bounds, description=spec.description)]


#: `ListParameters` with a parameter for each filter.
LIST_PARAMETERS: type[ListParameters] = make_dataclass(
    "ListParameters",
    [(spec.name, _query_type(spec), field(default=None)) for spec in FILTERS],
    bases=(ListParameters,),
    frozen=True,
    slots=True,
    kw_only=True,
)


def read_sort(sort: str) -> tuple[SortKey, bool]:
    """Return the sort key and whether it is descending, or raise `InvalidParameter`."""
    if problem := sort_problem(sort):
        raise InvalidParameter("invalid_parameters", problem)
    return _SORT_KEYS[sort.removeprefix("-")], sort.startswith("-")


def sort_problem(sort: str) -> Problem | None:
    """Return the problem of a sort, or None."""
    if sort.removeprefix("-") in _SORT_KEYS:
        return None
    return Problem("sort", "sort_unknown", {"expected": ", ".join(_SORT_KEYS)})


def filter_of(typed: Mapping[str, Any]) -> Filter:
    """Return the filter of values by name, with days as text, or raise `Invalid`."""
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for name, value in typed.items():
        if KINDS[name] == "day" and value is not None:
            values[name] = _day(value)
            if values[name] is None:
                problems.append(Problem(name, "day_invalid"))
        else:
            values[name] = value
    if problems:
        raise Invalid("invalid_fields", *problems)
    return read_filter(values)


def filter_of_query(typed: Mapping[str, Any]) -> Filter:
    """Return the filter of query parameters, or raise `InvalidParameter`."""
    try:
        return filter_of(typed)
    except Invalid as refused:
        raise InvalidParameter("invalid_parameters", *refused.problems) from refused


def binding_of(criteria: Filter, sort: str) -> Mapping[str, str]:
    """Return the sort and filter that a cursor of a list is bound to."""
    return {"sort": sort} | {name: str(value) for name, value in criteria.to_json().items()}


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed) if len(typed) == len("2026-11-22") else None
    except ValueError:
        return None
    return day if day is not None and EARLIEST_DAY <= day <= LATEST_DAY else None
