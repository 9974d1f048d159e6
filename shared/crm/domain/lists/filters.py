"""Filters of lists with the names of the API, and the conditions that they resolve to.

A `Filter` holds the requested criteria: a view stores it, a cursor is bound to it. `Conditions`
are those criteria on a given day in a merchant's zone. A customer must meet all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from crm.domain.customers.customer import UNRANKED
from crm.domain.customers.listed import ListedCustomer
from crm.domain.kernel.errors import Invalid, Problem, Refused
from crm.domain.kernel.times import stamp
from crm.domain.lists.facets import Facet
from crm.domain.values.administrative_units import units
from crm.domain.values.birthdays import birth_month
from crm.domain.values.genders import Gender
from crm.domain.values.tags import read_tags

Segment = Literal["bought_7d", "bought_30d", "lapsed"]
RangeField = Literal[
    "total_spent", "order_count", "debt", "last_order_at", "created_at", "updated_at"
]
TextField = Literal["group", "tier", "gender", "source", "province_code", "ward_code"]
FlagField = Literal["member", "marketing_consent", "has_account"]

#: Days whose start and end are valid instants in every zone.
EARLIEST_DAY, LATEST_DAY = date(1900, 1, 1), date(9000, 1, 1)
_DAYS_OF_A_WEEK, _DAYS_OF_A_MONTH = 7, 30
_LAST_INSTANT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Criteria by the query names of `GET /customers`; customers must meet all of them."""

    tag: tuple[str, ...] = ()
    group: str | None = None
    tier: str | None = None
    member: bool | None = None
    segment: Segment | None = None
    gender: Gender | None = None
    birthday_month: int | None = None
    province_code: str | None = None
    ward_code: str | None = None
    marketing_consent: bool | None = None
    has_account: bool | None = None
    source: str | None = None
    archived: bool = False
    min_total_spent: int | None = None
    max_total_spent: int | None = None
    min_order_count: int | None = None
    max_order_count: int | None = None
    min_debt: int | None = None
    max_debt: int | None = None
    last_order_from: date | None = None
    last_order_to: date | None = None
    created_from: date | None = None
    created_to: date | None = None
    updated_from: date | None = None
    updated_to: date | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the criteria that are set, by name, as JSON values."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: _json(value)
            for name, value in found.items()
            if value is not None and value != () and (value is not False or name in _FLAGS)
        }

    @property
    def needs_days(self) -> bool:
        """Tell whether the filter depends on days, and so on the merchant's zone."""
        days = (getattr(self, f"{name}_{end}") for name in _DAYS for end in ("from", "to"))
        return self.segment is not None or any(day is not None for day in days)


_FLAGS: tuple[FlagField, ...] = ("member", "marketing_consent", "has_account")
_NUMBERS: tuple[RangeField, ...] = ("total_spent", "order_count", "debt")
_DAYS: Mapping[str, RangeField] = {
    "last_order": "last_order_at",
    "created": "created_at",
    "updated": "updated_at",
}


class Within(NamedTuple):
    """A value from `low` to `high`, both included; a customer without a value does not match."""

    field: RangeField
    low: str | int | None
    high: str | int | None

    def holds(self, listed: ListedCustomer) -> bool:
        """Tell whether the customer's value is in the range."""
        value = value_of(listed, self.field)
        return value is not None and self.takes(value)

    def takes(self, value: str | int) -> bool:
        """Tell whether a value is in the range."""
        return not self.is_before(value) and not self.is_after(value)

    def is_before(self, value: str | int) -> bool:
        """Tell whether a value is below the range."""
        return self.low is not None and value < self.low  # type: ignore[operator]

    def is_after(self, value: str | int) -> bool:
        """Tell whether a value is above the range."""
        return self.high is not None and value > self.high  # type: ignore[operator]

    @property
    def is_empty(self) -> bool:
        """Tell whether no value can be in the range."""
        return self.low is not None and self.is_after(self.low)


class OneOf(NamedTuple):
    """A text that equals one of several values."""

    field: TextField
    values: tuple[str, ...]

    def holds(self, listed: ListedCustomer) -> bool:
        """Tell whether the customer's value is one of them."""
        return value_of(listed, self.field) in self.values


class HasTag(NamedTuple):
    """A tag that a customer has."""

    tag: str

    def holds(self, listed: ListedCustomer) -> bool:
        """Tell whether the customer has the tag."""
        return self.tag in listed.customer.tags


class Flag(NamedTuple):
    """A yes-or-no property of a customer."""

    field: FlagField
    wanted: bool

    def holds(self, listed: ListedCustomer) -> bool:
        """Tell whether the customer's property is as wanted."""
        return value_of(listed, self.field) is self.wanted


class BornIn(NamedTuple):
    """The month of a birthday, 1 to 12."""

    month: int

    def holds(self, listed: ListedCustomer) -> bool:
        """Tell whether the customer's birthday is known and in the month."""
        birthday = listed.customer.birthday
        return birthday is not None and birth_month(birthday) == self.month


type Condition = Within | OneOf | HasTag | Flag | BornIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Conditions that active customers, or the archived ones, must all meet."""

    archived: bool = False
    all: tuple[Condition, ...] = ()

    def hold(self, listed: ListedCustomer) -> bool:
        """Tell whether a customer has the status and meets all conditions."""
        wanted = "archived" if self.archived else "active"
        return listed.customer.status == wanted and all(each.holds(listed) for each in self.all)

    @property
    def are_impossible(self) -> bool:
        """Tell whether no customer can meet them."""
        return any(isinstance(each, Within) and each.is_empty for each in self.all)

    def range_of(self, field: str) -> Within | None:
        """Return the range of a field, of which there is at most one, or None."""
        ranges = (each for each in self.all if isinstance(each, Within))
        return next((each for each in ranges if each.field == field), None)

    def facets(self) -> tuple[Facet, ...]:
        """Return the facets that every matching customer belongs to."""
        if self.archived:
            return ()
        return tuple(facet for each in self.all if (facet := _facet_of(each)))


def read_filter(values: Mapping[str, Any]) -> Filter:
    """Return the filter of values by name, or raise `Invalid` with a problem for each bad one."""
    named = {name: value for name, value in values.items() if value is not None}
    problems: list[Problem] = []
    try:
        named["tag"] = read_tags(named.get("tag", ()))
    except Refused as refused:
        problems.append(Problem("tag", refused.code, refused.params))
        named["tag"] = ()
    if "group" in named:
        named["group"] = named["group"].strip().lower()
    problems += [
        Problem(name, "filter_blank")
        for name in _TEXTS
        if isinstance(named.get(name), str) and not named[name].strip()
    ]
    criteria = Filter(**named)
    problems += _inverted_ranges(criteria)
    if criteria.province_code is not None and units().province(criteria.province_code) is None:
        problems.append(Problem("province_code", "province_unknown"))
    elif criteria.ward_code is not None and not _ward_codes(criteria):
        problems.append(Problem("ward_code", "ward_unknown"))
    if problems:
        raise Invalid("invalid_fields", *problems)
    return criteria


def filter_from_json(criteria: Mapping[str, Any]) -> Filter:
    """Return the filter that `Filter.to_json` serialized."""
    values = dict(criteria)
    for name, value in criteria.items():
        if name == "tag":
            values[name] = tuple(value)
        elif name.removesuffix("_from").removesuffix("_to") in _DAYS:
            values[name] = date.fromisoformat(value)
    return Filter(**values)


def conditions_of(criteria: Filter, *, today: date, zone: str) -> Conditions:
    """Return the conditions of a filter on a day in a zone (D9: days are whole days there)."""
    flags = ((name, getattr(criteria, name)) for name in _FLAGS)
    return Conditions(
        archived=criteria.archived,
        all=(
            *_ranges(criteria, today, ZoneInfo(zone)),
            *(OneOf(name, (value,)) for name in _TEXTS if (value := getattr(criteria, name))),
            *_place_conditions(criteria),
            *(Flag(name, wanted) for name, wanted in flags if wanted is not None),
            *([BornIn(criteria.birthday_month)] if criteria.birthday_month else []),
            *(HasTag(tag) for tag in criteria.tag),
        ),
    )


def value_of(listed: ListedCustomer, field: str) -> str | int | bool | None:
    """Return the value of a customer's field that a condition tests."""
    return _VALUES[field](listed)


_TEXTS: tuple[TextField, ...] = ("group", "tier", "gender", "source")

_VALUES: Mapping[str, Callable[[ListedCustomer], str | int | bool | None]] = {
    "total_spent": lambda each: each.customer.metrics.total_spent,
    "order_count": lambda each: each.customer.metrics.order_count,
    "debt": lambda each: each.customer.metrics.debt,
    "last_order_at": lambda each: each.customer.metrics.last_order_at,
    "created_at": lambda each: each.customer.created_at,
    "updated_at": lambda each: each.customer.updated_at,
    "group": lambda each: each.customer.group,
    "tier": lambda each: each.customer.membership.tier,
    "gender": lambda each: each.customer.gender,
    "source": lambda each: each.customer.source,
    "province_code": lambda each: each.province_code,
    "ward_code": lambda each: each.ward_code,
    "member": lambda each: each.customer.membership.joined_at is not None,
    "marketing_consent": lambda each: each.customer.marketing_consent.accepted,
    "has_account": lambda each: each.customer.has_account,
}


def _json(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _inverted_ranges(criteria: Filter) -> list[Problem]:
    pairs = [(f"min_{name}", f"max_{name}") for name in _NUMBERS]
    pairs += [(f"{name}_from", f"{name}_to") for name in _DAYS]
    problems = []
    for low, high in pairs:
        least, most = getattr(criteria, low), getattr(criteria, high)
        if least is not None and most is not None and least > most:
            problems.append(Problem(low, "range_inverted", {"other": high}))
    return problems


def _ranges(criteria: Filter, today: date, zone: ZoneInfo) -> list[Within]:
    ranges = [
        Within(name, getattr(criteria, f"min_{name}"), getattr(criteria, f"max_{name}"))
        for name in _NUMBERS
    ]
    for name, field in _DAYS.items():
        first, last = getattr(criteria, f"{name}_from"), getattr(criteria, f"{name}_to")
        if name == "last_order" and criteria.segment:
            earliest, latest = _segment_days(criteria.segment, today)
            first = max(filter(None, (first, earliest)), default=None)
            last = min(filter(None, (last, latest)), default=None)
        ranges.append(Within(field, _start_of(first, zone), _end_of(last, zone)))
    return [each for each in ranges if each.low is not None or each.high is not None]


def _segment_days(segment: Segment, today: date) -> tuple[date | None, date | None]:
    """Return the first and last day that a segment allows for the latest order (D9)."""
    if segment == "lapsed":
        return None, today - timedelta(_DAYS_OF_A_MONTH + 1)
    days = _DAYS_OF_A_WEEK if segment == "bought_7d" else _DAYS_OF_A_MONTH
    return today - timedelta(days), None


def _start_of(day: date | None, zone: ZoneInfo) -> str | None:
    return stamp(datetime.combine(day, time(), zone)) if day else None


def _end_of(day: date | None, zone: ZoneInfo) -> str | None:
    if day is None:
        return None
    return stamp(datetime.combine(day + timedelta(1), time(), zone) - _LAST_INSTANT)


def _place_conditions(criteria: Filter) -> list[OneOf]:
    province = units().province(criteria.province_code) if criteria.province_code else None
    places = [OneOf("province_code", (province.code,))] if province else []
    return places + ([OneOf("ward_code", _ward_codes(criteria))] if criteria.ward_code else [])


def _ward_codes(criteria: Filter) -> tuple[str, ...]:
    return units().codes_named(criteria.ward_code or "", criteria.province_code)


def _facet_of(condition: Condition) -> Facet | None:
    """Return the facet that a condition selects, or None."""
    if isinstance(condition, HasTag):
        return Facet("tag", condition.tag)
    if isinstance(condition, OneOf) and len(condition.values) == 1:
        (value,) = condition.values
        if condition.field == "group":
            return Facet("group", value)
        if condition.field == "tier" and value != UNRANKED:
            return Facet("tier", value)
        if condition.field == "province_code":
            return Facet("province", value)
    return None
