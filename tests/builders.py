"""Builders with default values, so that a test names only the fields that matter to it."""

from dataclasses import MISSING, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from crm.domain.customers.activities import Activity
from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import Customer
from crm.domain.kernel.acts import Act, Author, NewId
from crm.domain.kernel.ids import CustomerId, MerchantId, derived_ulid
from crm.domain.kernel.times import stamp

MERCHANT = MerchantId("m-1")
OTHER_MERCHANT = MerchantId("m-2")
LAN = Author("web", "user-lan")
NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def moment(minutes: float = 0) -> datetime:
    """Return noon of the test day in Hà Nội plus some minutes."""
    return NOON + timedelta(minutes=minutes)


def an_act(by: Author = LAN, now: datetime = NOON, ids: NewId | None = None) -> Act:
    """Return an act of Lan at noon, with predictable ids."""
    return Act(by, now, ids or Ids())


def customer_id(number: int = 1, merchant_id: MerchantId = MERCHANT) -> CustomerId:
    """Return the id of the n-th customer of a merchant."""
    return CustomerId(derived_ulid(moment(number), merchant_id, str(number)))


def a_customer(number: int = 1, **fields: Any) -> Customer:
    """Return the n-th customer: a name and a code, created and updated at noon plus n minutes."""
    merchant_id = fields.pop("merchant_id", MERCHANT)
    at = stamp(moment(number))
    ordinary: dict[str, Any] = {
        "merchant_id": merchant_id,
        "id": customer_id(number, merchant_id),
        "code": f"KH{number:06d}",
        "full_name": "Nguyễn Thị Ánh",
        "family_name": "Nguyễn Thị",
        "given_name": "Ánh",
        "source": "web",
        "created_at": at,
        "updated_at": at,
        "created_by": LAN,
    }
    return Customer(**{**ordinary, **fields})


def a_change(before: Customer | None, after: Customer, sequence: str = "1") -> CustomerChange:
    """Return a write to a customer's row, as the stream reports it."""
    return CustomerChange(after.merchant_id, after.id, "0a", sequence, before, after)


def an_activity(number: int = 1, **fields: Any) -> Activity:
    """Return an entry of a customer's history."""
    at = moment(number)
    ordinary: dict[str, Any] = {
        "id": derived_ulid(at, "activity", str(number)),
        "at": stamp(at),
        "kind": "edited",
        "by": LAN,
    }
    return Activity(**{**ordinary, **fields})


class Ids:
    """A generator of predictable ids."""

    def __init__(self, whose: str = "test") -> None:
        self._whose = whose
        self.given = 0

    def __call__(self, at: datetime) -> str:
        self.given += 1
        return derived_ulid(at, self._whose, str(self.given))


def fields_left_out(value: Any) -> list[str]:
    """Return the fields of a dataclass that have their default values."""
    defaults = {
        each.name: each.default if each.default_factory is MISSING else each.default_factory()
        for each in fields(value)
    }
    return [name for name, default in defaults.items() if getattr(value, name) == default]
