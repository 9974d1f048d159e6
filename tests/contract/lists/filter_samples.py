"""For each filter a value, with customers who meet it and customers who do not."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from crm.domain.customers.customer import Address, Consent, Customer, Membership
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.times import stamp
from tests.builders import NOON, a_customer
from tests.contract.lists.list_model import TODAY

_AT = stamp(NOON)
_DAY_BEFORE, _DAY_AFTER = stamp(NOON - timedelta(1)), stamp(NOON + timedelta(1))
_THIS_DAY = TODAY.isoformat()


class Sample(NamedTuple):
    """A filter's value as a body holds it; fields of a customer who meets it, and of another."""

    value: Any
    meets: Mapping[str, Any]
    misses: Mapping[str, Any]


def _flag(meets: Mapping[str, Any], misses: Mapping[str, Any]) -> Sample:
    return Sample(value=True, meets=meets, misses=misses)


def _metrics(**values: Any) -> Mapping[str, Any]:
    return {"metrics": Metrics(**values)}


def _member(tier: str) -> Mapping[str, Any]:
    return {"membership": Membership(_AT, tier)}


def _lives_in(ward: str | None, province: str) -> Mapping[str, Any]:
    return {
        "addresses": (Address(id="a", ward_code=ward, province_code=province, is_default=True),)
    }


def _ordered(at: str) -> Mapping[str, Any]:
    return _metrics(order_count=1, last_order_at=at)


#: A filter without a row here fails a test. Flags are tested with both values.
SAMPLES: Mapping[str, Sample] = {
    "tag": Sample(["sỉ"], {"tags": ("lẻ", "sỉ")}, {"tags": ("lẻ",)}),
    "group": Sample("vip", {"group": "vip"}, {"group": "new"}),
    "tier": Sample("gold", _member("gold"), _member("silver")),
    "member": _flag(_member("unranked"), {}),
    "segment": Sample("lapsed", _ordered(stamp(NOON - timedelta(400))), {}),
    "gender": Sample("female", {"gender": "female"}, {"gender": "male"}),
    "birthday_month": Sample(5, {"birthday": "1990-05-12"}, {"birthday": "1990-12-05"}),
    "province_code": Sample("79", _lives_in(None, "79"), _lives_in(None, "01")),
    "ward_code": Sample("26740", _lives_in("26740", "79"), _lives_in("00070", "01")),
    "marketing_consent": _flag(
        {"marketing_consent": Consent(accepted=True, at=_AT, source="web")},
        {"marketing_consent": Consent(accepted=False, at=_AT, source="web")},
    ),
    "has_account": _flag({"has_account": True}, {"has_account": False}),
    "source": Sample("pos", {"source": "pos"}, {"source": "import"}),
    "archived": _flag({"status": "archived"}, {"status": "active"}),
    "min_total_spent": Sample(10, _metrics(total_spent=10), _metrics(total_spent=9)),
    "max_total_spent": Sample(20, _metrics(total_spent=20), _metrics(total_spent=21)),
    "min_order_count": Sample(3, _metrics(order_count=3), _metrics(order_count=2)),
    "max_order_count": Sample(4, _metrics(order_count=4), _metrics(order_count=5)),
    "min_debt": Sample(100, _metrics(debt=100), _metrics(debt=99)),
    "max_debt": Sample(200, _metrics(debt=200), _metrics(debt=201)),
    "last_order_from": Sample(_THIS_DAY, _ordered(_AT), _ordered(_DAY_BEFORE)),
    "last_order_to": Sample(_THIS_DAY, _ordered(_AT), _ordered(_DAY_AFTER)),
    "created_from": Sample(_THIS_DAY, {"created_at": _AT}, {"created_at": _DAY_BEFORE}),
    "created_to": Sample(_THIS_DAY, {"created_at": _AT}, {"created_at": _DAY_AFTER}),
    "updated_from": Sample(_THIS_DAY, {"updated_at": _AT}, {"updated_at": _DAY_BEFORE}),
    "updated_to": Sample(_THIS_DAY, {"updated_at": _AT}, {"updated_at": _DAY_AFTER}),
}


class Expectation(NamedTuple):
    """A filter's name and value, a customer whom it lists, and one whom it does not list."""

    name: str
    value: Any
    listed: Customer
    missed: Customer


def expectations() -> Iterator[Expectation]:
    """Yield what each filter must do with its customers; flags with both of their values."""
    for place, (name, (value, meets, misses)) in enumerate(SAMPLES.items()):
        one, other = a_customer(2 * place + 1, **meets), a_customer(2 * place + 2, **misses)
        yield Expectation(name, value, one, other)
        if value is True:
            yield Expectation(name, value=False, listed=other, missed=one)


def sampled_customers() -> list[Customer]:
    """Return the customers of all samples."""
    return [each for row in expectations() if row.value is not False for each in row[2:]]
