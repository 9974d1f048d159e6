"""Rewards that points buy, and their redemptions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from crm.domain.kernel.errors import Conflict, Refused, read_each
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.texts import is_visible, read_line

LONGEST_NAME = 120
MOST_POINTS = 1_000_000_000
MOST_STOCK = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """Something that points buy; a `stock` of None is unlimited."""

    id: str
    name: str
    points: int
    stock: int | None = None
    active: bool = True
    version: int = 1
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """A reward that a customer bought with points, at its price at the time."""

    id: str
    customer_id: CustomerId
    reward_id: str
    reward_name: str
    points: int
    status: Literal["redeemed", "cancelled"] = "redeemed"
    at: str
    by: str
    cancelled_at: str | None = None
    cancelled_by: str | None = None

    def cancelled(self, at: str, by: str) -> "Redemption":
        """Return the redemption cancelled."""
        return replace(self, status="cancelled", cancelled_at=at, cancelled_by=by)


def redemption_of(
    reward: Reward, redemption_id: str, customer_id: CustomerId, at: str, by: str
) -> Redemption:
    """Return the redemption of a reward; raise `Conflict` if it is inactive or out of stock."""
    if not reward.active:
        raise Conflict("reward_inactive")
    if reward.stock == 0:
        raise Conflict("reward_out_of_stock")
    return Redemption(
        id=redemption_id,
        customer_id=customer_id,
        reward_id=reward.id,
        reward_name=reward.name,
        points=reward.points,
        at=at,
        by=by,
    )


def read_reward(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parsed fields of a reward in API form, or raise `Invalid`."""
    return read_each(fields, lambda name, raw: _READERS[name](raw))


def _name(raw: str | None) -> str:
    name = read_line(raw or "", LONGEST_NAME)
    if not is_visible(name):
        raise Refused("required")
    return name


def _within(number: int | None, least: int, most: int) -> int:
    if number is None or not least <= number <= most:
        raise Refused("not_in_range", least=least, most=most)
    return number


def _flag(raw: bool | None) -> bool:  # noqa: FBT001 - a JSON value
    if raw is None:
        raise Refused("required")
    return raw


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "name": _name,
    "points": lambda raw: _within(raw, 1, MOST_POINTS),
    "stock": lambda raw: None if raw is None else _within(raw, 0, MOST_STOCK),
    "active": _flag,
}
