"""The maps and lists nested in a customer's row: values of fields, standalone values."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from crm.domain.customers.customer import (
    Expiring,
    Filled,
    Membership,
    Month,
    Points,
    Provenance,
    StandaloneValues,
)
from crm.domain.customers.fields import FIELD
from crm.domain.customers.metrics import Metrics


def standalone_attribute(own: StandaloneValues) -> dict[str, Any]:
    """Return the values of a record without those merged into it, as its row stores them."""
    metrics, membership = own.metrics, own.membership
    metrics_values = asdict(metrics)
    metrics_values |= {
        name: list(metrics_values[name]) for name in ("recent_order_days", "brought_order_at")
    }
    expiring = membership.expiring
    loyalty = {
        "joined_at": membership.joined_at,
        "tier": membership.tier,
        "ranking_points": membership.ranking_points,
        "points": without_blanks(asdict(membership.points)),
        "months": {name: list(each) for name, each in membership.months.items()},
        "review_at": membership.review_at,
        "expiring": list(expiring) if expiring else None,
    }
    gap = metrics.median_days_between_orders
    metrics_attribute = {
        **without_blanks(metrics_values),
        **({} if gap is None else {"median_days_between_orders": gap}),
    }
    return without_blanks(
        {
            "since": own.since,
            "metrics": metrics_attribute,
            "membership": without_blanks(loyalty),
            "group": own.group,
            "extra": without_blanks(asdict(own.extra)),
            "blank": list(own.blank),
            "filled": {
                name: [field_attribute(each.value), *each.origin]
                for name, each in own.filled.items()
            },
        }
    )


def standalone_of(stored: Mapping[str, Any]) -> StandaloneValues:
    """Return the standalone values that a row stores."""
    metrics: dict[str, Any] = {
        name: tuple(each) if isinstance(each, list) else each
        for name, each in stored.get("metrics", {}).items()
    }
    membership = stored.get("membership", {})
    return StandaloneValues(
        since=stored["since"],
        metrics=Metrics(**metrics),
        membership=Membership(
            **{
                name: membership[name]
                for name in ("joined_at", "tier", "ranking_points", "review_at")
                if name in membership
            },
            points=Points(**membership.get("points", {})),
            months={name: Month(*each) for name, each in membership.get("months", {}).items()},
            expiring=Expiring(*membership["expiring"]) if "expiring" in membership else None,
        ),
        group=stored.get("group"),
        extra=Points(**stored.get("extra", {})),
        blank=tuple(stored.get("blank", ())),
        filled={name: _filled_of(name, each) for name, each in stored.get("filled", {}).items()},
    )


def field_attribute(value: Any) -> Any:  # noqa: ANN401 - the value of any field
    """Return the value of a field as rows store it, without the blank parts of objects."""
    if value is None or isinstance(value, str):
        return value  # most values are text, and this is the fastest check
    if isinstance(value, tuple):
        return [field_attribute(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return without_blanks(asdict(value))
    return value


def _filled_of(name: str, stored: Sequence[Any]) -> Filled:
    value, *origin = stored
    return Filled(FIELD[name].decode(value), Provenance(*origin))


def without_blanks(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are neither None, empty, false nor zero."""
    return {name: value for name, value in values.items() if value}
