"""Generated customers and lists, and a model of lists in plain Python."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, get_args
from zoneinfo import ZoneInfo

from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import Address, Consent, Customer, Membership
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.lists.filters import Filter, read_filter
from crm.domain.lists.sorting import SortKey
from tests.builders import MERCHANT, NOON, a_customer

ZONE = "Asia/Ho_Chi_Minh"
TODAY = NOON.astimezone(ZoneInfo(ZONE)).date()
TAGS = ("sỉ", "lẻ", "hà nội", "quen")
WARDS = {"00070": "01", "00004": "01", "26740": "79"}


@dataclass(frozen=True)
class GeneratedList:
    """A filter, an order and a page size."""

    criteria: Filter
    sort: SortKey
    descending: bool
    limit: int


def generated_customers(
    dice: Random, count: int, merchant_id: MerchantId = MERCHANT
) -> list[Customer]:
    """Return customers with many ties and every kind of missing value."""
    return [_customer(dice, number, merchant_id) for number in range(1, count + 1)]


def generated_lists(dice: Random, count: int) -> Iterator[GeneratedList]:
    """Yield lists with no filter, with one, and with several."""
    sorts: tuple[SortKey, ...] = get_args(SortKey)
    for _ in range(count):
        names = dice.sample(sorted(_FILTERS), dice.choice((0, 1, 1, 1, 2, 2, 3)))
        values: dict[str, Any] = {}
        for name in names:
            values |= _FILTERS[name](dice)
        yield GeneratedList(
            read_filter(values),
            dice.choice(sorts),
            dice.choice((True, False)),
            dice.choice((2, 5, 10, 20, 100)),
        )


def expected(customers: list[Customer], wanted: GeneratedList) -> list[str]:
    """Return the ids that a list shows, in its order."""
    found = [each for each in customers if _passes(each, wanted.criteria)]
    found.sort(key=lambda each: (_sort_value(each, wanted.sort), each.id))
    return [each.id for each in (reversed(found) if wanted.descending else found)]


def changes_of(customers: list[Customer]) -> list[CustomerChange]:
    """Return the stream's changes for new customers, all in one partition."""
    return [
        CustomerChange(each.merchant_id, each.id, "00", f"{number:040d}", None, each)
        for number, each in enumerate(customers, start=1)
    ]


def _customer(dice: Random, number: int, merchant_id: MerchantId) -> Customer:
    address = None
    if dice.random() < 0.7:
        ward = dice.choice([None, *WARDS])
        province = WARDS[ward] if ward else dice.choice(["01", "79", "48"])
        address = Address(id="a", line="1 Lê Lợi", ward_code=ward, province_code=province)
    orders = dice.choice((0, 0, 1, 2, 3))
    bought = NOON - timedelta(days=dice.choice((0, 1, 7, 8, 30, 31, 90)), hours=dice.randrange(24))
    member = dice.random() < 0.4
    at = stamp(NOON - timedelta(days=dice.randrange(60), hours=dice.randrange(3)))
    return a_customer(
        number,
        merchant_id=merchant_id,
        created_at=stamp(NOON - timedelta(days=dice.randrange(60))),
        updated_at=at,
        status=dice.choice(("active",) * 6 + ("archived",)),
        gender=dice.choice((None, "male", "female", "other")),
        birthday=dice.choice((None, "1990-05-17", "--05-01", "1988-12-05", "--12-31")),
        group=dice.choice((None, "vip", "new")),
        tags=tuple(dice.sample(TAGS, dice.randrange(4))),
        has_account=dice.choice((True, False)),
        source=dice.choice(("web", "import", "pos")),
        marketing_consent=Consent(accepted=dice.random() < 0.5),
        addresses=(Address(id="b"), _default(address)) if address else (),
        metrics=Metrics(
            order_count=orders,
            total_spent=orders * dice.choice((0, 50_000, 100_000)),
            debt=dice.choice((0, 0, 10_000)),
            last_order_at=stamp(bought) if orders else None,
        ),
        membership=Membership(stamp(NOON), dice.choice(("gold", "silver", "unranked")))
        if member
        else Membership(),
    )


def _default(address: Address) -> Address:
    return Address(
        id=address.id,
        line=address.line,
        ward_code=address.ward_code,
        province_code=address.province_code,
        is_default=True,
    )


def _numbers(name: str, *values: int) -> Any:
    def drawn(dice: Random) -> dict[str, Any]:
        low, high = sorted(dice.choices(values, k=2))
        ends = {f"min_{name}": low, f"max_{name}": high}
        return dict(dice.sample(sorted(ends.items()), dice.choice((1, 2))))

    return drawn


def _days(name: str) -> Any:
    def drawn(dice: Random) -> dict[str, Any]:
        first, last = sorted(TODAY - timedelta(dice.randrange(70)) for _ in range(2))
        ends = {f"{name}_from": first, f"{name}_to": last}
        return dict(dice.sample(sorted(ends.items()), dice.choice((1, 2))))

    return drawn


def _one(name: str, values: Sequence[Any]) -> Any:
    return lambda dice: {name: dice.choice(values)}


_EITHER = (True, False)


_FILTERS = {
    "tag": lambda dice: {"tag": tuple(dice.sample(TAGS, dice.choice((1, 1, 2))))},
    "group": _one("group", ("vip", "new", "VIP", "nobody")),
    "tier": _one("tier", ("gold", "silver", "unranked")),
    "member": _one("member", _EITHER),
    "segment": _one("segment", ("bought_7d", "bought_30d", "lapsed")),
    "gender": _one("gender", ("male", "female", "other")),
    "birthday_month": _one("birthday_month", (5, 12, 1)),
    "province_code": _one("province_code", ("01", "79", "Hà Nội", "Sài Gòn")),
    "ward_code": _one("ward_code", ("00070", "26740")),
    "marketing_consent": _one("marketing_consent", _EITHER),
    "has_account": _one("has_account", _EITHER),
    "source": _one("source", ("web", "pos")),
    "archived": _one("archived", [True]),
    "total_spent": _numbers("total_spent", 0, 50_000, 100_000, 300_000),
    "order_count": _numbers("order_count", 0, 1, 2, 3),
    "debt": _numbers("debt", 0, 1, 10_000),
    "last_order": _days("last_order"),
    "created": _days("created"),
    "updated": _days("updated"),
}


def _sort_value(customer: Customer, sort: SortKey) -> str | int:
    if sort == "updated_at":
        return customer.updated_at
    value: str | int | None = getattr(customer.metrics, sort)
    return "" if value is None else value


def _day(stamped: str) -> date:
    return datetime.fromisoformat(stamped).astimezone(UTC).astimezone(ZoneInfo(ZONE)).date()


def _passes(customer: Customer, criteria: Filter) -> bool:
    address = next((each for each in customer.addresses if each.is_default), None)
    ward, province = (address.ward_code, address.province_code) if address else (None, None)
    wanted_province = {"Hà Nội": "01", "Sài Gòn": "79"}.get(
        criteria.province_code or "", criteria.province_code
    )
    return (
        customer.status == ("archived" if criteria.archived else "active")
        and set(criteria.tag) <= set(customer.tags)
        and criteria.group in {None, customer.group}
        and criteria.tier in {None, customer.membership.tier}
        and criteria.member in {None, customer.membership.joined_at is not None}
        and criteria.gender in {None, customer.gender}
        and criteria.source in {None, customer.source}
        and criteria.has_account in {None, customer.has_account}
        and criteria.marketing_consent in {None, customer.marketing_consent.accepted}
        and wanted_province in {None, province}
        and criteria.ward_code in {None, ward}
        and _born(customer, criteria.birthday_month)
        and _metrics_pass(customer, criteria)
        and _days_pass(customer, criteria)
    )


def _born(customer: Customer, month: int | None) -> bool:
    return month is None or (customer.birthday or "")[-5:-2] == f"{month:02}-"


def _metrics_pass(customer: Customer, criteria: Filter) -> bool:
    metrics = customer.metrics
    return all(
        (low is None or value >= low) and (high is None or value <= high)
        for value, low, high in (
            (metrics.total_spent, criteria.min_total_spent, criteria.max_total_spent),
            (metrics.order_count, criteria.min_order_count, criteria.max_order_count),
            (metrics.debt, criteria.min_debt, criteria.max_debt),
        )
    )


def _days_pass(customer: Customer, criteria: Filter) -> bool:
    last = customer.metrics.last_order_at
    ago = (TODAY - _day(last)).days if last else None
    in_segment = {
        None: True,
        "bought_7d": ago is not None and ago <= 7,
        "bought_30d": ago is not None and ago <= 30,
        "lapsed": ago is not None and ago > 30,
    }[criteria.segment]
    return in_segment and all(
        (first is None and final is None)
        or (
            moment is not None
            and (first is None or _day(moment) >= first)
            and (final is None or _day(moment) <= final)
        )
        for moment, first, final in (
            (last, criteria.last_order_from, criteria.last_order_to),
            (customer.created_at, criteria.created_from, criteria.created_to),
            (customer.updated_at, criteria.updated_from, criteria.updated_to),
        )
    )
