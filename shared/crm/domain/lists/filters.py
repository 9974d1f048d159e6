"""Filters of lists: one specification for each, and the conditions that they resolve to.

A `Filter` holds the requested criteria: a view stores it, a cursor is bound to it. `FILTERS`
specifies each criterion; query parameters, bodies, JSON and conditions follow from it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from crm.domain.customers.customer import UNRANKED
from crm.domain.kernel.errors import Invalid, Problem, Refused
from crm.domain.kernel.times import stamp
from crm.domain.lists.conditions import (
    CREATED_AT,
    DEBT,
    LAST_ORDER_AT,
    ORDER_COUNT,
    TOTAL_SPENT,
    UPDATED_AT,
    Attribute,
    BornIn,
    Condition,
    Conditions,
    Flag,
    HasTag,
    OneOf,
    Within,
    joined,
)
from crm.domain.values.administrative_units import units
from crm.domain.values.genders import Gender
from crm.domain.values.tags import read_tags

Segment = Literal["bought_7d", "bought_30d", "lapsed"]
#: What a criterion's value is: its type in queries, bodies and JSON follows from it.
FilterKind = Literal["tags", "text", "place", "choice", "flag", "month", "amount", "count", "day"]

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

    def given(self) -> Iterator[tuple["FilterSpec", Any]]:
        """Yield the specification and value of each criterion that is set."""
        for spec in FILTERS:
            value = getattr(self, spec.name)
            if value != getattr(_EMPTY, spec.name):
                yield spec, value

    def to_json(self) -> dict[str, Any]:
        """Return the criteria that are set, by name, as JSON values."""
        return {spec.name: _json(value) for spec, value in self.given()}

    @property
    def needs_days(self) -> bool:
        """Tell whether the filter depends on days, and so on the merchant's zone."""
        return any(spec.by_day for spec, _ in self.given())


_EMPTY = Filter()


class _Request(NamedTuple):
    """The filter that a condition belongs to, and the day and zone that it is resolved on."""

    criteria: Filter
    today: date
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterSpec:
    """The specification of a criterion: its name, its kind of value, and its conditions.

    `read` normalizes a value or raises `Refused`. `choices` is the type of a choice, and `most`
    names the criterion whose value must not be less than this one's. With `by_day`, the conditions
    depend on the day and the merchant's zone; without, lists do not read the zone.
    """

    name: str
    kind: FilterKind
    conditions: Callable[[Any, _Request], Iterable[Condition]]
    description: str | None = None
    read: Callable[[Any], Any] | None = None
    choices: object = None
    most: str | None = None
    by_day: bool = False


def read_filter(values: Mapping[str, Any]) -> Filter:
    """Return the filter of values by name, or raise `Invalid` with a problem for each bad one."""
    named = {name: value for name, value in values.items() if value is not None}
    problems: list[Problem] = []
    for spec in FILTERS:
        if spec.name in named:
            try:
                named[spec.name] = _read(spec, named[spec.name])
            except Refused as refused:
                problems.append(refused.of(spec.name))
                del named[spec.name]
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
    return Filter(**{name: _from_json(KINDS[name], value) for name, value in criteria.items()})


def conditions_of(criteria: Filter, *, today: date, zone: str) -> Conditions:
    """Return the conditions of a filter on a day in a zone (D9: days are whole days there)."""
    request = _Request(criteria, today, ZoneInfo(zone))
    found = (
        condition
        for spec, value in criteria.given()
        for condition in spec.conditions(value, request)
    )
    return Conditions(archived=criteria.archived, all=joined(found))


def _read(spec: FilterSpec, value: Any) -> Any:  # noqa: ANN401 - a value of any kind
    if spec.kind == "text" and not value.strip():
        raise Refused("filter_blank")
    return value if spec.read is None else spec.read(value)


def _json(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _from_json(kind: FilterKind, value: Any) -> Any:  # noqa: ANN401 - a value of any kind
    if kind == "day":
        return date.fromisoformat(value)
    return tuple(value) if kind == "tags" else value


def _inverted_ranges(criteria: Filter) -> Iterator[Problem]:
    for spec in FILTERS:
        if spec.most is not None:
            low, high = getattr(criteria, spec.name), getattr(criteria, spec.most)
            if low is not None and high is not None and low > high:
                yield Problem(spec.name, "range_inverted", {"other": spec.most})


def _ward_codes(criteria: Filter) -> tuple[str, ...]:
    return units().codes_named(criteria.ward_code or "", criteria.province_code)


def _in_province(typed: str, _: _Request) -> list[Condition]:
    province = units().province(typed)
    return [OneOf(_PROVINCE, (province.code,))] if province else []


def _in_segment(segment: Segment, request: _Request) -> list[Condition]:
    """Return the range that a segment allows for the latest order (D9)."""
    if segment == "lapsed":
        last = request.today - timedelta(_DAYS_OF_A_MONTH + 1)
        return [Within(LAST_ORDER_AT, None, _end_of(last, request.zone))]
    days = _DAYS_OF_A_WEEK if segment == "bought_7d" else _DAYS_OF_A_MONTH
    first = request.today - timedelta(days)
    return [Within(LAST_ORDER_AT, _start_of(first, request.zone), None)]


def _start_of(day: date, zone: ZoneInfo) -> str:
    return stamp(datetime.combine(day, time(), zone))


def _end_of(day: date, zone: ZoneInfo) -> str:
    return stamp(datetime.combine(day + timedelta(1), time(), zone) - _LAST_INSTANT)


def _text(
    name: str, attribute: Attribute, *, read: Callable[[str], str] | None = None
) -> FilterSpec:
    """Specify a text that must equal an attribute."""
    return FilterSpec(
        name=name,
        kind="text",
        conditions=lambda text, _: [OneOf(attribute, (text,))],
        read=read,
    )


def _flag(name: str, attribute: Attribute) -> FilterSpec:
    """Specify whether an attribute must be present and true, or must not."""
    return FilterSpec(
        name=name, kind="flag", conditions=lambda wanted, _: [Flag(attribute, wanted)]
    )


def _range(
    name: str,
    attribute: Attribute,
    kind: Literal["amount", "count"],
    description: str | None = None,
) -> tuple[FilterSpec, FilterSpec]:
    """Specify the least and the greatest number for an attribute."""
    return (
        FilterSpec(
            name=f"min_{name}",
            kind=kind,
            conditions=lambda least, _: [Within(attribute, least, None)],
            description=description,
            most=f"max_{name}",
        ),
        FilterSpec(
            name=f"max_{name}",
            kind=kind,
            conditions=lambda greatest, _: [Within(attribute, None, greatest)],
            description=description,
        ),
    )


def _days(name: str, attribute: Attribute) -> tuple[FilterSpec, FilterSpec]:
    """Specify the first and the last day for a time, in the merchant's zone."""
    return (
        FilterSpec(
            name=f"{name}_from",
            kind="day",
            conditions=lambda day, at: [Within(attribute, _start_of(day, at.zone), None)],
            description=_DAY,
            most=f"{name}_to",
            by_day=True,
        ),
        FilterSpec(
            name=f"{name}_to",
            kind="day",
            conditions=lambda day, at: [Within(attribute, None, _end_of(day, at.zone))],
            description=_DAY,
            by_day=True,
        ),
    )


_DAY = "A day of the merchant's, included: 2026-11-22."
_PLACE = "A code, or a name of today or of before."
_GENDER = Attribute("gender", lambda each: each.customer.gender)
_PROVINCE = Attribute("province_code", lambda each: each.province_code, facet="province")
_WARD = Attribute("ward_code", lambda each: each.ward_code)

#: The specification of each field of `Filter`, in the order of the documentation.
FILTERS: tuple[FilterSpec, ...] = (
    FilterSpec(
        name="tag",
        kind="tags",
        conditions=lambda tags, _: map(HasTag, tags),
        description="Each of these tags.",
        read=read_tags,
    ),
    _text(
        "group",
        Attribute("group", lambda each: each.customer.group, facet="group"),
        read=lambda typed: typed.strip().lower(),
    ),
    _text(
        "tier",
        Attribute(
            "tier", lambda each: each.customer.membership.tier, facet="tier", absent=UNRANKED
        ),
    ),
    _flag("member", Attribute("joined_at", lambda each: each.customer.membership.joined_at)),
    FilterSpec(
        name="segment",
        kind="choice",
        choices=Segment,
        conditions=_in_segment,
        description="Bought at most 7 or 30 days ago, or last more than 30 days ago.",
        by_day=True,
    ),
    FilterSpec(
        name="gender",
        kind="choice",
        choices=Gender,
        conditions=lambda gender, _: [OneOf(_GENDER, (gender,))],
    ),
    FilterSpec(name="birthday_month", kind="month", conditions=lambda month, _: [BornIn(month)]),
    FilterSpec(name="province_code", kind="place", conditions=_in_province, description=_PLACE),
    FilterSpec(
        name="ward_code",
        kind="place",
        conditions=lambda _, request: [OneOf(_WARD, _ward_codes(request.criteria))],
        description=_PLACE,
    ),
    _flag(
        "marketing_consent",
        Attribute("consent.accepted", lambda each: each.customer.marketing_consent.accepted),
    ),
    _flag("has_account", Attribute("has_account", lambda each: each.customer.has_account)),
    _text("source", Attribute("source", lambda each: each.customer.source)),
    FilterSpec(
        name="archived",
        kind="flag",
        conditions=lambda *_: (),  # the status selects the index, see `Conditions.archived`
        description="The archived customers instead.",
    ),
    *_range("total_spent", TOTAL_SPENT, "amount", "VND."),
    *_range("order_count", ORDER_COUNT, "count"),
    *_range("debt", DEBT, "amount", "VND."),
    *_days("last_order", LAST_ORDER_AT),
    *_days("created", CREATED_AT),
    *_days("updated", UPDATED_AT),
)
KINDS: Mapping[str, FilterKind] = {spec.name: spec.kind for spec in FILTERS}
